"""The sweeper's checks: a failure of two sweeps is an alert, and it resolves; while it lasts, pings may stop."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.sweeper.handler import sweep
from functions.sweeper.health_alerts import watch
from shared.config.model import Config
from shared.errors import DeliveryError
from shared.events import EventAccepted, Tick, iso
from shared.health.failures import FAILURES
from shared.health.report import amount
from shared.ports import Create, Delete
from shared.services.flags.overrides import override
from shared.services.health.check_runs import run_checks
from shared.services.health.checks.pipeline import SWEEP
from shared.services.health.checks.registry import all_checks
from tests.support.events import accepted, new_customer
from tests.support.fakes import CONFIG, FakeContext, FakeStore

MINUTE = timedelta(minutes=1)


def configured(**health: Any) -> FakeContext:
    more = {"health": health, "checker": {"ping": "CHECKER"}, "public_url": "https://opos.example"}
    return FakeContext(config=Config.model_validate({**CONFIG, **more}))


def sweeps(context: FakeContext, count: int) -> None:
    for _ in range(count):
        context.clock.advance(minutes=1)
        sweep(Tick(), context)


def said(context: FakeContext) -> list[tuple[str, str, str]]:
    """The alerts of the checks: failure, status and severity."""
    events = {one.id: one for one in context.bus.published if isinstance(one, EventAccepted)}
    found = [one.signals[0] for one in events.values() if one.type == "health"]
    return [(one.fingerprint.removeprefix("health:"), one.status, one.severity) for one in found if one.kind == "alert"]


def write(path: str, **data: Any) -> Callable[[FakeContext], None]:
    def make(context: FakeContext) -> None:
        moments = {name: iso(context.now - value) for name, value in data.items() if isinstance(value, timedelta)}
        context.store.commit([Create(path, {**data, **moments})])

    return make


def waits_for_digest(context: FakeContext) -> None:
    since = iso(context.now - timedelta(hours=1))
    pending = {"queue": "digest", "place": f"digest/{since}", "since": since}
    context.store.commit([Create("alerts/a", {"pending": pending})])


def unhandled(context: FakeContext) -> None:
    accepted(context, "d1", new_customer())
    context.clock.advance(minutes=6)


def overridden(context: FakeContext) -> None:
    until = context.now + timedelta(days=9)
    override("checkout", "off", context.store, who="me", why="x", until=until, now=context.now - timedelta(days=2))


def certified(**left: float) -> Callable[[FakeContext], None]:
    def make(context: FakeContext) -> None:
        context.certificates["opos.example"] = context.now + timedelta(**left)

    return make


def skewed(context: FakeContext) -> None:
    context.offset = -timedelta(seconds=45)


def disk(context: FakeContext) -> None:
    context.free = 12.0


def without_memory(context: FakeContext) -> None:
    health = context.config.health.model_copy(update={"memory_threshold_mb": 1})
    context.config = context.config.model_copy(update={"health": health})


def secret(context: FakeContext) -> None:
    context.config = context.config.model_copy(update={"rotate_by": {"GITHUB_SECRET": context.now.date()}})


def damaged(context: FakeContext) -> None:
    context.is_damaged = True


def exposed(context: FakeContext) -> None:
    context.exposed = ["opos.db", "signing.key"]


def unreadable(context: FakeContext) -> None:
    context.broken_flags = "flags.yaml:1: expected a mapping; found a text"


AGED = timedelta(minutes=6)
BROKEN: dict[str, tuple[str, Callable[[FakeContext], None]]] = {
    "an accepted event that nobody handles": ("events-unhandled", unhandled),
    "a page that does not leave": ("outbox-stuck", write("outbox/o", created_at=AGED, due_at="9999", state="pending")),
    "a worker's lease that nobody takes over": ("outbox-stuck", write("digests/d", created_at=MINUTE, due_at=AGED)),
    "a digest that was not closed": ("digest-late", waits_for_digest),
    "a digest that does not leave": ("digest-late", write("digests/d", created_at=AGED, due_at="9999")),
    "a webhook in quarantine": ("events-quarantined", write("events/e", quarantine="no title", state="handled")),
    "a page that was refused": ("pages-refused", write("outbox/o", state="failed")),
    "a page that was given up": ("pages-refused", write("outbox/o", state="parked")),
    "a digest that was refused": ("digests-refused", write("digests/d", state="failed")),
    "a flag overridden for a day": ("flag-overridden", overridden),
    "a certificate that ends soon": ("certificate-ends", certified(days=13)),
    "a certificate that has ended": ("certificate-ends", certified(days=-1)),
    "a clock that is wrong": ("clock-skewed", skewed),
    "a disk that is nearly full": ("disk-full", disk),
    "memory over its threshold": ("memory-high", without_memory),
    "a secret whose day has come": ("secret-due", secret),
    "a flags file with an error": ("flags-unreadable", unreadable),
    "a damaged data file": ("data-file-damaged", damaged),
    "a data file that others can read": ("data-file-exposed", exposed),
}


@pytest.mark.parametrize("problem", BROKEN)
def test_a_failure_that_lasts_is_one_alert_of_its_name_and_severity(problem: str) -> None:
    failure, break_it = BROKEN[problem]
    context = configured(clock="https://time.example")
    context.offset = timedelta()
    break_it(context)
    for _ in range(4):
        context.clock.advance(seconds=1)
        silently(context)
    assert said(context) == [(failure, "firing", FAILURES[failure].severity)]
    assert failure in {result.failure for result in run_checks(all_checks(context), context)}


def silently(context: FakeContext) -> None:
    """A sweep that only runs the checks and recovers nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.sweeper.health_alerts.AlertsBlockedError", ZeroDivisionError)
        try:
            watch(context)
        except ZeroDivisionError:
            return


