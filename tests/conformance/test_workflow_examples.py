"""The examples and conformance scenarios of the Open Workflow Specification: each loads, or is refused for its reason."""

import re
from pathlib import Path

import pytest

from shared.config.files.located_yaml import parse_yaml
from shared.workflows.checked import Checked, checked
from shared.workflows.pointers import resolve
from tests.support.project import ROOT
from tests.support.workflows import FakeEvaluator

DATA = ROOT.parent / "shared/workflow-dsl"
EXAMPLES = {file.stem: file for file in sorted((DATA / "examples").glob("*.yaml"))}
SCENARIO = re.compile(r'Scenario: (.+?)\n.*?definition:\s+"""yaml\n(.*?)"""', re.DOTALL)
SCENARIOS = {
    f"{file.stem}: {name}": text
    for file in sorted((DATA / "ctk/features").glob("*.feature"))
    for name, text in SCENARIO.findall(file.read_text())
}
is_there = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/workflow-dsl: the specification's own data")

CALL = "a call of the serverless profile: http, openapi, mcp, or a function"
RUN = "run: workflow, the only one of the serverless profile"
ASYNCAPI = f"expected {CALL}; found call: asyncapi, whose subscription is a process that stays; a serverless bundle has none (let the sender post a webhook to a source and listen; publish with emit)"
CONTAINER = (
    f"expected {RUN}; found run: container; a function has no container runtime (put it behind HTTP and call it)"
)
REFUSED = {
    "call-asyncapi-publish": f"7: /do/0/findPet: {ASYNCAPI}",
    "call-asyncapi-subscribe-consume-amount": f"7: /do/0/getNotifications: {ASYNCAPI}",
    "call-asyncapi-subscribe-consume-forever-foreach": f"7: /do/0/getNotifications: {ASYNCAPI}",
    "call-asyncapi-subscribe-consume-until": f"7: /do/0/getNotifications: {ASYNCAPI}",
    "call-asyncapi-subscribe-consume-while": f"7: /do/0/getNotifications: {ASYNCAPI}",
    "call-custom-function-cataloged": "8: /do/0/log/call: expected a function of `use.functions` or of opos; found a function from a remote catalog, which is not part of the bundle (copy the function into use.functions)",
    "call-grpc": f"7: /do/0/greet: expected {CALL}; found call: grpc, which needs a proto compiler and a channel for each host (call an HTTP or OpenAPI endpoint, or a function)",
    "call-mcp": "19: /do/0/publishMessageToSlack/with/transport/stdio: expected transport: http; found transport: stdio, which runs a program on the host (start the server elsewhere and name its endpoint under http)",
    "listen-to-any": "9: /do/0/callDoctor/listen/to: expected at least one event, or `until`; found `any: []`, which waits for every event and never ends by itself (name an event under any, or add until)",
    "mock-service-extension": "7: /use/extensions: expected no extensions; found extensions, which read fields of $task that the specification does not define (write the tasks where they run)",
    "run-container": f"7: /do/0/runContainer: {CONTAINER}",
    "run-container-cleanup-always": f"7: /do/0/runContainer: {CONTAINER}",
    "run-container-cleanup-eventually": f"7: /do/0/runContainer: {CONTAINER}",
    "run-container-stdin-and-arguments": f"10: /do/1/runContainer: {CONTAINER}",
    "run-container-with-name": f"7: /do/0/runContainer: {CONTAINER}",
    "run-container-with-pull-policy": f"7: /do/0/runContainer: {CONTAINER}",
    "run-return-all": f"7: /do/0/runContainer: {CONTAINER}",
    "run-return-code": f"7: /do/0/runContainer: {CONTAINER}",
    "run-return-none": f"7: /do/0/runContainer: {CONTAINER}",
    "run-return-stderr": f"7: /do/0/runContainer: {CONTAINER}",
    "run-script-with-stdin-and-arguments": f"7: /do/0/runScript: expected {RUN}; found run: script; a workflow file would be remote code (use an expression, or a function of the bundle)",
    "run-shell-stdin-and-arguments": f"10: /do/1/runShell: expected {RUN}; found run: shell; a function has no shell, and a workflow file would be remote code (put it behind HTTP and call it)",
}
"""The examples outside of the serverless profile, each with its one fault."""


def check(text: str) -> Checked:
    return checked(parse_yaml(text, "example.yaml"), FakeEvaluator())


@is_there
def test_the_data_is_whole() -> None:
    assert len(EXAMPLES) == 68
    assert len(SCENARIOS) == 21
    assert set(REFUSED) <= set(EXAMPLES)


@is_there
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_loads_or_is_refused_for_its_reason(name: str) -> None:
    result = check(EXAMPLES[name].read_text())
    expected = [f"example.yaml:{REFUSED[name]}"] if name in REFUSED else []
    assert list(map(str, result.faults)) == expected
    assert (result.definition is None) is (name in REFUSED)


@is_there
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_definition_of_a_scenario_loads_without_a_warning(name: str) -> None:
    result = check(SCENARIOS[name])
    assert result.definition is not None, result.faults
    assert result.warnings == ()
    for pointer in result.definition.tasks:
        assert resolve(result.definition.document, pointer)


@is_there
def test_the_warnings_of_the_examples_are_about_what_their_authors_overlooked() -> None:
    warned = {name: check(Path(file).read_text()).warnings for name, file in EXAMPLES.items()}
    counts = {name: len(warnings) for name, warnings in warned.items() if warnings}
    listens = {name: 1 for name in EXAMPLES if name.startswith("listen-to-") and name != "listen-to-any"}
    assert counts == {
        **listens, "for": 1, "conditional-task": 2, "run-subflow": 1, "try-catch": 1, "try-catch-then": 1,
    }  # fmt: skip
