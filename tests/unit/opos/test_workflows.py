"""`opos workflows`, and the workflows in `opos verify`."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from shared.config.files.located_yaml import read_yaml
from shared.workflows.editor_schema import FILE, editor_schema, written
from tests.support.bundle import CONFIG, FLAGS, SECRETS
from tests.support.project import ROOT
from tests.support.workflows import HEADER

NONE = "No workflow in company/workflows; `opos workflows new NAME` writes one.\n"
LISTEN = "- a: {listen: {to: {one: {with: {type: x}}}}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "company/workflows").mkdir(parents=True)
    return tmp_path


def opos(*words: str) -> Result:
    return CliRunner().invoke(main, words, env=SECRETS)


def declare(folder: Path, tasks: str, name: str = "order") -> None:
    (folder / f"company/workflows/{name}.yaml").write_text(f"{HEADER.replace('order', name)}do:\n{tasks}")


@pytest.mark.usefixtures("folder")
def test_without_a_workflow_each_command_says_so_in_one_line() -> None:
    for words in (("workflows",), ("workflows", "list"), ("workflows", "check")):
        done = opos(*words)
        assert (done.exit_code, done.stdout) == (0, NONE)
    assert json.loads(opos("workflows", "check", "--json").stdout) == {"faults": [], "warnings": [], "workflows": []}


def test_check_lists_the_errors_and_the_warnings_and_its_exit_code_says_that_there_are_errors(folder: Path) -> None:
    declare(folder, LISTEN)
    declare(folder, "- a: {wait: P1M}\n", "wait")
    warning = "warning: company/workflows/order.yaml:3: /do/0/a: expected a time-out for a task that listens; found none (add timeout to the task, or to the workflow)"
    fault = "company/workflows/wait.yaml:3: /do/0/a/wait: expected a duration of weeks, days, hours, minutes and seconds; found years or months, which have no fixed length (write P30D, or schedule with cron)"
    done = opos("workflows", "check")
    assert (done.exit_code, done.stdout.splitlines()) == (2, [fault, warning])
    said = json.loads(opos("workflows", "check", "--json").stdout)
    assert said["faults"] == [
        {
            "file": "company/workflows/wait.yaml", "line": 3, "path": "/do/0/a/wait",
            "expected": "a duration of weeks, days, hours, minutes and seconds",
            "actual": "years or months, which have no fixed length", "hint": "write P30D, or schedule with cron",
        },
    ]  # fmt: skip
    assert [warning["path"] for warning in said["warnings"]] == ["/do/0/a"]
    alone = opos("workflows", "check", "company/workflows/order.yaml")
    assert (alone.exit_code, alone.stdout.splitlines()) == (0, ["1 workflow is valid.", warning])


def test_check_of_a_file_that_is_not_there_names_it(folder: Path) -> None:
    done = opos("workflows", "check", "none.yaml")
    assert (done.exit_code, done.stdout) == (
        2,
        "none.yaml:1: expected a readable file; found No such file or directory\n",
    )
    assert sorted(folder.iterdir()) == [folder / "company"]


def test_the_list_names_each_workflow_and_what_starts_it(folder: Path) -> None:
    declare(folder, "- a: {wait: PT1S}\nschedule: {cron: 0 3 * * *, every: P1D}\n")
    declare(folder, "- a: {wait: P1M}\n", "wait")
    done = opos("workflows")
    assert (done.exit_code, done.stdout) == (
        0,
        "shop/order  1.0.0  1 task  company/workflows/order.yaml  starts: every, cron 0 3 * * *\n",
    )
    assert done.stderr == "There are errors in company/, which `opos workflows check` lists.\n"
    (row,) = json.loads(opos("workflows", "list", "--json").stdout)
    assert (row["name"], row["starts"], len(row["digest"])) == ("order", ["every", "cron 0 3 * * *"], 64)


def test_a_new_workflow_is_valid_and_names_the_schema_for_an_editor(folder: Path) -> None:
    done = opos("workflows", "new", "recover-payment")
    assert (done.exit_code, done.stdout) == (
        0,
        "company/workflows/recover-payment.yaml: wrote a workflow. `opos workflows check` checks it.\n",
    )
    first, *_ = (folder / "company/workflows/recover-payment.yaml").read_text().splitlines()
    assert first == "# yaml-language-server: $schema=workflow.schema.json"
    assert (folder / "company/workflows/workflow.schema.json").read_text() == FILE.read_text()
    assert opos("workflows", "check").stdout == "1 workflow is valid.\n"
    again = opos("workflows", "new", "recover-payment")
    assert (again.exit_code, again.stderr) == (1, "company/workflows/recover-payment.yaml already exists\n")


def test_in_a_checkout_of_opos_the_schema_is_the_one_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    schema = tmp_path / "docs/workflow.schema.json"
    monkeypatch.setattr("opos.workflows.FILE", schema)
    assert opos("workflows", "new", "greet").exit_code == 0
    text = (tmp_path / "company/workflows/greet.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=../../docs/workflow.schema.json\n")


@pytest.mark.usefixtures("folder")
def test_a_name_that_no_workflow_can_have_is_wrong_usage() -> None:
    for name in ("../up", "a b", "-a", ""):
        done = opos("workflows", "new", "--", name)
        assert done.exit_code == 2
        assert "expected letters, digits and -, at most 63" in done.stderr


def test_another_folder_can_be_the_company(folder: Path) -> None:
    declare(folder, "- a: {wait: PT1S}\n")
    (folder / "company").rename(folder / "firm")
    done = CliRunner().invoke(main, ["workflows", "list"], env={"OPOS_COMPANY": "firm"})
    assert done.stdout == "shop/order  1.0.0  1 task  firm/workflows/order.yaml\n"


def test_verify_reports_the_workflows_too(folder: Path) -> None:
    (folder / "opos.yaml").write_text(CONFIG)
    (folder / "flags.yaml").write_text(FLAGS)
    declare(folder, LISTEN)
    done = opos("verify")
    assert done.exit_code == 0
    assert "company declares 1 workflow." in done.stdout
    assert "warning: company/workflows/order.yaml:3: /do/0/a: expected a time-out" in done.stdout
    declare(folder, "- a: {wait: P1M}\n")
    done = opos("verify")
    assert done.exit_code == 2
    assert done.stdout.startswith("company/workflows/order.yaml:3: /do/0/a/wait: expected a duration")


def test_the_kept_schema_is_the_one_of_the_models() -> None:
    assert FILE.read_text() == written(), "run: opos workflows schema > docs/workflow.schema.json"
    assert opos("workflows", "schema").stdout == written()


def test_the_schema_accepts_what_the_check_accepts_and_no_refused_task() -> None:
    schema = jsonschema_rs.validator_for(editor_schema())
    document = {"dsl": "1.0.3", "namespace": "shop", "name": "order", "version": "1.0.0"}
    wait, gone = {"wait": {"minutes": 5}}, {"run": {"shell": {"command": "ls"}}}
    assert schema.is_valid({"document": document, "do": [{"a": {"do": [{"b": wait}]}}]})
    assert not schema.is_valid({"document": document, "do": [{"a": {"do": [{"b": gone}]}}]})
    examples = sorted((ROOT.parent / "shared/workflow-dsl/examples").glob("*.yaml"))
    refused = ("run-", "call-asyncapi", "call-grpc", "call-mcp", "mock-service")
    for file in examples:
        is_kept = not file.name.startswith(refused) or file.name == "run-subflow.yaml"
        assert schema.is_valid(read_yaml(file).data) is is_kept, file.name


def test_an_expression_that_jq_cannot_read_or_that_leaves_its_process_is_an_error(folder: Path) -> None:
    declare(folder, "- a: {set: {x: '${ (.a }', y: '${ env.HOME }', z: '${ [.a, $input.b] }'}}\n")
    done = opos("workflows", "check")
    assert done.exit_code == 2
    assert [line.partition(": expected")[0] for line in done.stdout.splitlines()] == [
        "company/workflows/order.yaml:3: /do/0/a/set/x", "company/workflows/order.yaml:3: /do/0/a/set/y",
    ]  # fmt: skip
    assert "`env` is not allowed in an expression" in done.stdout
