"""What the events of the log are called on the operator's terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Entry = Mapping[str, Any]


class Shown(NamedTuple):
    """A line: `about` is what it is about, in parts; `colour` that of the outcome."""

    source: str
    outcome: str
    about: Sequence[str]
    colour: str = ""


QUIET = frozenset(
    {"push_authentication", "conflict", "overtaken", "already_handled", "already_made", "told", "not_delivered"}
)
"""What a person need not see: the retries of opos itself, and what another line says with more words."""
_SEVERITIES = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
_INTAKE = {"accepted": "dim", "duplicate": "dim", "repeat": "yellow"}
_HELD = {
    "silence": "silenced", "inhibition": "inhibited", "interval": "muted", "focus": "held by focus", "pause": "paused",
    "flapping": "held as flapping", "group": "waits for group", "flood": "held in a storm", "budget": "over budget",
}  # fmt: skip
_DELIVERED = {
    "sent": ("sent to {}", "green"),
    "pending": ("{}: tries again", "yellow"),
    "dropped": ("{}: dropped", "dim"),
}
_FIELDS = (
    "error",
    "fault",
    "reason",
    "detail",
    "path",
    "function",
    "step",
    "file",
    "library",
    "seconds",
    "members",
    "state",
)
"""Those of a line that has no words of its own."""


def shown(entry: Entry) -> Iterator[Shown]:
    """The lines for *entry*: one for each decision, none for what is quiet."""
    message, source = entry["message"], str(entry.get("source", ""))
    if message == "routed":
        yield from (_decision(source, decision) for decision in entry.get("decisions", ()))
    elif message in _INTAKE:
        colour, outcome = ("yellow", "quarantined") if entry.get("quarantine") else (_INTAKE[message], message)
        yield Shown(source, outcome, [_brief(entry), entry.get("title", "")], colour)
    elif message == "webhook_rejected":
        about = [
            entry.get("title") or entry.get("reason", ""),
            f"from {entry['network']}" if entry.get("network") else "",
        ]
        yield Shown(source, f"rejected {entry.get('status', '')}", about, _SEVERITIES.get(entry["severity"], "dim"))
    elif message == "delivery":
        outcome, colour = _DELIVERED.get(entry.get("state", ""), ("not sent to {}", "red"))
        yield Shown(
            "", outcome.format(entry.get("channel", "")), [entry.get("title", ""), entry.get("last_fault", "")], colour
        )
    elif message not in QUIET:
        about = [f"{name} {entry[name]}" for name in _FIELDS if name in entry and name != "fault"]
        yield Shown(
            source,
            message.replace("_", " "),
            [entry.get("fault", ""), *about],
            _SEVERITIES.get(entry["severity"], "dim"),
        )


def _decision(source: str, decision: Entry) -> Shown:
    outcome, colour = _outcome(decision)
    reason = "" if decision.get("path") == "page" else decision.get("reason", "")
    return Shown(source, outcome, [decision.get("title") or decision.get("alert", ""), reason], colour)


def _outcome(decision: Entry) -> tuple[str, str]:
    match decision.get("path"):
        case "page":
            return f"interrupts {', '.join(decision.get('channels') or ()) or 'you'}", "red"
        case _ if decision.get("status") in {"resolved", "acknowledged"}:
            return str(decision["status"]), "green"
        case "digest":
            return "digest", "cyan"
        case "hold":
            return _HELD.get(decision.get("by", ""), "held"), "yellow"
    return "recorded", "dim"


def _brief(entry: Entry) -> str:
    return str(entry.get("event_id", ""))[:8]
