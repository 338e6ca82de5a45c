"""What leaves the queue of a digest, and how the open alerts are in order after that."""

from datetime import timedelta

from functions.digest_sender.claims import without_muted
from shared.events import iso
from shared.ports import Create
from shared.ports.terms import KNOWN, alert_index, urgency_of
from tests.support.alerts import fired
from tests.support.fakes import FakeContext


def test_a_critical_alert_that_a_digest_finds_silenced_moves_behind_those_that_need_you(context: FakeContext) -> None:
    now = context.now
    silence = {
        "matchers": ["source=app"], "author": "me", "comment": "known", "starts_at": iso(now - timedelta(hours=1)),
        "ends_at": iso(now + timedelta(hours=1)),
    }  # fmt: skip
    alert = {**fired("a1"), "pending": {"queue": "digest", "since": iso(now), "place": "", "reason": "", "by": None}}
    context.store.commit([Create("silences/s1", silence), Create("alerts/a1", {**alert, **alert_index(alert)})])
    assert without_muted(list(context.store.query("alerts")), context) == []
    moved = context.store.docs["alerts/a1"].data
    assert (moved["held"]["by"], urgency_of(moved), moved["urgency"]) == ("silence", KNOWN, f"{KNOWN.begin}{iso(now)}")
