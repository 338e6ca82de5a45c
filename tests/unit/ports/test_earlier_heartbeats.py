"""A heartbeat of an earlier release, read by this one."""

import pytest

from shared.intake.heartbeats import new_beat
from shared.ports.earlier_documents import current

PINGED = {"name": "backup", "last_seen": "2026-11-20T09:00:00.000000Z", "due_at": None, "missed_at": None}


@pytest.mark.parametrize("field", ["due_at", "missed_at"])
def test_its_schedule_counts_from_its_last_ping(field: str) -> None:
    today = current("heartbeats", {**PINGED, field: "2026-11-20T10:00:00.000000Z"})
    assert today["since"] == PINGED["last_seen"]
    assert today.keys() == new_beat("backup").keys()


def test_one_that_was_off_its_schedule_begins_anew() -> None:
    assert current("heartbeats", PINGED)["since"] is None
