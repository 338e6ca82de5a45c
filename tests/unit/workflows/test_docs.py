"""The workflows in docs/workflows.md are valid, and its examples of errors are what the check says."""

import re

import pytest

from tests.support.project import ROOT
from tests.support.workflows import check, check_tasks

TEXT = (ROOT / "docs/workflows.md").read_text()
SHOWN = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("text", SHOWN)
def test_a_workflow_in_the_docs_is_valid_and_beyond_doubt(text: str) -> None:
    result = check(text)
    assert (result.faults, result.warnings) == ((), ())


def test_the_errors_in_the_docs_are_those_of_the_check() -> None:
    tasks = "- a: {wait: PT1S}\n- pay: {wait: PT1S, timeout: wek}\n- tell: {set: {text: 'Hello, ${ .name }'}}"
    said = [
        str(fault).split(": ", 1)[1] for fault in check_tasks(tasks, "use: {timeouts: {week: {after: P7D}}}").faults
    ]
    assert [
        line.split(": ", 1)[1] for line in TEXT.splitlines() if line.startswith("company/workflows/order.yaml:")
    ] == said
