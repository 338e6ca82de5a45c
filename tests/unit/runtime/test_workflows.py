"""The workflows of a company are found where they belong, and checked together."""

from pathlib import Path

import pytest

from shared.runtime.workflows import load_files, load_workflows
from tests.support.workflows import HEADER, FakeEvaluator

ORDER = f"{HEADER}do: [{{a: {{wait: PT1S}}}}]\n"
CHILD = HEADER.replace("order", "child")


@pytest.fixture
def company(tmp_path: Path) -> Path:
    return tmp_path / "company"


def declare(company: Path, name: str, text: str) -> None:
    file = company / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def said(company: Path) -> list[str]:
    return list(map(str, load_workflows(company, FakeEvaluator()).faults))


def test_without_a_company_there_are_none(company: Path) -> None:
    assert load_workflows(company) == ((), {}, (), ())


def test_those_of_the_company_come_first_and_then_those_of_its_slices(company: Path) -> None:
    declare(company, "workflows/order.yaml", ORDER)
    declare(company, "finance/workflows/child.yaml", CHILD + "do: []")
    declare(company, ".git/workflows/hidden.yaml", "no: workflow")
    declare(company, "workflows/.draft.yaml", "no: workflow")
    declare(company, "workflows/README.md", "no workflow")
    workflows = load_workflows(company)
    assert workflows.faults == ()
    assert [file.file for file in workflows.files] == [
        "company/workflows/order.yaml",
        "company/finance/workflows/child.yaml",
    ]
    assert list(workflows.definitions) == [("shop", "child", "1.0.0"), ("shop", "order", "1.0.0")]


def test_two_of_one_name_and_version_are_a_fault_of_the_second(company: Path) -> None:
    declare(company, "workflows/a.yaml", ORDER)
    declare(company, "workflows/b.yaml", f"# the same\n{ORDER}")
    declare(company, "workflows/c.yaml", ORDER.replace("version: '1.0.0'", "version: '1.0.1'"))
    assert said(company) == [
        "company/workflows/b.yaml:2: /document: expected each namespace, name and version once; found shop/order/1.0.0 also in company/workflows/a.yaml (raise the version, or choose another name)",
    ]  # fmt: skip


def test_a_workflow_that_is_run_must_be_there(company: Path) -> None:
    run = "do:\n- a: {run: {workflow: {namespace: shop, name: %s, version: %s}}}\n"
    declare(company, "workflows/child.yaml", CHILD + "do: []")
    declare(company, "workflows/order.yaml", HEADER + run % ("child", "latest"))
    assert said(company) == []
    declare(company, "workflows/order.yaml", HEADER + run % ("child", "'1.0.0'"))
    assert said(company) == []
    declare(company, "workflows/order.yaml", HEADER + run % ("children", "latest"))
    assert said(company) == [
        "company/workflows/order.yaml:3: /do/0/a/run/workflow: expected a workflow of company/ (shop/order/1.0.0, shop/child/1.0.0); found shop/children/latest",
    ]  # fmt: skip
    assert load_files([company / "workflows/order.yaml"]).faults == ()


def test_the_faults_of_all_files_come_at_once(company: Path) -> None:
    declare(company, "workflows/a.yaml", f"{HEADER}do: [{{a: {{wait: P1M}}}}]\n")
    declare(company, "workflows/b.yaml", f"{HEADER}do: [\n")
    declare(company, "workflows/c.yaml", f"{HEADER}do: []\ndo: []\n")
    declare(company, "workflows/d.yml", f"{CHILD}do: []\n")
    declare(company, "my-shop/workflows/e.yaml", f"{CHILD.replace('1.0.0', '2.0.0')}do: []\n")
    assert [line.partition(" (")[0] for line in said(company)] == [
        "company/my-shop/workflows/e.yaml:1: expected a slice with the name of a Python package; found my-shop",
        "company/workflows/a.yaml:2: /do/0/a/wait: expected a duration of weeks, days, hours, minutes and seconds; found years or months, which have no fixed length",
        "company/workflows/b.yaml:3: expected valid YAML; found expected the node content, but found '<stream end>'",
        "company/workflows/c.yaml:3: /do: expected each key once; found it also on line 2",
        "company/workflows/d.yml:1: expected a file that ends in .yaml; found .yml",
    ]  # fmt: skip


def test_a_schedule_on_an_event_is_read_as_yaml_1_2_reads_it(company: Path) -> None:
    declare(company, "workflows/a.yaml", f"{HEADER}schedule:\n  on: {{one: {{with: {{type: paid}}}}}}\ndo: []\n")
    (definition,) = load_workflows(company).definitions.values()
    assert definition.document["schedule"] == {"on": {"one": {"with": {"type": "paid"}}}}
