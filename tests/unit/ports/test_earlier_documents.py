"""What documents of earlier releases are today."""

import pytest

from shared.alerting.alert import AlertDoc
from shared.alerting.groups import GroupDoc
from shared.ports.earlier_documents import Completed, current
from shared.services.outbox.message import MessageDoc

BEGAN = "2026-11-21T09:00:00.000000Z"
ALERT = {
    "id": "a", "kind": "alert", "source": "app", "title": "Disk full", "severity": "critical", "state": "firing",
    "first_seen": BEGAN, "last_seen": BEGAN, "episode": 1, "labels": {"alertname": "DiskFull"},
}  # fmt: skip
GROUP = {"id": "g"}
MESSAGE = {
    "channel": "desk", "notice": {}, "state": "sent", "fence": 1, "attempts": 1, "created_at": BEGAN,
}  # fmt: skip


@pytest.mark.parametrize(
    ("collection", "earliest", "today"),
    [
        ("alerts", ALERT, AlertDoc),
        ("groups", GROUP, GroupDoc),
        ("outbox", MESSAGE, MessageDoc),
        ("digests", MESSAGE, MessageDoc),
    ],
)
def test_a_document_of_the_first_release_has_every_field_of_today(
    collection: str, earliest: dict[str, object], today: type
) -> None:
    complete = current(collection, dict(earliest))
    of_messages = {
        "expires_at", "turn", "content", "review", "members", "closed_by", "overviews", "addressee", "tried",
        "instead_of", "substitute",
    }  # fmt: skip
    optional = of_messages if today is MessageDoc else set()
    assert set(today.__annotations__) - optional <= complete.keys()
    assert isinstance(complete, Completed)
    assert current(collection, dict(complete)) == complete


def test_a_complete_document_is_returned_as_it_is() -> None:
    complete = dict(current("alerts", dict(ALERT)))
    assert current("alerts", complete) is complete
    assert current("probes", {"at": BEGAN}) == {"at": BEGAN}


def test_a_critical_alert_of_the_first_release_had_notified_when_it_fired() -> None:
    alert = current("alerts", {**ALERT, "resolved_at": "2026-11-21T09:05:00.000000Z"})
    assert (alert["told_at"], alert["asked"], alert["labels"]["source"]) == (BEGAN, True, "app")
    assert alert["episodes"] == [{"began": BEGAN, "told": BEGAN, "ended": "2026-11-21T09:05:00.000000Z"}]


@pytest.mark.parametrize(
    "pending", [{"channel": "desk", "since": BEGAN}, {"queue": "digest", "since": BEGAN, "reason": "x"}]
)
def test_an_item_that_waits_for_a_digest_keeps_its_place_in_the_queue(pending: dict[str, str]) -> None:
    waiting = current("alerts", {**ALERT, "pending": pending})["pending"]
    assert (waiting["queue"], waiting["place"], waiting["since"]) == ("digest", f"digest/{BEGAN}", BEGAN)
