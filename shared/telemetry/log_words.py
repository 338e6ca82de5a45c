"""What the events of the log are called on the operator's terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
_HELD = {
    "silence": "silenced", "inhibition": "inhibited", "interval": "muted", "focus": "held by focus", "pause": "paused",
    "flapping": "held as flapping", "group": "waits for group", "flood": "held in a storm", "budget": "over budget",
}  # fmt: skip
_DELIVERED = {
    "sent": ("sent to {}", "green"), "pending": ("{}: tries again", "yellow"), "dropped": ("{}: dropped", "dim"),
}  # fmt: skip
_NOT_DELIVERED = ("not sent to {}", "red")
_FIELDS = ("error", "reason", "detail", "path", "function", "step", "file", "library", "seconds", "members", "state")
"""The fields that a line without words of its own shows."""


def shown(entry: Entry) -> Iterator[Shown]:
    """The lines for *entry*: one for each decision, none for what is quiet."""
    message, source = entry["message"], str(entry.get("source", ""))
    if message == "routed":
        yield from (_decision(source, decision) for decision in entry.get("decisions", ()))
    elif message not in QUIET:
        yield _WORDS.get(message, _other)(source, entry)


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


def _event(source: str, entry: Entry) -> Shown:
    outcome, colour = ("quarantined", "yellow") if entry.get("quarantine") else (entry["message"], "dim")
    return Shown(source, outcome, [str(entry.get("event_id", ""))[:8], entry.get("title", "")], colour)


def _rejection(source: str, entry: Entry) -> Shown:
    network = f"from {entry['network']}" if entry.get("network") else ""
    about = [entry.get("title") or entry.get("reason", ""), network]
    return Shown(source, f"rejected {entry.get('status', '')}", about, _SEVERITIES.get(entry["severity"], "dim"))


def _delivery(source: str, entry: Entry) -> Shown:
    outcome, colour = _DELIVERED.get(entry.get("state", ""), _NOT_DELIVERED)
    about = [entry.get("title", ""), entry.get("last_fault", "")]
    return Shown(source, outcome.format(entry.get("channel", "")), about, colour)


def _other(source: str, entry: Entry) -> Shown:
    fields = [name for name in _FIELDS if name in entry and not (name == "error" and "fault" in entry)]
    about = [entry.get("fault", ""), *(f"{name} {entry[name]}" for name in fields)]
    return Shown(source, entry["message"].replace("_", " "), about, _SEVERITIES.get(entry["severity"], "dim"))


_WORDS: Mapping[str, Callable[[str, Entry], Shown]] = {
    "accepted": _event, "duplicate": _event, "webhook_rejected": _rejection, "delivery": _delivery,
}  # fmt: skip
