"""An alert that matches several routes: each decides for itself, and one acknowledgement is enough for all."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.alert_router.handler import handle
from opos.backups.restored_state import settle
from opos.history.what_if import History
from opos.importers.alertmanager.conversion import import_alertmanager
from shared.alerting.routes import route
from shared.alerting.verdict import judge_by_route
from shared.config.files.located_yaml import parse_yaml
from shared.config.files.route_tests import outcome
from shared.config.model import RouteTest
from shared.services.alerting.acknowledgement import act_on_group
from shared.services.alerting.replay_preview import ReplayPreview
from shared.services.alerting.route_explanation import explain_labels
from tests.support.alerts import SomeRules, fired, situation
from tests.support.fakes import FakeContext
from tests.support.timeline import LOUDER, alert, configured, docs, fire, group, minutes, titles
from tests.unit.opos.history.test_replay_preview import webhook

ONCE = {"after": {"levels": [{"channel": "friend", "after": "5m"}], "repeats": 1}}
"""An escalation with one level."""
NEVER = {"matchers": ["source=github"], "interrupt_from": "never", "channel": "friend", "digest": "other"}
PAGER = {"matchers": ["source=github"], "continue": True}
LABELS = {"source": "github", "severity": "critical"}


def routed(*routes: dict[str, Any], **sections: Any) -> FakeContext:
    digests = {name: {"channel": "inbox", "window": "5m"} for name in ("digest", "other")}
    return configured(route={"channel": "desk", "routes": list(routes)}, digest=digests, **sections)


def told(context: FakeContext) -> dict[str, int]:
    """How many messages each channel that got any has got."""
    sent = {name: len(titles(context, name)) for name in ("desk", "call", "friend")}
    return {name: count for name, count in sent.items() if count}


def later(context: FakeContext, count: int) -> None:
    """The sweep that comes *count* minutes later."""
    context.clock.advance(minutes=count - 1)
    minutes(context, 1)


@pytest.mark.parametrize("routes", [(PAGER, NEVER), ({**NEVER, "continue": True}, PAGER)], ids=["last", "first"])
def test_a_route_that_never_interrupts_stops_no_other_one(routes: tuple[dict[str, Any], ...]) -> None:
    context = routed(*routes)
    fire(context)
    assert (told(context), alert(context)["pending"]) == ({"desk": 1}, None)
    fire(context, "slow", severity="warning")
    assert alert(context, 1)["pending"]["queue"] == ("other" if routes[-1] is NEVER else "digest")


def test_what_never_notifies_does_not_divide_the_group_of_what_does() -> None:
    context = routed({**PAGER, "group_by": ["source"]}, {**NEVER, "group_by": ["..."]})
    fire(context, "a")
    fire(context, "b")
    later(context, 1)
    assert told(context) == {"desk": 2}
    assert len(docs(context, "groups")) == 1


def test_an_imported_receiver_without_integrations_is_silent_as_in_alertmanager() -> None:
    data = {
        "route": {
            "receiver": "mail",
            "group_wait": "0s",
            "routes": [
                {"receiver": "pager", "matchers": ['severity="critical"'], "continue": True},
                {"receiver": "nobody", "matchers": ['team="x"']},
            ],
        },
        "receivers": [{"name": name, "webhook_configs": [{}]} for name in ("mail", "pager")] + [{"name": "nobody"}],
    }
    imported = import_alertmanager(parse_yaml(json.dumps(data), "alertmanager.yml", as_text=True))
    rules = SomeRules({**imported.sections["route"], "group_wait": "0s"})
    crashed = fired(labels={"team": "x", "severity": "critical"})
    verdicts = judge_by_route(crashed, route(rules.routes, crashed["labels"]), situation(rules=rules))
    decided = [(node.settings.channel, verdict.path) for node, verdict in verdicts.by_route]
    assert decided == [("pager", "page"), ("nobody", "digest")]
    assert verdicts.verdict.path == "page"


def test_a_route_that_pauses_notifies_after_its_pause_unless_the_alert_is_acknowledged() -> None:
    for acknowledged in (False, True):
        context = routed({**PAGER, "channel": "call", "auto_pause": "5m"}, PAGER)
        fire(context)
        assert told(context) == {"desk": 1}
        if acknowledged:
            act_on_group(group(context), "acknowledge", context, by="link")
        later(context, 5)
        assert told(context) == ({"desk": 1} if acknowledged else {"desk": 1, "call": 1})


def test_an_alert_that_one_route_still_holds_waits_for_an_answer_all_the_same() -> None:
    context = routed({**PAGER, "channel": "call", "auto_pause": "15m"}, {**PAGER, "repeat_interval": "5m"})
    fire(context)
    later(context, 5)
    assert told(context) == {"desk": 2}


def test_the_shortest_ack_timeout_ends_an_acknowledgement_and_then_every_route_notifies_again() -> None:
    context = routed({**PAGER, "ack_timeout": "30m"}, {**PAGER, "channel": "call"}, {**NEVER, "ack_timeout": "1m"})
    fire(context)
    act_on_group(group(context), "acknowledge", context, by="link")
    later(context, 29)
    assert told(context) == {"desk": 1, "call": 1}
    later(context, 1)
    assert told(context) == {"desk": 2, "call": 2}


def test_an_alert_that_becomes_more_severe_notifies_every_route_again_that_interrupts_for_it() -> None:
    context = routed({**PAGER, "interrupt_from": "warning"}, {**PAGER, "channel": "call"})
    fire(context, severity="warning")
    assert told(context) == {"desk": 1}
    later(context, 1)
    fire(context)
    assert told(context) == {"desk": 2, "call": 1}


def test_a_route_that_is_muted_when_its_repeat_is_due_repeats_after_the_interval() -> None:
    noon = {"noon": [{"times": [{"start_time": "09:20", "end_time": "10:00"}]}]}
    sparing = {**PAGER, "channel": "call", "escalation": "once"}
    context = routed(
        {**PAGER, "mute_time_intervals": ["noon"]}, sparing, time_intervals=noon, escalations={"once": {"repeats": 0}}
    )
    fire(context)
    later(context, 30)
    later(context, 29)
    assert told(context) == {"desk": 1, "call": 1}
    later(context, 1)
    assert told(context) == {"desk": 2, "call": 1}


def test_a_resolve_counts_once_it_counts_for_each_route_that_notifies() -> None:
    context = routed(
        {**PAGER, "interrupt_from": "info", "success_threshold": 2}, PAGER, {**NEVER, "success_threshold": 9}
    )
    fire(context, severity="warning")
    states = []
    for _ in range(2):
        context.clock.advance(minutes=1)
        fire(context, severity="warning", status="resolved")
        states.append(alert(context)["state"])
    assert states == ["firing", "resolved"]


def test_explanations_and_route_tests_name_the_channels_that_the_router_notifies() -> None:
    context = routed({**PAGER, "channel": "call", "auto_pause": "5m"}, PAGER, NEVER)
    explained = explain_labels(LABELS, context)
    assert (explained.path, explained.channels) == ("page", ("desk",))
    assert explained.reason == (
        "notifies now; call later: paused until 2026-11-20T09:05:00.000000Z, in case it resolves on its own"
    )
    decisive = [reason.asked for reason in explained.reasons if reason.decides]
    assert decisive == ['route.0 (source="github"): auto_pause', 'route.2 (source="github"): severity']
    verdicts = outcome(RouteTest(labels=LABELS), context.config)
    assert (verdicts.verdict.path, [node.settings.channel for node in verdicts.routes]) == ("page", ["desk"])
    fire(context)
    assert told(context) == {"desk": 1}


def test_a_preview_and_a_what_if_say_what_the_router_and_the_sweeper_do() -> None:
    crash = {"matchers": ["alertname=Crash"], "continue": True}
    routes = ({**crash, "channel": "call", "auto_pause": "5m"}, crash, {**crash, "interrupt_from": "never"})
    context = routed(*routes, sources={"alertmanager": {"scheme": "bearer", "secrets": ["TOKEN"]}})
    context.secrets = {"TOKEN": "token"}
    message = webhook(context, "Crash", "critical")
    (event,) = docs(context, "events")
    (preview,) = ReplayPreview(context.store, context.config, context.now).replay([event])
    assert [decision["path"] for decision in preview.decisions] == ["page"]
    what_if = History(context.config).run([event], until=context.now + timedelta(minutes=6))
    handle(message, context)
    assert preview.decisions == docs(context, "events")[0].data["handled"]["alert_router"]["decisions"]
    later(context, 6)
    assert sum(page.messages for page in what_if.pages) == sum(told(context).values()) == 2


def test_a_group_of_an_earlier_release_goes_on_at_its_level() -> None:
    context = routed(
        {**PAGER, "escalation": "me"},
        escalations={"me": {"levels": [{"channel": "call", "after": "5m"}, {"channel": "friend", "after": "5m"}]}},
    )
    fire(context)
    later(context, 5)
    (doc,) = docs(context, "groups")
    context.store.docs[doc.path] = doc._replace(data={**doc.data, "courses": {}})
    later(context, 5)
    assert told(context) == {"desk": 1, "call": 1, "friend": 1}


def timeline(context: FakeContext, count: int) -> list[tuple[int, str]]:
    """What each channel gets in each of the next *count* minutes."""
    notified = []
    for minute in range(1, count + 1):
        before = told(context)
        minutes(context, 1)
        notified += [(minute, name) for name, sent in told(context).items() if sent > before.get(name, 0)]
    return notified


def mute(start: str, end: str) -> dict[str, Any]:
    return {"timezone": "UTC", "time_intervals": {"mute": [{"times": [{"start_time": start, "end_time": end}]}]}}


MUTED = {**PAGER, "mute_time_intervals": ["mute"]}


def test_the_mute_of_one_route_does_not_put_off_the_end_of_the_pause_of_another() -> None:
    paused = {**PAGER, "channel": "call", "auto_pause": "15m", "escalation": "after"}
    context = routed({**MUTED, "repeat_interval": "5m"}, paused, escalations=ONCE, **mute("09:03", "15:00"))
    fire(context)
    assert timeline(context, 21) == [(15, "call"), (20, "friend")]
    assert "Still firing after its pause." in context.channels["call"].sent[0][1].text


def test_a_route_that_is_muted_keeps_its_levels_and_another_repeats_when_it_is_due() -> None:
    context = routed(
        PAGER, {**MUTED, "channel": "call", "escalation": "after"}, escalations=ONCE, **mute("09:04", "09:07")
    )
    fire(context)
    assert timeline(context, 40) == [(7, "friend"), (30, "desk"), (37, "friend")]


def test_a_route_that_joins_late_sets_no_other_back_and_says_why_it_comes() -> None:
    leading, late = {**PAGER, "escalation": "me"}, {**PAGER, "channel": "inbox", "auto_pause": "12m"}
    context = routed(leading, late, escalations=LOUDER["escalations"])
    fire(context)
    assert timeline(context, 44) == [(5, "call"), (15, "friend")]
    texts = [notice.text.splitlines()[0] for _, notice in context.channels["inbox"].sent]
    assert texts == ["Still firing after its pause.", "Not acknowledged for 42 min; repeat 1 of 5."]


@pytest.mark.parametrize(
    ("hold", "expected"),
    [({"failure_threshold": 5}, [(30, "desk")]), ({"auto_pause": "15m"}, [(20, "friend"), (30, "desk")])],
)
def test_a_route_escalates_once_it_would_notify_though_another_has_notified_its_channel(
    hold: dict[str, Any], expected: list[tuple[int, str]]
) -> None:
    warned = {**PAGER, "interrupt_from": "warning"}
    context = routed(warned, {**warned, **hold, "escalation": "after"}, escalations=ONCE)
    fire(context, severity="warning")
    assert timeline(context, 40) == expected


def test_an_alert_that_joins_makes_no_more_messages_than_a_minute_may_have() -> None:
    levels = {name: {"levels": [{"channel": name, "after": "5m"}]} for name in ("call", "friend")}
    routes = [{**PAGER, "escalation": name} for name in levels]
    context = configured(route={"channel": "desk", "pages_per_minute": 3, "routes": routes}, escalations=levels)
    for name in "abc":
        fire(context, name, labels={"alertname": name})
        minutes(context, 2)
    minutes(context, 6)
    before = len(docs(context, "outbox"))
    for name in "abc":
        fire(context, f"{name}2", labels={"alertname": name, "host": "2"})
    assert len(docs(context, "outbox")) - before <= 3


def test_a_restored_bundle_keeps_the_time_that_each_route_had_left() -> None:
    context = routed({**PAGER, "repeat_interval": "5m"}, {**PAGER, "channel": "call"})
    fire(context)
    minutes(context, 1)
    context.clock.advance(days=2)
    context.store.any_query = True
    settle(context.store, now=context.now)
    assert timeline(context, 8) == [(4, "desk")]
