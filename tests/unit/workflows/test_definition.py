"""A definition as the engine reads it: resolved, with pointers, what follows what, and a digest."""

import json
from datetime import timedelta

import pytest

from shared.workflows.durations import InlineDuration, length
from shared.workflows.errors import PREFIX, matches, same_type, standard_name
from shared.workflows.retries import RetryPolicy
from shared.workflows.tasks import Wait
from tests.support.workflows import HEADER, definition

ALL = definition(
    f"""{HEADER}
use:
  authentications: {{shop: {{bearer: {{use: KEY}}}}}}
  errors: {{gone: {{type: "https://shop.example/gone", status: 410}}}}
  functions:
    outer: {{do: [{{first: {{call: inner, with: {{id: '${{ .id }}'}}}}}}]}}
    inner: {{call: http, with: {{method: get, endpoint: {{uri: "https://x/{{id}}", authentication: {{use: shop}}}}}}}}
  retries: {{often: {{limit: {{attempt: {{count: 5}}}}}}}}
  secrets: [KEY]
  timeouts: {{short: {{after: PT30S}}}}
do:
  - load:
      call: outer
      with: {{id: 1}}
      timeout: short
  - attempt:
      try:
        - ask: {{wait: PT1S, then: exit}}
        - again: {{wait: PT1S, then: ask}}
      catch:
        retry: often
        do: [{{tell: {{raise: {{error: gone}}}}}}]
        then: load
  - race:
      fork: {{compete: true, branches: [{{left: {{wait: PT1S}}}}, {{right: {{wait: PT2S}}}}]}}
  - loop:
      for: {{in: .items}}
      do: [{{each: {{set: {{x: '${{ $item }}'}}}}}}]
  - hear:
      timeout: short
      listen: {{to: {{any: [{{with: {{type: a}}}}]}}}}
      foreach: {{do: [{{note: {{set: {{x: 1}}, then: end}}}}]}}
"""
)


def test_every_task_has_its_name_pointer_kind_and_line() -> None:
    tasks = [(task.pointer, task.name, task.kind, ALL.lines[task.pointer]) for task in ALL.tasks.values()]
    assert tasks == [
        ("/do/0/load", "load", "call.function", 13),
        ("/do/0/load/function", "outer", "do", 7),
        ("/do/0/load/function/do/0/first", "first", "call.function", 7),
        ("/do/0/load/function/do/0/first/function", "inner", "call.http", 8),
        ("/do/1/attempt", "attempt", "try", 17),
        ("/do/1/attempt/try/0/ask", "ask", "wait", 19),
        ("/do/1/attempt/try/1/again", "again", "wait", 20),
        ("/do/1/attempt/catch/do/0/tell", "tell", "raise", 23),
        ("/do/2/race", "race", "fork", 25),
        ("/do/2/race/fork/branches/0/left", "left", "wait", 26),
        ("/do/2/race/fork/branches/1/right", "right", "wait", 26),
        ("/do/3/loop", "loop", "for", 27),
        ("/do/3/loop/do/0/each", "each", "set", 29),
        ("/do/4/hear", "hear", "listen", 30),
        ("/do/4/hear/foreach/do/0/note", "note", "set", 33),
    ]
    assert (ALL.namespace, ALL.name, ALL.version) == ("shop", "order", "1.0.0")


def test_what_use_declares_stands_where_it_is_used_and_only_the_names_of_secrets_stay() -> None:
    assert ALL.document["use"] == {"secrets": ["KEY"]}
    load, attempt = ALL.document["do"][0]["load"], ALL.document["do"][1]["attempt"]
    assert load["timeout"] == {"after": "PT30S"}
    assert attempt["catch"]["retry"] == {"limit": {"attempt": {"count": 5}}}
    assert attempt["catch"]["do"][0]["tell"]["raise"]["error"]["status"] == 410
    inner = load["function"]["do"][0]["first"]["function"]
    assert inner["with"]["endpoint"]["authentication"] == {"bearer": {"use": "KEY"}}


def test_a_task_has_its_model() -> None:
    model = ALL.task("/do/1/attempt/try/0/ask").model
    assert isinstance(model, Wait)
    assert (model.wait, model.then) == ("PT1S", "exit")
    with pytest.raises(KeyError):
        ALL.task("/do/9/none")


