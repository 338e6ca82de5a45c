"""Documents as rows of a page.

A row leaves out what its document lacks: one broken document must not hide the others.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from functions.console.links import alert_ack_path, digest_path, expire_path, group_ack_path, similar_silence_path
from functions.console.paths import heartbeat_path
from shared.alerting.alert import effective_severity
from shared.context import Context
from shared.errors import NOT_DELIVERED
from shared.intake.heartbeats import RECENT, Beat, new_beat, state
from shared.intake.pings import cut_in_words, in_words
from shared.intake.rejections import Rejected
from shared.ports import Doc
from shared.services.outbox.addressees import receiver_name
from shared.values.links import web_link
from shared.values.local_time import age, as_datetime, duration, local_time, localized
from shared.values.money import format_money
from shared.values.text import headline, readable_lines

if TYPE_CHECKING:
    from shared.config.model import Heartbeat

Row = dict[str, Any]
_DELIVERY = {"sent": "delivered", "failed": "not delivered", "parked": "not delivered", "pending": "retrying"}


class Moment(NamedTuple):
    """A stored time in the operator's zone: `short` for reading, `exact` for the tooltip, `iso` as it is stored."""

    short: str
    exact: str
    ago: str
    iso: str


UNKNOWN = Moment(short="", exact="", ago="time unknown", iso="")


def at(text: Any, context: Context) -> Moment:
    """The stored time *text*, or UNKNOWN if it is not a time."""
    try:
        moment = as_datetime(str(text))
    except ValueError:
        return UNKNOWN
    zone, now = ZoneInfo(context.config.timezone), context.now
    exact = moment.astimezone(zone).isoformat(timespec="seconds")
    return Moment(local_time(moment, zone, now), exact, age(moment, now), str(text))


def alert_row(doc: Doc, context: Context) -> Row:
    """What every page shows of an alert."""
    data, state = doc.data, doc.data.get("state", "")
    return {
        "id": doc.id,
        "title": headline(data.get("title") or ""),
        "summary": data.get("summary") or "",
        "link": web_link(data.get("link")),
        "money": format_money(data["money"]) if data.get("money") else "",
        "severity": effective_severity(data.get("severity", "")),
        "state": state,
        "source": data.get("source", ""),
        "count": data.get("count", 1),
        "event": data.get("last_event", ""),
        "since": at(data.get("first_seen"), context),
        "seen": at(data.get("last_seen"), context),
        "again": localized_reason((data.get("again") or {}).get("why"), context)
        if data.get("state") == "firing"
        else "",
    }


def open_row(doc: Doc, context: Context) -> Row:
    """An open alert, with the buttons that act on it."""
    data = doc.data
    return {
        **alert_row(doc, context),
        "ack": alert_ack_path(doc, context),
        "silence": similar_silence_path(data.get("labels") or {}, context),
        "group": data.get("group") if data.get("told_at") else None,
        "held": localized_reason((data.get("held") or {}).get("reason"), context),
        "waits": bool(data.get("pending")),
        "until": at(data["until"], context) if data.get("until") else None,
    }


def pending_row(doc: Doc, context: Context) -> Row:
    """An alert that waits for the digest."""
    pending = doc.data["pending"]
    return {
        **alert_row(doc, context),
        "channel": pending["queue"],
        "because": localized_reason(pending.get("reason"), context),
        "waits": at(pending.get("since"), context),
    }


def localized_reason(text: str | None, context: Context) -> str:
    """A stored reason, with the times in it in the operator's zone."""
    return localized(text, ZoneInfo(context.config.timezone), context.now) if text else ""


def group_row(group: Doc, count: int, told_at: str, context: Context) -> Row:
    """The button that acknowledges the *count* firing alerts of *group*, the last of them notified at *told_at*."""
    labels = group.data["labels"].items()
    shown = [f"{name} {value}" for name, value in labels if value and name not in {"source", "incident"}]
    name = "storm" if group.data["flood"] else ", ".join(shown) or group.data["route"]
    return {"name": name, "count": count, "ack": group_ack_path(group, told_at, context)}


