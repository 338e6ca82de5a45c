"""What is valid in a workflow and surely not meant is a warning, apart from the faults."""

import pytest

from tests.support.workflows import check_tasks

POST = "{call: http, with: {method: post, endpoint: 'https://x'}}"
GET = "{call: http, with: {method: get, endpoint: 'https://x'}}"
CASES = {
    "a listen without a time-out": ("- a: {listen: {to: {one: {with: {type: x}}}}}", "3: /do/0/a: expected a time-out for a task that listens; found none (add timeout to the task, or to the workflow)"),
    "a catch that swallows": (f"- t: {{try: [{{a: {GET}}}], catch: {{}}}}", "3: /do/0/t/catch: expected retry, do or then, which say what to do about an error; found a catch that swallows it (as it is, the run goes on with the input of the try)"),
    "do beside retry": (f"- t: {{try: [{{a: {GET}}}], catch: {{retry: {{}}, do: [{{b: {{wait: PT1S}}}}]}}}}", "3: /do/0/t/catch/do: expected no do beside retry, unless do is what follows the last retry; found both (opos retries first; other runtimes run do before each retry, or never)"),
    "a retried list with two effects": (f"- t: {{try: [{{a: {POST}}}, {{g: {GET}}}, {{d: {{do: [{{b: {POST}}}]}}}}], catch: {{retry: {{}}}}}}", "3: /do/0/t/try: expected one call in a list that is retried, since each retry begins with its first task; found 2: a, b (put each in a try of its own, unless its receiver knows a repeated call by its Idempotency-Key)"),
    "a function that nobody declares": ("- a: {call: page}", "3: /do/0/a/call: expected a function of use.functions (it has none); this release knows no others; found 'page'"),
    "a text that looks like an expression": ("- a: {set: {x: .customer.id, y: ., z: $5}}", "3: /do/0/a/set/x: expected ${ .customer.id }, if an expression is meant; found '.customer.id' (as it is, it stays a text)"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_doubt_is_named_and_the_definition_stays_valid(case: str) -> None:
    tasks, expected = CASES[case]
    result = check_tasks(tasks)
    assert (result.faults, result.definition is not None) == ((), True)
    assert list(map(str, result.warnings)) == [f"order.yaml:{expected}"]


@pytest.mark.parametrize(
    ("tasks", "more"),
    [
        ("- a: {listen: {to: {one: {with: {type: x}}}}, timeout: {after: PT1H}}", ""),
        ("- t: {do: [{a: {listen: {to: {one: {with: {type: x}}}}}}], timeout: {after: PT1H}}", ""),
        ("- a: {listen: {to: {one: {with: {type: x}}}}}", "timeout: {after: PT1H}"),
        (f"- t: {{try: [{{a: {POST}}}, {{g: {GET}}}], catch: {{retry: {{}}}}}}", ""),
        (f"- t: {{try: [{{a: {POST}}}], catch: {{then: end}}}}", ""),
    ],
)
def test_what_is_meant_raises_no_doubt(tasks: str, more: str) -> None:
    assert check_tasks(tasks, more).warnings == ()