@pytest.mark.parametrize(
    ("pointer", "directive", "target"),
    [
        ("/do/0/load", "continue", "/do/1/attempt"),
        ("/do/4/hear", "continue", "end"),
        ("/do/0/load", "exit", "end"),
        ("/do/1/attempt", "load", "/do/0/load"),
        ("/do/1/attempt/try/0/ask", "continue", "/do/1/attempt/try/1/again"),
        ("/do/1/attempt/try/0/ask", "exit", "exit"),
        ("/do/1/attempt/try/1/again", "continue", "exit"),
        ("/do/1/attempt/try/1/again", "ask", "/do/1/attempt/try/0/ask"),
        ("/do/2/race/fork/branches/0/left", "continue", "exit"),
        ("/do/0/load/function", "continue", "exit"),
        ("/do/4/hear/foreach/do/0/note", "end", "end"),
    ],
)
def test_a_directive_leads_to_a_task_out_of_the_list_or_to_the_end(pointer: str, directive: str, target: str) -> None:
    assert ALL.target(pointer, directive) == target


def test_the_task_after_the_last_one_and_after_a_branch_is_none() -> None:
    assert ALL.following("/do/0/load") == "/do/1/attempt"
    assert ALL.following("/do/4/hear") is None
    assert ALL.following("/do/2/race/fork/branches/0/left") is None
    assert ALL.following("/do/0/load/function") is None


def test_equal_content_has_one_digest_however_it_is_written() -> None:
    inline = definition(f"{HEADER}do: [{{a: {{wait: PT1S, timeout: {{after: PT5S}}}}}}]")
    named = definition(
        f"# spread out\n{HEADER}do:\n- a:\n    timeout: t\n    wait: PT1S\nuse: {{timeouts: {{t: {{after: PT5S}}}}}}"
    )
    other = definition(f"{HEADER}do: [{{a: {{wait: PT1S, timeout: {{after: PT6S}}}}}}]")
    assert inline.digest == named.digest != other.digest
    assert inline == named
    assert len(inline.digest) == 64


def test_a_definition_is_valid_when_it_is_made_of_its_stored_document() -> None:
    stored = type(ALL)(json.loads(json.dumps(ALL.document)))
    assert stored.digest == ALL.digest
    assert list(stored.tasks) == list(ALL.tasks)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("PT30S", timedelta(seconds=30)),
        ("P1DT12H", timedelta(days=1, hours=12)),
        ("P2W", timedelta(weeks=2)),
        ("PT0.5S", timedelta(milliseconds=500)),
        (InlineDuration(minutes=5, milliseconds=1), timedelta(minutes=5, milliseconds=1)),
    ],
)
def test_a_duration_has_its_length(duration: str | InlineDuration, expected: timedelta) -> None:
    assert length(duration) == expected


def test_the_four_spellings_of_a_standard_error_are_one_type() -> None:
    spelled = [f"https://{place}timeout" for place in (
        "open-workflow-specification.org/spec/1.0.0/errors/", "open-workflow-specification.org/dsl/errors/types/",
        "serverlessworkflow.io/spec/1.0.0/errors/", "serverlessworkflow.io/dsl/errors/types/",
    )]  # fmt: skip
    assert {standard_name(type) for type in spelled} == {"timeout"}
    assert all(same_type(type, f"{PREFIX}timeout") for type in spelled)
    assert not same_type(f"{PREFIX}timeout", f"{PREFIX}runtime")
    assert not same_type("https://shop.example/timeout", f"{PREFIX}timeout")
    assert matches({"type": spelled[3], "status": 408}, {"type": spelled[0], "status": 408, "title": "Timeout"})
    assert not matches({"status": 408}, {"type": spelled[0], "status": 500})


def test_a_retry_policy_reads_the_keys_of_the_specification() -> None:
    policy = RetryPolicy.model_validate({"exceptWhen": ".status == 400", "jitter": {"from": "PT0S", "to": "PT1S"}})
    assert policy.except_when == ".status == 400"
    assert policy.jitter is not None
    assert (policy.jitter.from_, policy.jitter.to) == ("PT0S", "PT1S")
