"""The terms of events and alerts: few, of what lists show, and never a secret."""

import json
from typing import Any

import pytest

from shared.ports.earlier_documents import Completed, current
from shared.ports.terms import MOST_OF_ALERT, MOST_OF_EVENT, alert_index, event_terms, words_of

EVENT = {"source": "stripe", "type": "invoice.paid", "subject": "Paid", "received_at": "2026-11-20T09:00:00.000000Z"}
ALERT = {
    "source": "app",
    "title": "Disk",
    "severity": "warning",
    "first_seen": "2026-10-01T",
    "last_seen": "2026-11-20T",
}


def indexed(body: Any) -> frozenset[str]:
    return words_of({"terms": event_terms({**EVENT, "body": json.dumps(body)})})


def test_ids_in_a_payload_are_words_and_nothing_else_of_it_is() -> None:
    ids = {"id": "evt_1Abc", "data": {"customer": "cus_9xYz", "order_id": 4711, "issueId": "ENG-77"}}
    secrets = {
        "client_secret": "pi_1_secret_2",
        "token": "tok_12345",
        "key": "sk_live_1",
        "password": "h3llo",
        "paid": "yes1",
    }
    assert indexed({**ids, **secrets}) == {"", "stripe", "invoice", "paid", "evt_1abc", "cus_9xyz", "4711", "eng", "77"}
    assert indexed({"id": "a" * 70 + "1", "number": "no digit"}) == {"", "stripe", "invoice", "paid"}


def test_what_a_page_redacts_is_no_word() -> None:
    redacted = {
        "card": {"number": "4242424242424242"}, "tax_id": "DE123456789", "session_id": "s1234567", "sessionId": "s12345678",
        "checkoutSessionId": "abc123", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "accessTokenId": "t12345", "id": "ghp_1234567890",
        "identifier": "203.0.113.9", "number": "DE89370400440532013000",
    }  # fmt: skip
    assert indexed(redacted) == {"", "stripe", "invoice", "paid"}
    event = "9fac2ceed9344f2bbfdd1fdacb0ed9b1"
    assert indexed({"event_id": event, "number": 4242424242424241, "paid": "a1", "valid": "b2"}) == {
        "", "stripe", "invoice", "paid", event, "4242424242424241",
    }  # fmt: skip


def test_a_body_that_is_no_text_has_no_ids() -> None:
    event = {**EVENT, "body": '"id":"a1b2"', "body_encoding": "base64"}
    assert "a1b2" not in words_of({"terms": event_terms(event)})


def test_an_event_has_its_hour_and_a_bounded_number_of_words() -> None:
    long = {
        **EVENT,
        "subject": " ".join(f"w{n}" for n in range(90)),
        "body": json.dumps([{"id": f"x{n}"} for n in range(90)]),
    }
    terms = event_terms(long, {f"label{n}": f"value{n}" for n in range(90)})
    assert (terms[0], len(terms)) == ("@2026-11-20T09", 1 + MOST_OF_EVENT)
    assert terms[1] == "label0=value0@2026-11"
    wide = {**ALERT, "state": "firing", "labels": {f"label{n}": f"value{n}" for n in range(90)}}
    assert len(alert_index(wide)["terms"]) == MOST_OF_ALERT


@pytest.mark.parametrize(
    ("state", "urgency", "terms"),
    [
        ("firing", "32 2026-10-01T", ["app@open", "disk@open"]),
        ("snoozed", "12 2026-10-01T", ["app@open", "disk@open"]),
        ("resolved", None, ["@2026-11-20", "app@2026-11", "disk@2026-11"]),
        ("noted", None, ["@2026-11-20", "app@2026-11", "disk@2026-11"]),
    ],
)
def test_an_alert_is_indexed_as_open_or_by_the_month_of_its_last_signal(
    state: str, urgency: str | None, terms: list[str]
) -> None:
    assert alert_index({**ALERT, "state": state}) == {"urgency": urgency, "terms": terms}


def test_documents_of_earlier_releases_get_their_terms() -> None:
    event = current("events", {**EVENT, "body": "{}"})
    alert = current("alerts", {**ALERT, "state": "firing", "episode": 1})
    assert isinstance(event, Completed)
    assert event["terms"] == event_terms(event)
    assert {name: alert[name] for name in ("urgency", "terms")} == alert_index(alert)
