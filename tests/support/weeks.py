"""A week of interruptions as the router makes them, for the tests and the pictures of the review."""

from typing import Any

from functions.digest_sender.review import send_review
from shared.config.model import Config
from shared.events import ReviewDue
from shared.flags.file import flag_set
from shared.flags.shorthand import Flag
from shared.ports import Doc, Form
from shared.services.alerting.acknowledgement import act_on_group
from tests.support.digests import alert, say, send
from tests.support.fakes import CONFIG, FakeContext, RecordingChannel

WEEKLY: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "channels": {"desk": {"console": True}, "inbox": {"console": True}, "call": {"console": True, "cost": 4}},
    "digest": {"channel": "inbox", "window": "12h"},
    "review": {"channel": "inbox"},
    "route": {"channel": "desk", "group_by": ["source", "alertname"], "routes": [{"matchers": ["source=alertmanager"], "channel": "call"}]},
    "rotate_by": {"GITHUB_SECRET": "2026-11-25", "APP_SECRET": "2027-06-01"},
    "runbooks": {"Shop is down": "https://runbooks.example/shop"},
}  # fmt: skip


def weekly(**sections: Any) -> FakeContext:
    context = FakeContext(config=Config.model_validate({**CONFIG, **WEEKLY, **sections}))
    context.flags = flag_set({"old_checkout": Flag(enabled=True, expires="2026-11-01"), "kept": Flag(enabled=True)})  # type: ignore[arg-type]
    context.channels["inbox"].form = Form("html")
    context.channels["call"] = RecordingChannel()
    return context


def page(
    context: FakeContext,
    title: str,
    *,
    source: str = "github",
    ack_after: int | None = None,
    resolve_after: int | None = None,
) -> None:
    """A critical alert that is acknowledged, or resolves on its own, after so many minutes."""
    say(context, alert(title, "critical"), source=source)
    if ack_after is not None:
        context.clock.advance(minutes=ack_after)
        for group in list(context.store.query("groups", where=[("due_at", ">", "")], order_by="due_at")):
            act_on_group(group.id, "acknowledge", context, by="link")
    context.clock.advance(minutes=resolve_after or 60)
    say(context, alert(title, "critical", status="resolved"), source=source)


def a_noisy_week(context: FakeContext) -> None:
    """A week that starts on Friday, 10:00 in Berlin."""
    for _ in range(5):
        page(context, "Latency is high", source="alertmanager", resolve_after=4)
        context.clock.advance(hours=7)
    page(context, "Shop is down", ack_after=6)
    page(context, "Disk is full", source="alertmanager", ack_after=10)
    say(context, alert("Certificate ends soon"), alert("Queue is long"))
    send(context)
    say(context, alert("Queue is long", status="acknowledged"))


def make_review(context: FakeContext, *, hours: int = 24) -> Doc:
    context.clock.advance(hours=hours)
    send_review(ReviewDue(at=context.now), context)
    return next(doc for doc in context.store.query("digests") if "review" in doc.data)
