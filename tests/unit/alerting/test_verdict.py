"""Whether an alert interrupts, is held back or waits for the digest; and why."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.alerting.focus import Focus
from shared.alerting.hold_reasons import Surroundings, Verdict
from shared.alerting.muting import Inhibition, InhibitRule, Silence
from shared.alerting.routes import Route, compile_routes, flood_id, route
from shared.alerting.time_intervals import TimeInterval
from shared.alerting.verdict import Told, judge, tell_all
from shared.events import iso
from tests.support.alerts import fired

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WARNINGS = {"interrupt_from": "warning"}


def around(now: datetime = NOW, **more: Any) -> Surroundings:
    return Surroundings(**{"now": now, "zone": "UTC", "pages_left": 5, **more})


def verdict(alert: dict[str, Any], surroundings: Surroundings | None = None, **root: Any) -> Verdict:
    node = compile_routes(Route.model_validate({"channel": "desk", **root}))
    return judge(alert, route(node, alert["labels"]), surroundings or around())


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


def flapping(severity: str, times: int) -> dict[str, Any]:
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
    held = verdict(fired(), around(intervals=NIGHT), **on("mute_time_intervals"))
    assert (held.path, held.reason, held.until) == ("hold", "muted during night", NOW + 30 * MINUTE)
    later = around(NOW + 30 * MINUTE, intervals=NIGHT)
    assert verdict(fired(), later, **on("mute_time_intervals")).path == "page"


def test_outside_its_active_intervals_a_route_holds_back() -> None:
    assert verdict(fired(), around(intervals=NIGHT), **on("active_time_intervals")).path == "page"
    held = verdict(fired(), around(NOW + 31 * MINUTE, intervals=NIGHT), **on("active_time_intervals"))
    assert (held.path, held.reason) == ("hold", "muted outside night")


def test_an_alert_that_takes_a_second_route_is_told_where_that_one_has_no_objection() -> None:
    routes = [
        {"matchers": ["source=app"], "continue": True, "mute_time_intervals": ["night"]},
        {"matchers": ["source=app"]},
    ]
    assert verdict(fired(), around(intervals=NIGHT), routes=routes).path == "page"


def silence(*matchers: str, **more: Any) -> Silence:
    said = {"id": "s1", "author": "me", "comment": "new disk", "starts_at": NOW, "ends_at": NOW + 60 * MINUTE}
    return Silence(matchers=matchers, **{**said, **more})


def test_a_silenced_alert_is_held_until_its_silence_ends_and_says_whose_it_is() -> None:
    held = verdict(fired(), around(silences=[silence("source=app"), silence("source=app", ends_at=NOW + 90 * MINUTE)]))
    assert (held.by, held.until) == ("silence", NOW + 90 * MINUTE)
    assert held.reason == "silenced by me until 2026-11-20T10:30:00.000000Z: new disk"


@pytest.mark.parametrize(
    "other",
    [silence("source=other"), silence("source=app", starts_at=NOW + MINUTE), silence("source=app", ends_at=NOW)],
    ids=["of another", "to come", "over"],
)
def test_no_other_silence_holds_it(other: Silence) -> None:
    assert verdict(fired(), around(silences=[other])).path == "page"


def inhibited(rule: dict[str, Any], target: dict[str, Any], *sources: dict[str, Any]) -> Verdict:
    inhibition = Inhibition([InhibitRule.model_validate(rule)])
    return verdict(target, around(inhibition=inhibition, inhibitors=sources))


RULE = {"source_matchers": ["alertname=Down"], "target_matchers": ["alertname=Slow"], "equal": ["host"]}


def slow(**labels: str) -> dict[str, Any]:
    return fired("slow", title="Slow", labels={"alertname": "Slow", **labels})


def down(**labels: str) -> dict[str, Any]:
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
    told = verdict(fired(severity="warning"), around(focus=FOCUS), **WARNINGS)
    assert (told.path, told.reason) == ("digest", "warning during the focus block deep work: waits for the digest")
    assert verdict(fired(), around(focus=FOCUS)).path == "page"
    assert verdict(fired(severity="warning"), around(NOW + timedelta(hours=3), focus=FOCUS), **WARNINGS).path == "page"
    assert verdict(fired(severity="warning"), around(NOW + timedelta(days=1), focus=FOCUS), **WARNINGS).path == "page"


def test_a_block_that_does_not_recur_spares_attention_too() -> None:
    block = [("write the offer", NOW, NOW + MINUTE)]
    assert verdict(fired(severity="warning"), around(one_off=block), **WARNINGS).by == "focus"
    assert verdict(fired(severity="warning"), around(NOW + MINUTE, one_off=block), **WARNINGS).path == "page"


def test_beyond_the_budget_of_the_day_only_what_is_critical_interrupts() -> None:
    focus = Focus.model_validate({"budget": {"interruptions_per_day": 8}})
    spent = around(focus=focus, interruptions_left=0)
    told = verdict(fired(severity="warning"), spent, **WARNINGS)
    assert (told.path, told.reason) == ("digest", "warning beyond the 8 interruptions of today: waits for the digest")
    assert verdict(fired(), spent).path == "page"
    assert verdict(fired(severity="warning"), around(focus=focus, interruptions_left=1), **WARNINGS).path == "page"


def told(alerts: Sequence[dict[str, Any]], surroundings: Surroundings, **root: Any) -> list[Told]:
    node = compile_routes(Route.model_validate({"channel": "desk", "group_by": ["source", "alertname"], **root}))
    return list(tell_all([(alert, route(node, alert["labels"])) for alert in alerts], surroundings))


def unlike(count: int) -> list[dict[str, Any]]:
    return [fired(f"a{n}", labels={"alertname": f"A{n}"}) for n in range(count)]


def test_of_many_groups_so_many_interrupt_at_once_and_the_others_are_a_flood_of_their_own() -> None:
    found = told(unlike(4), around(pages_left=2))
    assert [one.verdict.path for one in found] == ["page", "page", "hold", "hold"]
    assert {one.alert["group"] for one in found if one.verdict.path == "hold"} == {flood_id(found[0].taken)}
    assert {one.alert["calls_at"] for one in found[2:]} == {iso(NOW + timedelta(seconds=30))}


def test_many_of_one_group_are_one_page() -> None:
    found = told([fired(f"a{n}") for n in range(50)], around(pages_left=1))
    assert {one.verdict.path for one in found} == {"page"}
    assert len({one.alert["group"] for one in found}) == 1


def test_a_group_that_was_told_just_now_is_told_again_after_its_interval() -> None:
    (first,) = told([fired()], around())
    group = {first.alert["group"]: {"paged_at": iso(NOW), "due_at": iso(NOW), "flush_at": None}}
    (held,) = told([fired("other")], around(NOW + timedelta(seconds=59), groups=group))
    assert (held.verdict.by, held.alert["calls_at"]) == ("group", iso(NOW + MINUTE))
    (paged,) = told([fired("other")], around(NOW + MINUTE, groups=group))
    assert paged.verdict.path == "page"


def test_a_group_that_waits_for_others_is_told_when_its_wait_is_over() -> None:
    (held,) = told([fired()], around(), group_wait="30s")
    assert (held.verdict.by, held.verdict.until) == ("group", NOW + timedelta(seconds=30))
    waits = {held.alert["group"]: {"paged_at": None, "due_at": None, "flush_at": iso(NOW + timedelta(seconds=30))}}
    (joined,) = told([fired("other")], around(NOW + timedelta(seconds=20), groups=waits), group_wait="30s")
    assert joined.verdict.until == NOW + timedelta(seconds=30)
    (paged,) = told([fired()], around(NOW + timedelta(seconds=30), groups=waits), group_wait="30s")
    assert paged.verdict.path == "page"


def test_a_group_whose_wait_had_nobody_left_to_tell_of_waits_anew() -> None:
    (first,) = told([fired()], around(), group_wait="30s")
    stale = {first.alert["group"]: {"paged_at": None, "due_at": None, "flush_at": iso(NOW - timedelta(hours=1))}}
    (held,) = told([fired()], around(groups=stale), group_wait="30s")
    assert held.verdict.until == NOW + timedelta(seconds=30)
