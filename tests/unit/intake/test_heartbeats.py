"""What a ping and a sweep make of a heartbeat: pure, so time and schedules are drawn."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.model import Heartbeat
from shared.errors import Malformed, NotFound
from shared.intake.heartbeat_alerts import last_lines
from shared.intake.heartbeats import EARLY, Beat, due_at, new_beat, resumed, state, swept, with_due
from shared.intake.pings import BODY_KEPT, Ping, pinged, read_ping
from shared.values.cron import next_moment
from shared.values.http import HttpRequest
from shared.values.timestamps import iso

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
RUN = "6c0e0a6e-7b1f-4f6c-9a6e-3f6f3f1f6f3f"
OTHER = "11111111-2222-4333-8444-555555555555"
SCHEDULES = st.sampled_from(
    [
        Heartbeat(), Heartbeat.model_validate({"every": "5m", "grace": "1m"}), Heartbeat.model_validate({"every": "3d"}),
        Heartbeat.model_validate({"cron": "0 3 * * *", "grace": "30m"}), Heartbeat.model_validate({"cron": "*/10 * * * *"}),
    ]
)  # fmt: skip


def beat(*pings: Ping, at: datetime = NOON) -> Beat:
    """A heartbeat with *pings*, one a minute, the first at *at*."""
    known = new_beat("backup")
    for number, ping in enumerate(pings):
        known = pinged(known, ping, at + timedelta(minutes=number))
    return known


def after_sweep(known: Beat, heartbeat: Heartbeat, minutes: int) -> Beat:
    return swept(known, heartbeat, now=NOON + timedelta(minutes=minutes), zone="UTC")


@given(SCHEDULES, SCHEDULES, st.integers(0, 10_000), st.integers(0, 60))
def test_todays_schedule_alone_decides_whatever_was_in_force_before(
    before: Heartbeat, today: Heartbeat, minutes: int, more: int
) -> None:
    known = beat(Ping())
    changed = after_sweep(after_sweep(known, before, minutes), today, minutes + more)
    never = after_sweep(known, today, minutes + more)
    assert (changed["due_at"], bool(changed["missed_at"])) == (never["due_at"], bool(never["missed_at"]))


@pytest.mark.parametrize(("seconds", "counts"), [(1, True), (60, True), (61, False)])
def test_a_ping_shortly_before_its_cron_time_counts_for_it(seconds: int, counts: bool) -> None:  # noqa: FBT001
    daily = Heartbeat.model_validate({"cron": "0 12 * * *", "grace": "5m"})
    due = due_at(daily, beat(Ping(), at=NOON - timedelta(seconds=seconds)), zone="UTC")
    assert due == NOON + timedelta(days=counts, minutes=5)


@given(st.integers(0, 86_400), st.sampled_from(["* * * * *", "*/2 * * * *", "0 3 * * *"]))
def test_no_tolerance_skips_a_cron_time_that_is_further_than_half_the_interval(seconds: int, cron: str) -> None:
    ping = NOON + timedelta(seconds=seconds)
    due = due_at(Heartbeat.model_validate({"cron": cron, "grace": "0s"}), beat(Ping(), at=ping), zone="UTC")
    first = next_moment(cron, ping, zone="UTC")
    second = next_moment(cron, first, zone="UTC")
    assert due == (second if first - ping <= min(EARLY, (second - first) / 2) else first)


def test_without_any_ping_the_next_cron_time_counts_however_near_it_is() -> None:
    daily = Heartbeat.model_validate({"cron": "0 12 * * *", "grace": "5m"})
    first = swept(new_beat("backup"), daily, now=NOON - timedelta(seconds=5), zone="UTC")
    assert first["due_at"] == iso(NOON + timedelta(minutes=5))


def test_a_run_that_lasts_longer_than_the_grace_is_late_even_without_a_schedule() -> None:
    started = beat(Ping(), Ping("start"))
    for heartbeat in (Heartbeat(), Heartbeat.model_validate({"every": "1d"})):
        assert state(after_sweep(started, heartbeat, 5)) == "running"
        assert state(after_sweep(started, heartbeat, 6)) == "late"


@pytest.mark.parametrize("order", set(permutations(["start", "success"] * 2)))
def test_a_start_that_arrives_after_the_end_of_its_run_starts_nothing(order: tuple[Any, ...]) -> None:
    """Two runs; the first pings of each kind are those of the first run."""
    seen: dict[str, int] = {"start": 0, "success": 0}
    pings = []
    for kind in order:
        pings.append(Ping(kind, run=(RUN, OTHER)[seen[kind]]))
        seen[kind] += 1
    assert (beat(*pings)["runs"], state(beat(*pings))) == ({}, "up")


def test_each_of_two_runs_that_overlap_has_its_own_time() -> None:
    overlapping = beat(Ping("start", run=RUN), Ping("start", run=OTHER), Ping(run=RUN))
    assert (overlapping["took"], set(overlapping["runs"])) == (120, {OTHER})
    assert pinged(overlapping, Ping("fail", run=OTHER), NOON + timedelta(minutes=10))["took"] == 540


def test_a_success_that_is_sent_again_keeps_the_time_of_its_run() -> None:
    again = beat(Ping("start", run=RUN), Ping(run=RUN), Ping(run=RUN))
    assert (again["took"], state(again)) == (60, "up")


def test_a_success_without_an_id_ends_every_run_and_one_three_days_later_has_no_run_time() -> None:
    started = beat(Ping("start"), Ping("start", run=RUN))
    assert pinged(started, Ping(), NOON + timedelta(minutes=5))["runs"] == {}
    assert pinged(started, Ping(), NOON + timedelta(hours=72))["took"] == 72 * 3600
    assert pinged(started, Ping(), NOON + timedelta(hours=73))["took"] is None


@given(st.lists(st.sampled_from(["start", "fail", "success", "log"]), max_size=30), st.booleans())
def test_a_document_stays_small_and_a_log_changes_only_the_count(kinds: list[Any], named: bool) -> None:  # noqa: FBT001
    pings = [Ping(kind, run=str(UUID(int=number)) if named else "") for number, kind in enumerate(kinds)]
    known = beat(*pings)
    assert (known["pings"], len(known["runs"]) <= 10, len(known["ended"]) <= 10) == (len(kinds), True, True)
    assert pinged(known, Ping("log"), NOON + timedelta(days=9)) == {**known, "pings": len(kinds) + 1}


def test_a_failure_lasts_until_a_success_and_keeps_its_beginning() -> None:
    failing = beat(Ping("fail", 1), Ping("start"), Ping("fail", 2))
    assert (state(failing), failing["failed_at"]) == ("failing", iso(NOON))
    assert state(pinged(failing, Ping("log"), NOON)) == "failing"
    assert state(pinged(failing, Ping(), NOON)) == "up"


def test_after_an_outage_a_ping_that_was_not_overdue_before_has_its_grace_once() -> None:
    heartbeat = Heartbeat.model_validate({"every": "1h", "grace": "10m"})

    def back(known: Beat, last_sweep: int, minutes: int) -> Beat:
        sweep, now = NOON + timedelta(minutes=last_sweep), NOON + timedelta(minutes=minutes)
        return with_due(resumed(known, heartbeat, last_sweep=sweep, now=now, zone="UTC"), heartbeat, zone="UTC")

    first = back(beat(Ping()), 30, 90)
    assert first["due_at"] == iso(NOON + timedelta(minutes=100))
    assert back(first, 91, 99)["due_at"] == first["due_at"]
    assert back(beat(Ping()), 71, 90)["due_at"] == iso(NOON + timedelta(minutes=70))  # it was overdue before
    assert back(beat(Ping()), 30, 65)["due_at"] == iso(NOON + timedelta(minutes=75))  # it would have been due soon


@pytest.mark.parametrize(
    ("word", "kind", "code"),
    [("", "success", None), ("fail", "fail", None), ("start", "start", None), ("log", "log", None), ("0", "success", 0),
     ("1", "fail", 1), ("255", "fail", 255)],
)  # fmt: skip
def test_the_end_of_the_address_says_what_the_ping_means(word: str, kind: str, code: int | None) -> None:
    ping = read_ping(word, HttpRequest("POST", "/", query={"rid": RUN.upper()}, body=b"done"), [])
    assert ping == Ping(kind, code, RUN, "done", 4)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "word", ["256", "-1", "1e1", "00000000000000001", "Fail", "success", "\u0661", " 1", "start/x"]
)
def test_any_other_end_names_those_that_there_are(word: str) -> None:
    with pytest.raises(NotFound) as raised:
        read_ping(word, HttpRequest("POST", "/"), [])
    assert "/start, /fail, /log or an exit code from 0 to 255" in str(raised.value.hint)


def test_a_run_id_that_is_no_uuid_is_an_error_that_does_not_repeat_it() -> None:
    with pytest.raises(Malformed, match="expected a UUID") as raised:
        read_ping("", HttpRequest("GET", "/", query={"rid": "hunter2"}), [])
    assert "hunter2" not in f"{raised.value.message} {raised.value.hint}"


def test_the_end_of_a_long_body_is_kept_as_text_and_a_secret_in_it_is_not() -> None:
    body = b"s3cret" + "\u00e9".encode() * BODY_KEPT + b" s3cret end"
    ping = read_ping("fail", HttpRequest("POST", "/", body=body), ["s3cret", ""])
    assert ping.body.endswith("\u00e9 (not stored) end")
    assert not ping.body.startswith("\ufffd")
    assert (ping.size, len(ping.body.encode()) <= BODY_KEPT, "s3cret" in ping.body) == (len(body), True, False)
    assert read_ping("", HttpRequest("POST", "/", body=b"\xff\x00ok"), []).body == "\ufffd\x00ok"


@given(st.text(max_size=40), st.integers(1, 90))
def test_an_alert_quotes_the_last_lines_on_one_line_of_bounded_length(text: str, times: int) -> None:
    quoted = last_lines(text * times)
    assert len(quoted) <= 1001
    assert "\n" not in quoted
    assert last_lines("one\n\n" + "two\n" * 9 + "  \nend ") == "two | " * 9 + "end"


def test_a_run_that_died_is_over_once_the_job_has_run_again() -> None:
    daily = Heartbeat.model_validate({"every": "1d", "grace": "1h"})
    died = swept(beat(Ping("start", run=RUN)), daily, now=NOON + timedelta(hours=2), zone="UTC")
    assert died["missed_at"]
    begun = pinged(died, Ping("start", run=OTHER), NOON + timedelta(hours=3))
    again = pinged(begun, Ping("success", run=OTHER), NOON + timedelta(hours=4))
    assert not swept(again, daily, now=NOON + timedelta(hours=9), zone="UTC")["missed_at"]


def test_a_secret_in_a_body_is_not_kept_whatever_its_case() -> None:
    request = HttpRequest("POST", "/", body=f"curl https://x/{RUN.upper()}".encode())
    assert RUN.upper() not in read_ping("log", request, [RUN]).body
