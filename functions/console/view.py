"""What the pages show, as plain values: read from the store, with times in the operator's zone."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.context import Context
from shared.ports import Condition, Doc

View = dict[str, Any]
SHOWN = 20
ACK_BUTTON_LIFE = timedelta(days=1)


def console_view(context: Context) -> View:
    store = context.store
    opened = [
        doc
        for state in ("firing", "acknowledged")
        for doc in store.query(
            "alerts", where=[("state", "==", state)], order_by="last_seen", descending=True, limit=SHOWN
        )
    ]
    waiting: list[Condition] = [("pending.channel", "==", context.config.digest.channel)]
    return {
        "open": [_alert(doc, context) for doc in opened],
        "pending": [
            _alert(doc, context) for doc in store.query("alerts", where=waiting, order_by="pending.since", limit=50)
        ],
        "interruptions": [_message(doc, context) for doc in _latest("outbox", context)],
        "digests": [_message(doc, context) for doc in _latest("digests", context)],
        "quarantine": [
            _quarantined(doc, context) for doc in store.query("events", where=[("quarantine", ">", "")], limit=SHOWN)
        ],
        "dead_letters": [
            {
                **_timed(doc.data["received_at"], context),
                "subscription": doc.data["subscription"],
                "event": doc.data["event"],
            }
            for doc in store.query("dead_letters", order_by="received_at", descending=True, limit=SHOWN)
        ],
        "heartbeats": [_heartbeat(name, context) for name in context.config.heartbeats],
        "now": _local(context.now, context),
    }


def ack_view(doc: Doc, context: Context) -> View:
    return {"alert": _alert(doc, context)}


def _latest(collection: str, context: Context) -> list[Doc]:
    return list(context.store.query(collection, order_by="created_at", descending=True, limit=SHOWN))


def _alert(doc: Doc, context: Context) -> View:
    claims = {"alert": doc.id, "episode": doc.data["episode"]}
    names = ("id", "title", "summary", "link", "severity", "state", "count", "source", "last_event")
    return {
        **{name: doc.data[name] for name in names},
        **_timed(doc.data["first_seen"], context),
        "ack": "/ack/" + context.links.token("ack", claims, expires=context.now + ACK_BUTTON_LIFE),
    }


def _message(doc: Doc, context: Context) -> View:
    names = ("channel", "state", "attempts", "last_fault")
    notice = doc.data["notice"]
    members = len(doc.data.get("members", []))
    return {
        **{name: doc.data[name] for name in names},
        **_timed(doc.data["created_at"], context),
        "title": notice["title"], "severity": notice["severity"], "members": members,
    }  # fmt: skip


def _quarantined(doc: Doc, context: Context) -> View:
    names = ("id", "source", "type", "quarantine")
    return {**{name: doc.data[name] for name in names}, **_timed(doc.data["received_at"], context)}


def _heartbeat(name: str, context: Context) -> View:
    doc = context.store.get(f"heartbeats/{name}")
    return {"name": name, **(_timed(doc.data["last_seen"], context) if doc else {"at": "", "ago": "never seen"})}


def _timed(moment: str, context: Context) -> View:
    then = datetime.fromisoformat(moment)
    return {"at": _local(then, context), "ago": age(context.now - then)}


def _local(moment: datetime, context: Context) -> str:
    return moment.astimezone(ZoneInfo(context.config.timezone)).strftime("%a %d %b %Y, %H:%M:%S %Z")


def age(passed: timedelta) -> str:
    """*passed* in the largest unit that fits."""
    seconds = int(passed.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return "just now"
