"""A redacted payload has the shape of the payload, and none of its values."""

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.history.redaction import kind, redacted, redacted_text

PLANTED = "hunter2"
TEXTS = st.text(max_size=20).map(lambda text: f"{text}{PLANTED}{text}")
KEYS = st.text(string.ascii_letters + "_", min_size=1, max_size=10) | TEXTS.map(lambda text: f"{text}@x.example")
"""A key stays if it looks like a name; these either do, or do not."""
PAYLOADS = st.recursive(
    st.none() | st.booleans() | TEXTS | st.integers(10**9, 10**12) | st.floats(1e9, 1e12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


def shape(value: Any) -> Any:
    match value:
        case dict():
            return [shape(inner) for inner in value.values()]
        case list():
            return [shape(inner) for inner in value]
        case None | bool():
            return value
    return "value"


@given(PAYLOADS)
def test_no_value_stays_and_nothing_else_goes(payload: Any) -> None:
    hidden = redacted(payload)
    assert shape(hidden) == shape(payload)
    assert PLANTED not in json.dumps(hidden)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("jo@example.com", "email"), ("https://x.example/a?token=1", "link"), ("2026-11-20T09:00:00Z", "time"),
        ("4242", "number"), ("sk_live_4eC39HqLyjWDarjtT1", "token"), ("2001:db8::1", "address"), ("Jo Doe", "text"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "token"), ("10.0.0.7", "number"),
    ],
)  # fmt: skip
def test_a_text_is_described_by_its_kind_and_length(text: str, shown: str) -> None:
    assert kind(text) == shown
    assert redacted_text(text) == f"<{shown}, {len(text)} characters>"


def test_words_that_decide_how_a_payload_is_read_stay() -> None:
    payload = {
        "status": "firing",
        "severity": "Critical",
        "type": "charge.dispute.created",
        "object": "charge",
        "on": True,
    }
    assert redacted(payload) == payload


def test_a_key_that_is_a_value_does_not_stay() -> None:
    hidden = redacted({"jo@example.com": 1, "al@example.com": 2, "sk_live_4eC39HqLyjWDarjtT1": 3, "line_1": 4})
    assert [*hidden] == [
        "<key 1>", "<key 2>", "<key 3>", "line_1",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["charge.failed", "orders/paid", "workflow_run.completed", "Issue.create"])
def test_a_key_that_is_a_name_stays(name: str) -> None:
    assert redacted({name: None}) == {name: None}
