"""From a signed webhook to a page or a digest, over HTTP and through every function."""

import sqlite3

import pytest

from shared.errors import DeliveryError
from tests.support.bundle import Bundle


def test_a_critical_webhook_pages_at_once_with_a_link_that_acknowledges(bundle: Bundle) -> None:
    assert bundle.trouble("disk").status == 202
    bundle.settle()
    ((_, notice),) = bundle.desk.sent
    assert (notice.title, notice.severity) == ("Trouble disk", "critical")
    path = notice.ack_url.removeprefix("http://127.0.0.1:8080")
    assert "Acknowledge" in bundle.request("GET", path).text
    assert bundle.docs("alerts")[0].data["state"] == "firing"
    assert bundle.request("POST", path).status == 200
    assert bundle.docs("alerts")[0].data["state"] == "acknowledged"


def test_a_repeated_delivery_is_a_duplicate_and_changes_state_once(bundle: Bundle) -> None:
    first = bundle.trouble("disk", delivery="same")
    second = bundle.trouble("disk", delivery="same")
    assert (first.status, second.status, second.json) == (202, 200, {"id": first.json["id"], "status": "duplicate"})
    bundle.settle()
    assert bundle.pages() == ["Trouble disk"]
    assert bundle.docs("alerts")[0].data["count"] == 1


def test_a_firing_alert_that_repeats_pages_once_and_counts(bundle: Bundle) -> None:
    for _ in range(3):
        bundle.trouble("disk")
        bundle.settle()
        bundle.clock.advance(minutes=1)
    assert bundle.pages() == ["Trouble disk"]
    assert bundle.docs("alerts")[0].data["count"] == 3


def test_a_resolve_closes_the_alert_and_the_next_firing_pages_again_and_says_that_it_flaps(bundle: Bundle) -> None:
    for status in ("firing", "resolved", "firing"):
        bundle.trouble("disk", status=status)
        bundle.settle()
        bundle.clock.advance(minutes=1)
    assert bundle.pages() == ["Trouble disk", "Trouble disk (fired 2 times in an hour)"]
    assert (bundle.docs("alerts")[0].data["state"], bundle.docs("alerts")[0].data["episode"]) == ("firing", 2)


def test_the_fifth_item_sends_the_digest_and_the_sixth_waits_for_the_next(bundle: Bundle) -> None:
    for n in range(6):
        bundle.trouble(f"w{n}", severity="warning")
        bundle.settle()
        bundle.clock.advance(seconds=1)
    ((_, digest),) = bundle.inbox.sent
    lines = [line for line in digest.text.splitlines() if "Trouble" in line]
    assert lines == [f"! Trouble w{n} (app, since 10:00)" for n in range(5)]
    bundle.tick(minutes=5)
    assert [notice.title for _, notice in bundle.inbox.sent] == ["Trouble w0 and 4 more", "Trouble w5"]


def test_a_digest_closes_five_minutes_after_its_first_item(bundle: Bundle) -> None:
    bundle.trouble("w", severity="info")
    bundle.settle()
    bundle.tick(minutes=4, seconds=59)
    assert bundle.inbox.sent == []
    bundle.tick(seconds=1)
    assert [notice.title for _, notice in bundle.inbox.sent] == ["Trouble w"]


def test_an_unknown_severity_pages(bundle: Bundle) -> None:
    bundle.trouble("odd", severity="sev-1")
    bundle.settle()
    assert bundle.pages() == ["Trouble odd"]


def test_a_publish_that_is_lost_is_made_up_by_the_sweeper_within_two_minutes(bundle: Bundle) -> None:
    bundle.trouble("disk")
    with sqlite3.connect(bundle.folder / "opos.db") as database:
        database.execute("DELETE FROM messages")
    database.close()
    bundle.tick(seconds=30)
    assert bundle.pages() == []
    bundle.tick(seconds=30)
    assert bundle.pages() == ["Trouble disk"]
    assert bundle.docs("events")[0].data["state"] == "handled"


def test_a_page_that_is_refused_for_now_is_sent_by_the_sweeper(bundle: Bundle) -> None:
    bundle.desk.faults = [DeliveryError("timeout")]
    bundle.trouble("disk")
    bundle.settle()
    assert bundle.pages() == []
    bundle.tick(minutes=1)
    assert bundle.pages() == ["Trouble disk"]


def test_a_message_that_no_attempt_can_handle_becomes_a_dead_letter_and_a_page(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = bundle.trouble("disk").json["id"]
    real = bundle.pump.push
    monkeypatch.setattr(
        bundle.pump, "push", lambda function, *rest: 500 if function == "alert_router" else real(function, *rest)
    )
    bundle.tick(minutes=1)
    for _ in range(5):
        bundle.settle()
        bundle.clock.advance(minutes=10)
    monkeypatch.setattr(bundle.pump, "push", real)
    bundle.settle()
    assert [letter.data["event"] for letter in bundle.docs("dead_letters")] == [accepted]
    assert bundle.doc(f"events/{accepted}")["state"] == "dead"
    bundle.tick(minutes=1)
    assert bundle.pages() == ["opos could not process a message of alert-router"]


def test_what_is_signed_but_broken_is_kept_shown_and_comes_in_the_digest(bundle: Bundle) -> None:
    answer = bundle.send("app", {"type": "trouble", "data": {"severity": "critical", "title": []}})
    assert answer.status == 202
    event = bundle.doc(f"events/{answer.json['id']}")
    assert event["quarantine"] == "expected title to be text, found list"
    bundle.settle()
    bundle.tick(minutes=6)
    assert [notice.title for _, notice in bundle.inbox.sent] == ["A webhook from app failed validation"]


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"\xff\xfe\x00", b"[" * 100_000, b"NaN", b'{"type": "\\ud800", "data": {}}']
)
def test_any_signed_body_is_kept_as_it_came(bundle: Bundle, body: bytes) -> None:
    answer = bundle.send("app", body)
    assert answer.status == 202
    from shared.events import Event
    from shared.intake.body import raw_body

    stored = bundle.doc(f"events/{answer.json['id']}")
    assert raw_body(Event.model_validate({name: stored[name] for name in Event.model_fields})) == body
    bundle.settle()
    assert bundle.doc(f"events/{answer.json['id']}")["state"] == "handled"


def test_no_secret_and_no_unlisted_header_is_written_down_or_published(bundle: Bundle) -> None:
    bundle.send("alertmanager", {"status": "firing", "alerts": [], "groupKey": "g"})
    bundle.request(
        "POST", "/webhooks/alertmanager", b"{}",
        {"authorization": "Bearer am-token", "cookie": "planted-cookie", "x-api-key": "planted-key"},
    )  # fmt: skip
    kept = b"".join(path.read_bytes() for path in bundle.folder.glob("opos.db*"))
    for planted in (b"am-token", b"planted-cookie", b"planted-key", b"whsec_"):
        assert planted not in kept


def test_one_trace_runs_from_the_senders_header_to_the_event(bundle: Bundle) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"authorization": "Bearer am-token", "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    answer = bundle.request("POST", "/webhooks/alertmanager", b"{}", headers)
    assert bundle.doc(f"events/{answer.json['id']}")["trace"] == trace