@pytest.mark.parametrize(
    "make",
    [
        certified(days=15), write("outbox/o", created_at=timedelta(minutes=4), due_at="9999", state="pending"),
        write("outbox/o", state="sent"), write("heartbeats/h", missed_at=None),
    ],
)  # fmt: skip
def test_checks_that_pass_raise_no_alert(make: Callable[[FakeContext], None]) -> None:
    context = configured()
    make(context)
    for _ in range(3):
        watch(context)
    assert said(context) == []


def test_a_check_that_passes_again_resolves_its_alert() -> None:
    context = configured()
    context.store.commit([Create("outbox/o", {"state": "failed"})])
    sweeps(context, 3)
    (doc,) = [one for one in context.store.query("outbox") if one.id == "o"]
    context.store.commit([Delete(doc.path, doc.version)])
    sweeps(context, 3)
    told = [one for one in said(context) if one[0] == "pages-refused"]  # nobody handles what is said here
    assert told == [("pages-refused", "firing", "critical"), ("pages-refused", "resolved", "critical")]


def test_what_the_first_sweep_after_a_pause_recovers_is_no_alert() -> None:
    context = configured()
    waits_for_digest(context)
    context.clock.advance(hours=10)
    sweep(Tick(), context)
    (doc,) = context.store.query("alerts")
    context.store.commit([Delete(doc.path, doc.version)])
    sweeps(context, 3)
    assert said(context) == []


def test_each_time_it_breaks_is_an_alert_of_its_own() -> None:
    context = configured()
    for _ in range(2):
        context.free = 1.0
        sweeps(context, 2)
        context.free = 9000.0
        sweeps(context, 2)
    assert [status for name, status, _ in said(context) if name == "disk-full"] == ["firing", "resolved"] * 2


def test_a_failure_that_blocks_alerts_stops_the_pings_to_the_dead_mans_switch() -> None:
    context = configured()
    sweeps(context, 1)
    assert context.called == ["CHECKER"]
    context.store.commit([Create("outbox/o", {"created_at": iso(context.now), "due_at": "9999", "state": "pending"})])
    sweeps(context, 8)
    assert len(context.called) < 8
    before = len(context.called)
    (doc,) = [one for one in context.store.query("outbox") if one.id == "o"]
    context.store.commit([Delete(doc.path, doc.version)])
    sweeps(context, 1)
    assert len(context.called) == before + 1


def test_every_sweep_is_stored_and_a_stopped_sweeper_fails_in_the_report() -> None:
    context = configured()
    sweeps(context, 1)
    assert context.store.docs[SWEEP].data["at"] == iso(context.now)
    context.clock.advance(minutes=5)
    failed = {result.failure: result for result in run_checks(all_checks(context), context) if result.status == "fail"}
    assert set(failed) == {"sweeper-stopped"}
    sweep(Tick(), context)
    assert not [result for result in run_checks(all_checks(context), context) if result.status == "fail"]


