"""A preview of a replay says what the replay then does, whatever holds the alert."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.alert_router.handler import handle as route_event
from functions.webhook_intake.handler import handle as take_webhook
from shared.config.model import Config
from shared.events import EventAccepted, iso
from shared.ports import Create
from shared.services.alerting.replay_preview import ReplayPreview
from shared.services.alerting.silences import silence
from shared.values.http import HttpRequest
from tests.support.fakes import CONFIG, FakeContext

HOUR = timedelta(hours=1)
FROM_WARNING = {"route": {"channel": "desk", "interrupt_from": "warning"}}
OUTAGE = {"source_matchers": ["alertname=Outage"], "target_matchers": ["alertname=Target"]}


def webhook(context: FakeContext, name: str, severity: str) -> EventAccepted:
    alert = {
        "status": "firing", "fingerprint": name, "startsAt": "2026-11-20T08:00:00Z",
        "labels": {"alertname": name, "severity": severity}, "annotations": {"summary": "x"},
    }  # fmt: skip
    body = json.dumps({"version": "4", "groupKey": "g", "status": "firing", "receiver": "opos", "alerts": [alert]})
    headers = {"authorization": "Bearer token", "content-type": "application/json"}
    answer = take_webhook(HttpRequest("POST", "/webhooks/alertmanager", headers, {}, body.encode(), ""), context)
    assert answer.status == 202
    message = context.bus.published[-1]
    assert isinstance(message, EventAccepted)
    return message


def silenced(context: FakeContext) -> None:
    silence(["alertname=Target"], context.now + 2 * HOUR, context, author="me", comment="maintenance")


def inhibited(context: FakeContext) -> None:
    route_event(webhook(context, "Outage", "critical"), context)


def in_focus(context: FakeContext) -> None:
    block = {"name": "deep", "begins_at": iso(context.now), "ends_at": iso(context.now + HOUR)}
    context.store.commit([Create("focus/x", block)])


def beyond_the_budget(context: FakeContext) -> None:
    for name in ("First", "Second"):
        route_event(webhook(context, name, "warning"), context)


def in_a_storm(context: FakeContext) -> None:
    for number in range(5):
        route_event(webhook(context, f"Other{number}", "critical"), context)


def in_a_group_notified_just_now(context: FakeContext) -> None:
    route_event(webhook(context, "Sibling", "critical"), context)


def with_nothing_else(_: FakeContext) -> None:
    pass


CASES: dict[str, tuple[dict[str, Any], Callable[[FakeContext], None], str, str, str]] = {
    "nothing": ({}, with_nothing_else, "critical", "page", ""),
    "a silence": ({}, silenced, "critical", "hold", "maintenance"),
    "an inhibition": ({"inhibit_rules": [OUTAGE]}, inhibited, "critical", "hold", "inhibited by"),
    "one-off focus": (FROM_WARNING, in_focus, "warning", "digest", "deep"),
    "the budget": (
        {**FROM_WARNING, "focus": {"budget": {"interruptions_per_day": 2}}}, beyond_the_budget,
        "warning", "digest", "2 interruptions",
    ),
    "a storm": ({}, in_a_storm, "critical", "hold", "too many"),
    "its group": (
        {"route": {"channel": "desk", "group_by": ["source"]}}, in_a_group_notified_just_now,
        "critical", "hold", "group",
    ),
    "a wait for its group": (
        {"route": {"channel": "desk", "group_by": ["source"], "group_wait": "30s"}}, with_nothing_else,
        "critical", "hold", "group",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_preview_names_the_path_and_the_reason_of_the_replay(case: str) -> None:
    changes, prepare, severity, path, because = CASES[case]
    config = {**CONFIG, "sources": {"alertmanager": {"scheme": "bearer", "secrets": ["TOKEN"]}}, **changes}
    context = FakeContext(config=Config.model_validate(config), secrets={"TOKEN": "token"})
    prepare(context)
    message = webhook(context, "Target", severity)
    doc = context.store.get(f"events/{message.id}")
    assert doc is not None
    (preview,) = ReplayPreview(context.store, context.config, context.now).replay([doc])

    route_event(message.model_copy(update={"nonce": "n1", "version": doc.version}), context)

    after = context.store.get(f"events/{message.id}")
    assert after is not None
    assert preview.decisions == after.data["handled"]["alert_router_n1"]["decisions"]
    (decision,) = preview.decisions
    assert decision["path"] == path
    assert because in decision["reason"]


def test_a_preview_writes_nothing() -> None:
    config = {**CONFIG, "sources": {"alertmanager": {"scheme": "bearer", "secrets": ["TOKEN"]}}}
    context = FakeContext(config=Config.model_validate(config), secrets={"TOKEN": "token"})
    doc = context.store.get(f"events/{webhook(context, 'Target', 'critical').id}")
    assert doc is not None
    before = {path: stored.version for path, stored in context.store.docs.items()}

    assert [preview.paths for preview in ReplayPreview(context.store, context.config, context.now).replay([doc])]
    assert {path: stored.version for path, stored in context.store.docs.items()} == before


def test_in_a_preview_each_event_sees_what_the_ones_before_it_would_have_done() -> None:
    config = {
        **CONFIG,
        "sources": {"alertmanager": {"scheme": "bearer", "secrets": ["TOKEN"]}},
        "route": {"channel": "desk", "group_by": ["source"]},
    }
    context = FakeContext(config=Config.model_validate(config), secrets={"TOKEN": "token"})
    ids = [webhook(context, name, "critical").id for name in ("First", "Second")]
    docs = [doc for id in ids if (doc := context.store.get(f"events/{id}"))]
    previews = ReplayPreview(context.store, context.config, context.now).replay(docs)
    assert [preview.paths for preview in previews] == [["page"], ["hold"]]
