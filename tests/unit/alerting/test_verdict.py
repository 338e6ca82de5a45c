"""Whether an alert interrupts, is held back or waits for the digest; and why."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.alerting.alert import AlertDoc
from shared.alerting.focus import Focus, Period
from shared.alerting.groups import GroupDoc, page_now, waiting
from shared.alerting.hold_reasons import Verdict
from shared.alerting.inhibition import Inhibition, InhibitRule
from shared.alerting.places import courses_of
from shared.alerting.routes import route, storm_id
from shared.alerting.silences import Silence
from shared.alerting.situation import Situation
from shared.alerting.time_intervals import TimeInterval
from shared.alerting.verdict import Judged, judge, judge_all
from shared.events import iso
from tests.support.alerts import SomeRules, fired, situation

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WARNINGS = {"interrupt_from": "warning"}


RULES = ("time_intervals", "inhibition", "focus")


def around(now: datetime = NOW, **more: Any) -> dict[str, Any]:
    """The time, and what of the rules and of the world differs from a quiet day."""
    return {"now": now, **more}


def in_situation(around: dict[str, Any] | None, root: dict[str, Any]) -> Situation:
    given = around or {"now": NOW}
    rules = SomeRules(root, **{name: given[name] for name in RULES if name in given})
    world = {name: value for name, value in given.items() if name not in {*RULES, "now"}}
    return situation(given["now"], rules, **world)


def verdict(alert: AlertDoc, around: dict[str, Any] | None = None, **root: Any) -> Verdict:
    given = in_situation(around, root)
    return judge(alert, route(given.rules.routes, alert["labels"]), given)


def test_a_critical_alert_interrupts_at_once_and_a_warning_waits_for_the_digest() -> None:
    assert verdict(fired()).path == "page"
    assert verdict(fired(severity="warning")) == Verdict("digest", "warning, waits for the digest", "severity")


def test_a_route_says_from_which_severity_it_interrupts() -> None:
    assert verdict(fired(severity="warning"), **WARNINGS).path == "page"
    assert verdict(fired(), interrupt_from="never") == Verdict(
        "digest", "critical, its route never interrupts", "severity"
    )


def test_within_the_pause_of_its_route_an_alert_is_held_until_it_has_lasted() -> None:
    held = verdict(fired(), auto_pause="5m")
    assert (held.path, held.by, held.until) == ("hold", "pause", NOW + 5 * MINUTE)
    assert verdict(fired(), around(NOW + 5 * MINUTE), auto_pause="5m").path == "page"


def flapping(severity: str, times: int) -> AlertDoc:
    starts = [iso(NOW - n * MINUTE) for n in range(times, -1, -1)]
    return {**fired(severity=severity), "episodes": [{"began": start} for start in starts]}


@pytest.mark.parametrize("root", [{}, WARNINGS])
def test_a_warning_that_flaps_is_told_only_when_it_holds(root: dict[str, str]) -> None:
    held = verdict(flapping("warning", 3), **root)
    assert (held.path, held.by, held.until) == ("hold", "flapping", NOW + 10 * MINUTE)
    assert verdict(flapping("warning", 3), around(NOW + 10 * MINUTE), **root).by != "flapping"
    assert verdict(flapping("warning", 2), **root).by != "flapping"


def test_a_critical_alert_that_flaps_is_never_damped() -> None:
    assert verdict(flapping("critical", 9)).path == "page"


NIGHT = {"night": [TimeInterval.model_validate({"times": [{"start_time": "08:00", "end_time": "09:30"}]})]}


def on(key: str) -> dict[str, Any]:
    return {"routes": [{"matchers": ["source=app"], key: ["night"]}]}


def test_what_is_muted_is_held_until_the_interval_ends() -> None:
    held = verdict(fired(), around(time_intervals=NIGHT), **on("mute_time_intervals"))
    assert (held.path, held.reason, held.until) == ("hold", "muted during night", NOW + 30 * MINUTE)
    later = around(NOW + 30 * MINUTE, time_intervals=NIGHT)
    assert verdict(fired(), later, **on("mute_time_intervals")).path == "page"


def test_outside_its_active_intervals_a_route_holds_back() -> None:
    assert verdict(fired(), around(time_intervals=NIGHT), **on("active_time_intervals")).path == "page"
    held = verdict(fired(), around(NOW + 31 * MINUTE, time_intervals=NIGHT), **on("active_time_intervals"))
    assert (held.path, held.reason) == ("hold", "muted outside night")


def test_an_alert_that_takes_a_second_route_is_told_where_that_one_has_no_objection() -> None:
    routes = [
        {"matchers": ["source=app"], "continue": True, "mute_time_intervals": ["night"]},
        {"matchers": ["source=app"]},
    ]
    assert verdict(fired(), around(time_intervals=NIGHT), routes=routes).path == "page"


def silence(*matchers: str, **more: Any) -> Silence:
    said = {"id": "s1", "author": "me", "comment": "new disk", "starts_at": NOW, "ends_at": NOW + 60 * MINUTE}
    return Silence(matchers=matchers, **{**said, **more})


def test_a_silenced_alert_is_held_until_its_silence_ends_and_says_whose_it_is() -> None:
    held = verdict(
        fired(), around(known_silences=[silence("source=app"), silence("source=app", ends_at=NOW + 90 * MINUTE)])
    )
    assert (held.by, held.until) == ("silence", NOW + 90 * MINUTE)
    assert held.reason == "silenced by me until 2026-11-20T10:30:00.000000Z: new disk"


@pytest.mark.parametrize(
    "other",
    [silence("source=other"), silence("source=app", starts_at=NOW + MINUTE), silence("source=app", ends_at=NOW)],
    ids=["of another", "to come", "over"],
)
def test_no_other_silence_holds_it(other: Silence) -> None:
    assert verdict(fired(), around(known_silences=[other])).path == "page"


def inhibited(rule: dict[str, Any], target: AlertDoc, *sources: AlertDoc) -> Verdict:
    inhibition = Inhibition([InhibitRule.model_validate(rule)])
    return verdict(target, around(inhibition=inhibition, known_inhibitors=sources))


RULE = {"source_matchers": ["alertname=Down"], "target_matchers": ["alertname=Slow"], "equal": ["host"]}


def slow(**labels: str) -> AlertDoc:
    return fired("slow", title="Slow", labels={"alertname": "Slow", **labels})


def down(**labels: str) -> AlertDoc:
    return fired("down", title="Host is down", labels={"alertname": "Down", **labels})


def test_an_alert_is_inhibited_while_its_source_fires_with_equal_labels() -> None:
    held = inhibited(RULE, slow(host="a"), down(host="b"), down(host="a"))
    assert (held.by, held.reason, held.until) == ("inhibition", "inhibited by Host is down", NOW + MINUTE)
    assert inhibited(RULE, slow(host="a"), down(host="b")).path == "page"
    assert inhibited(RULE, slow(), down()).by == "inhibition"


def test_an_alert_does_not_inhibit_itself_nor_one_that_matches_both_sides_like_it() -> None:
    both = {"source_matchers": ["alertname=~Down|Slow"], "target_matchers": ["alertname=~Down|Slow"]}
    assert inhibited(both, slow(), slow()).path == "page"
    assert inhibited(both, slow(), down()).path == "page"
    one_sided = {"source_matchers": ["alertname=~Down|Slow"], "target_matchers": ["alertname=Slow"]}
    assert inhibited(one_sided, slow(), down()).by == "inhibition"
    assert inhibited(one_sided, slow(), {**slow(), "id": "other"}).path == "page"


FOCUS = Focus.model_validate({"blocks": [{"name": "deep work", "days": "mon-fri", "from": "09:00", "to": "12:00"}]})


def test_in_a_focus_block_what_is_not_critical_waits_for_the_digest_with_the_reason() -> None:
    queued = verdict(fired(severity="warning"), around(focus=FOCUS), **WARNINGS)
    assert (queued.path, queued.reason) == ("digest", "warning during the focus block deep work: waits for the digest")
    assert verdict(fired(), around(focus=FOCUS)).path == "page"
    assert verdict(fired(severity="warning"), around(NOW + timedelta(hours=3), focus=FOCUS), **WARNINGS).path == "page"
    assert verdict(fired(severity="warning"), around(NOW + timedelta(days=1), focus=FOCUS), **WARNINGS).path == "page"


def test_a_block_that_does_not_recur_spares_attention_too() -> None:
    block = [Period("write the offer", NOW, NOW + MINUTE)]
    assert verdict(fired(severity="warning"), around(periods=block), **WARNINGS).by == "focus"
    assert verdict(fired(severity="warning"), around(NOW + MINUTE, periods=block), **WARNINGS).path == "page"


def test_beyond_the_budget_of_the_day_only_what_is_critical_interrupts() -> None:
    focus = Focus.model_validate({"budget": {"interruptions_per_day": 8}})
    this_morning = [NOW - timedelta(hours=2)] * 8
    spent = around(focus=focus, notified_at=this_morning)
    queued = verdict(fired(severity="warning"), spent, **WARNINGS)
    reason = "warning, and today's 8 interruptions are used up: waits for the digest"
    assert (queued.path, queued.reason) == ("digest", reason)
    assert verdict(fired(), spent).path == "page"
    assert verdict(fired(severity="warning"), around(focus=focus, notified_at=this_morning[1:]), **WARNINGS).path == (
        "page"
    )
    yesterday = around(focus=focus, notified_at=[NOW - timedelta(hours=10)] * 8)
    assert verdict(fired(severity="warning"), yesterday, **WARNINGS).path == "page"


def judged(alerts: Sequence[AlertDoc], around: dict[str, Any] | None = None, **root: Any) -> list[Judged]:
    return list(judge_all(alerts, in_situation(around, {"group_by": ["source", "alertname"], **root})))


def unlike(count: int) -> list[AlertDoc]:
    return [fired(f"a{n}", labels={"alertname": f"A{n}"}) for n in range(count)]


def just_now(count: int) -> list[datetime]:
    return [NOW - timedelta(seconds=1)] * count


def test_of_many_groups_so_many_notify_at_once_and_the_others_are_a_storm_of_their_own() -> None:
    alerts = judged(unlike(4), around(notified_at=just_now(3)))
    assert [alert.verdict.path for alert in alerts] == ["page", "page", "hold", "hold"]
    held = [alert for alert in alerts if alert.verdict.path == "hold"]
    assert {alert.alert["group"] for alert in held} == {storm_id(alerts[0].routes)}
    assert {alert.alert["calls_at"] for alert in held} == {iso(NOW + timedelta(seconds=30))}


def test_many_of_one_group_are_one_page() -> None:
    alerts = judged([fired(f"a{n}") for n in range(50)], around(notified_at=just_now(4)))
    assert {alert.verdict.path for alert in alerts} == {"page"}
    assert len({alert.alert["group"] for alert in alerts}) == 1


def paged(alert: Judged, at: datetime = NOW) -> dict[str, GroupDoc]:
    """The group of *alert*, whose first page went out *at* a time."""
    group = alert.alert["group"] or ""
    courses = courses_of(alert.routes, {})
    page = page_now(None, group, alert.matched, alert.alert["labels"], courses, at)
    return {group: page.group}


def test_a_group_that_was_notified_just_now_is_notified_again_after_its_interval() -> None:
    (first,) = judged([fired()])
    (held,) = judged([fired("other")], around(NOW + timedelta(seconds=59), groups=paged(first)))
    assert (held.verdict.by, held.alert["calls_at"]) == ("group", iso(NOW + MINUTE))
    (later,) = judged([fired("other")], around(NOW + MINUTE, groups=paged(first)))
    assert later.verdict.path == "page"


def flushed(alert: Judged, at: datetime) -> dict[str, GroupDoc]:
    """The group of *alert*, whose wait ends *at* a time."""
    group = alert.alert["group"] or ""
    return {group: waiting(None, group, alert.matched, alert.alert["labels"], at)}


def test_a_group_that_waits_for_others_is_notified_when_its_wait_ends() -> None:
    (held,) = judged([fired()], group_wait="30s")
    flush = NOW + timedelta(seconds=30)
    assert (held.verdict.by, held.verdict.until) == ("group", flush)
    groups = flushed(held, flush)
    (joined,) = judged([fired("other")], around(NOW + timedelta(seconds=20), groups=groups), group_wait="30s")
    assert joined.verdict.until == flush
    (paged,) = judged([fired()], around(flush, groups=groups), group_wait="30s")
    assert paged.verdict.path == "page"


def test_a_group_whose_wait_ended_with_nothing_left_to_notify_about_waits_again() -> None:
    (first,) = judged([fired()], group_wait="30s")
    (held,) = judged([fired()], around(groups=flushed(first, NOW - timedelta(hours=1))), group_wait="30s")
    assert held.verdict.until == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(("unanswered", "path"), [(True, "page"), (False, "hold")])
def test_a_group_that_nobody_has_to_answer_any_more_waits_for_others_again(unanswered: bool, path: str) -> None:  # noqa: FBT001
    (first,) = judged([fired()])
    groups = paged(first, NOW - timedelta(hours=1))
    (alert,) = judged([fired("other")], around(groups=groups, unanswered=unanswered), group_wait="30s")
    assert alert.verdict.path == path