def test_a_bundle_that_has_just_begun_is_given_time_for_its_first_sweep() -> None:
    context = configured()
    context.uptime_seconds = 299
    assert "sweeper-stopped" not in {result.failure for result in run_checks(all_checks(context), context)}
    context.uptime_seconds = 300
    assert "sweeper-stopped" in {result.failure for result in run_checks(all_checks(context), context)}


def test_two_sweeps_at_the_same_time_raise_one_alert() -> None:
    context = configured()
    context.free = 1.0
    sweeps(context, 1)
    stale = FakeStore(docs=dict(context.store.docs))
    sweeps(context, 1)
    other = FakeContext(store=stale, config=context.config, free=1.0)
    other.store.commits = []
    assert len(said(context)) == 1
    other.clock.moment = context.now
    sweep(Tick(), other)
    assert said(other) == said(context)
    ids = {one.id for one in [*context.bus.published, *other.bus.published] if isinstance(one, EventAccepted)}
    assert len(ids) == 1


def test_an_alert_leads_to_its_runbook() -> None:
    context = configured(runbooks="https://github.example/docs/runbooks/")
    context.free = 1.0
    sweeps(context, 2)
    (event,) = [one for one in context.bus.published if isinstance(one, EventAccepted)]
    (alert,) = event.signals
    assert alert.kind == "alert"
    assert alert.runbook == "https://github.example/docs/runbooks/disk-full.md"
    assert "docs/runbooks/disk-full.md" in alert.summary
    assert "disk:free is 1 MiB" in alert.summary


def test_certificates_and_the_clock_are_checked_every_ten_minutes_and_the_disk_every_minute() -> None:
    context = configured(clock="https://time.example")
    certified(days=90)(context)
    context.offset, context.free = timedelta(), 1000.0
    sweeps(context, 1)
    context.offset, context.free = timedelta(minutes=1), 900.0
    sweeps(context, 9)
    seen = context.store.docs[SWEEP].data["outside"]
    assert (seen["clock"], seen["free_mb"]) == (0.0, 900.0)
    sweeps(context, 1)
    assert context.store.docs[SWEEP].data["outside"]["clock"] == 60.0


def test_the_months_events_are_counted_once_an_hour_and_what_they_cost_is_shown() -> None:
    context = configured()
    for number in range(3):
        accepted(context, f"d{number}", new_customer())
    sweeps(context, 1)
    accepted(context, "later", new_customer())
    sweeps(context, 50)
    values = {result.name: result.value for result in run_checks(all_checks(context), context)}
    assert values["events:thisMonth"] == 3
    assert values["cost:monthToDate"] >= 0
    sweeps(context, 10)
    values = {result.name: result.value for result in run_checks(all_checks(context), context)}
    assert values["events:thisMonth"] >= 4


def test_a_failure_whose_check_could_not_run_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    context = configured()
    context.store.commit([Create("outbox/o", {"state": "failed"})])
    sweeps(context, 2)
    with monkeypatch.context() as patch:
        patch.setattr("shared.services.health.checks.pipeline.backlogs", lambda _context: 1 / 0)
        sweeps(context, 1)
    sweeps(context, 1)
    assert [one for one in said(context) if one[0] == "pages-refused"] == [("pages-refused", "firing", "critical")]
    assert context.called[1:] == []


def test_a_channel_that_does_not_answer_the_sweeper_raises_an_alert_which_resolves_when_it_answers() -> None:
    context = configured()
    context.channels["inbox"].faults.append(DeliveryError("unreachable"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.services.health.checks.external.FRESH", -1.0)
        sweeps(context, 3)
        assert said(context) == [("channel-unreachable", "firing", "warning")]
        context.channels["inbox"].faults.clear()
        sweeps(context, 11)
    told = [status for name, status, _ in said(context) if name == "channel-unreachable"]
    assert told == ["firing", "resolved"]


def test_a_heartbeat_that_is_no_longer_configured_is_not_missed() -> None:
    context = configured()
    context.store.commit([Create("heartbeats/gone", {"missed_at": iso(context.now)})])
    values = {result.name: result.value for result in run_checks(all_checks(context), context)}
    assert values["heartbeats:missed"] == 0


def test_a_measurement_reads_as_a_person_says_it() -> None:
    said = [amount(1, "items"), amount(2, "items"), amount(372, "s"), amount(0.5, "s"), amount(1, "%")]
    assert said == ["1 item", "2 items", "6 min", "0.5 s", "1 %"]
