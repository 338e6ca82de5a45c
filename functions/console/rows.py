"""Documents as rows of a page.

One that lacks something is shown without it: a broken document must not hide the others.
"""

from datetime import timedelta
from typing import Any

from functions.console.links import expire_path, silence_path
from functions.console.times import Moment, moment
from shared.alerting.alert import effective_severity
from shared.context import Context
from shared.ports import Doc
from shared.values.links import web_link
from shared.values.money import format_money

Row = dict[str, Any]
_BUTTON_LIFE = timedelta(days=1)
_UNTITLED = "(without a title)"


def alert_row(doc: Doc, context: Context) -> Row:
    data = doc.data
    return {
        "id": doc.id,
        "title": data.get("title") or _UNTITLED,
        "summary": data.get("summary") or "",
        "link": web_link(data.get("link")),
        "money": format_money(data["money"]) if data.get("money") else "",
        "severity": effective_severity(data.get("severity", "")),
        "state": data.get("state", ""),
        "source": data.get("source", ""),
        "count": data.get("count", 1),
        "event": data.get("last_event", ""),
        "since": at(data.get("first_seen"), context),
        "seen": at(data.get("last_seen"), context),
        "ack": _ack_path(doc, context),
        "silence": _silence_path(data.get("labels") or {}, context),
        "group": data.get("group") if data.get("told_at") else None,
        "held": (data.get("held") or {}).get("reason", ""),
        "until": at(data["until"], context) if data.get("until") else None,
    }


def group_row(group: Doc, count: int, context: Context) -> Row:
    claims = {"group": group.id, "call": group.data["called_at"]}
    labels = [
        f"{name} {value}"
        for name, value in group.data["labels"].items()
        if value and name not in {"source", "incident"}
    ]
    return {
        "name": ", ".join(labels) if not group.data["flood"] else "a flood",
        "count": count,
        "ack": "/ack/" + context.links.token("ack", claims, expires=context.now + _BUTTON_LIFE),
    }


def _silence_path(labels: dict[str, str], context: Context) -> str:
    """The form that silences alerts like this one: of the same rule."""
    like = {name: labels[name] for name in ("source", "alertname") if labels.get(name)}
    return silence_path(like, context) if like else ""


def _ack_path(doc: Doc, context: Context) -> str:
    claims = {"alert": doc.id, "episode": doc.data.get("episode")}
    return "/ack/" + context.links.token("ack", claims, expires=context.now + _BUTTON_LIFE)


def pending_row(doc: Doc, context: Context) -> Row:
    pending = doc.data["pending"]
    waits = {"channel": pending["queue"], "because": pending.get("reason") or ""}
    return {**alert_row(doc, context), **waits, "waits": at(pending.get("since"), context)}


def message_row(doc: Doc, context: Context) -> Row:
    """A message of the outbox; a digest is one too, with members."""
    notice = doc.data.get("notice") or {}
    return {
        "id": doc.id,
        "title": notice.get("title") or _UNTITLED,
        "channel": doc.data.get("channel", ""),
        "state": doc.data.get("state", ""),
        "attempts": doc.data.get("attempts", 0),
        "fault": doc.data.get("last_fault") or "",
        "members": len(doc.data.get("members") or []),
        "read": _digest_path(doc, context) if "content" in doc.data else "",
        "cost": doc.data.get("cost") or 0,
        "no_runbook": bool(doc.data.get("cause")) and not doc.data["cause"].get("runbook"),
        "at": at(doc.data.get("created_at"), context),
    }


def _digest_path(doc: Doc, context: Context) -> str:
    return "/digest/" + context.links.token("digest", {"digest": doc.id}, expires=context.now + _BUTTON_LIFE)


def quarantine_row(doc: Doc, context: Context) -> Row:
    names = ("source", "type", "quarantine")
    known = {"id": doc.id, "at": at(doc.data.get("received_at"), context)}
    return {**known, **{name: doc.data.get(name, "") for name in names}}


def dead_letter_row(doc: Doc, context: Context) -> Row:
    data = doc.data
    return {
        "id": doc.id,
        "subscription": data.get("subscription", ""),
        "attempts": data.get("attempts", 0),
        "event": data.get("event") or "",
        "at": at(data.get("received_at"), context),
    }


def silence_row(doc: Doc, context: Context) -> Row:
    return {
        **{name: doc.data[name] for name in ("matchers", "author", "comment")},
        "id": doc.id,
        "from": at(doc.data["starts_at"], context),
        "until": at(doc.data["ends_at"], context),
        "expire": expire_path(doc.id, context),
    }


def heartbeat_row(name: str, context: Context) -> Row:
    doc = context.store.get(f"heartbeats/{name}")
    data = doc.data if doc else {}
    return {
        "name": name,
        "at": at(data["last_seen"], context) if data.get("last_seen") else None,
        "due": at(data["due_at"], context) if data.get("due_at") else None,
        "missed": at(data["missed_at"], context) if data.get("missed_at") else None,
    }


def at(text: str | None, context: Context) -> Moment:
    return moment(text, now=context.now, timezone=context.config.timezone)
