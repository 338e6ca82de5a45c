"""A bundle over fakes whose time passes minute by minute, for what calls until somebody acknowledges."""

from typing import Any

from functions.alert_router.handler import handle as route
from functions.sweeper.handler import sweep
from shared.config.model import Config
from shared.events import EventAccepted, Tick
from shared.ports import Doc
from tests.support.events import accepted, disk_full
from tests.support.fakes import CONFIG, FakeContext, RecordingChannel

LOUDER = {
    "route": {"channel": "desk", "escalation": "me"},
    "escalations": {"me": {"levels": [{"channel": "call", "after": "5m"}, {"channel": "friend", "after": "10m"}], "repeats": 2}},
}  # fmt: skip
"""A call that gets louder: sections of a configuration."""


def configured(**sections: Any) -> FakeContext:
    content = {**CONFIG, **sections}
    content["route"] = {**CONFIG["route"], **content["route"]}  # type: ignore[dict-item]
    content["channels"] = {**content["channels"], "call": {"console": True, "cost": 5}, "friend": {"console": True}}
    context = FakeContext(config=Config.model_validate(content))
    context.channels |= {"call": RecordingChannel(), "friend": RecordingChannel()}
    return context


def fire(
    context: FakeContext, fingerprint: str = "disk", severity: str = "critical", status: str = "firing", **more: Any
) -> None:
    said = disk_full(severity, fingerprint, status=status, **{"title": f"Trouble {fingerprint}", **more})
    route(accepted(context, f"{fingerprint}-{status}-{context.now}", said), context)


def minutes(context: FakeContext, count: int) -> None:
    for _ in range(count):
        context.clock.advance(minutes=1)
        sweep(Tick(), context)
        for message in [
            one for one in context.bus.published if isinstance(one, EventAccepted) and one.source == "opos"
        ]:
            route(message, context)


def titles(context: FakeContext, channel: str = "desk") -> list[str]:
    """The titles of the notifications, without those of resolved notices."""
    return [notice.title for _, notice in context.channels[channel].sent if not notice.resolves]


def docs(context: FakeContext, collection: str) -> list[Doc]:
    return list(context.store.query(collection))


def alert(context: FakeContext, number: int = 0) -> dict[str, Any]:
    found = [doc.data for doc in docs(context, "alerts") if doc.data["source"] != "opos"]
    return found[number]


def group(context: FakeContext) -> str:
    (found,) = docs(context, "groups")
    return found.id