def message_row(doc: Doc, context: Context) -> Row:
    """A message of the outbox; a digest is also one, with members."""
    data, notice = doc.data, doc.data.get("notice") or {}
    state, attempts = data.get("state", ""), data.get("attempts", 0)
    return {
        "id": doc.id,
        "title": headline(notice.get("title") or ""),
        "channel": receiver_name(data),
        "state": state,
        "delivery": "mail stopped" if state == "sent" and not attempts else _DELIVERY.get(state, state),
        "attempts": attempts,
        "fault": (data.get("last_fault") or "").removeprefix(NOT_DELIVERED),
        "members": len(data.get("members") or []),
        "read": digest_path(doc, context) if "content" in data else "",
        "cost": data.get("cost") or 0,
        "no_runbook": bool(data.get("cause")) and not data["cause"].get("runbook"),
        "at": at(data.get("created_at") or data.get("made_at"), context),
    }


def rejected_row(count: Rejected, accepted: str | None, context: Context) -> Row:
    """The rejections at a place for one reason; *accepted* is when opos last accepted a webhook of it."""
    return {
        "place": count.place, "why": count.words, "advice": count.advice, "count": count.times,
        "network": count.network, "last": at(count.last, context),
        "accepted": at(accepted, context) if accepted else None,
    }  # fmt: skip


def quarantine_row(doc: Doc, context: Context) -> Row:
    """An event that failed validation."""
    fields = {name: doc.data.get(name, "") for name in ("source", "type", "quarantine")}
    return {"id": doc.id, "at": at(doc.data.get("received_at"), context), **fields}


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
        "expire": expire_path(doc, context),
    }


def heartbeat_row(stored: Beat, context: Context) -> Row:
    """A heartbeat of opos.yaml, whether it has pinged or not."""
    name = stored["name"]
    beat = cast("Beat", {**new_beat(name), **stored})
    times = {
        "at": beat["last_seen"], "due": beat["due_at"], "missed": beat["missed_at"], "failed": beat["failed_at"],
        "began": min(beat["runs"].values(), default=None),
    }  # fmt: skip
    return {
        "name": name, "schedule": _schedule(context.config.heartbeats[name]),
        "state": state(beat), "pings": beat["pings"], "read": heartbeat_path(name),
        "took": _length(beat["took"]), "recent": _bars(beat.get("recent", "")),
        **{key: at(time, context) if time else None for key, time in times.items()},
    }  # fmt: skip


def _schedule(heartbeat: "Heartbeat") -> str:
    if not heartbeat.every and not heartbeat.cron:
        return "No schedule"
    rhythm = f"Every {duration(heartbeat.every)}" if heartbeat.every else heartbeat.cron
    return f"{rhythm}, grace {duration(heartbeat.grace)}"


def _bars(recent: str) -> Row:
    """The last outcomes of a heartbeat as bars, and in words."""
    colours = {"s": "ok", "f": "bad", "m": "warn"}
    words = [("s", "on time"), ("f", "failed"), ("m", "missed")]
    said = ", ".join(f"{recent.count(outcome)} {word}" for outcome, word in words if outcome in recent)
    bars = [(RECENT - len(recent) + place, colours[outcome]) for place, outcome in enumerate(recent)]
    return {"bars": bars, "words": said or "no ping yet", "width": RECENT}


def ping_row(ping: Mapping[str, Any], context: Context) -> Row:
    """A ping with the end of its body."""
    return {
        "at": at(ping["at"], context),
        "kind": ping["kind"],
        "words": in_words(ping["kind"], ping["exit_code"]),
        "took": _length(ping["took"]),
        "run": ping["run"],
        "body": readable_lines(ping["body"]),
        "cut": cut_in_words(ping["size"]),
    }


def _length(seconds: float | None) -> str:
    return "" if seconds is None else duration(timedelta(seconds=seconds))
