"""Texts in documents without the words of a person, and what stays because opos itself has written it."""

from collections.abc import Callable, Mapping
from typing import Any

Scrub = Callable[[str], str]
OURS = frozenset(
    {
        "id", "kind", "state", "source", "severity", "status", "contract", "day", "owner", "zone", "currency",
        "channel", "queue", "group", "route", "path", "digest", "alert", "alerts", "event", "events", "members",
        "messages", "record", "place", "topic", "about", "open_about", "cause", "chain", "trace", "system", "urgency",
        "bound", "base", "into", "schema", "listed", "listed_as", "terms", "undoes", "merges", "last_event", "told_in",
        "open_in", "told_on", "last_told", "repeats", "body_sha256", "body_encoding", "signed_with", "unresolved",
        "resolves", "copy_of", "instead_of", "substitute", "subscription", "function", "variant", "fence", "page",
        "call", "step", "option", "op", "at", "began", "until", "version", "phase", "writer",
    }
)  # fmt: skip
"""The fields whose texts opos writes and reads itself. A person may be called as a state is; the state stays."""
THEIRS = frozenset({"labels", "values", "value", "fields", "data", "headers", "now"})
"""The fields in which every text comes from elsewhere, whatever it is called."""


def scrubbed(value: Any, scrub: Scrub) -> Any:
    """*value* with each text in it as *scrub* makes it."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {name: scrubbed(part, scrub) for name, part in value.items()}
    return [scrubbed(part, scrub) for part in value] if isinstance(value, list) else value


def scrubbed_document(data: Mapping[str, Any], scrub: Scrub) -> dict[str, Any]:
    """*data* of a document as *scrub* makes it, with what is only between opos and itself as it is."""
    return {name: _part(name, part, scrub) for name, part in data.items()}


def _part(name: str, part: Any, scrub: Scrub) -> Any:
    if name in THEIRS:
        return scrubbed(part, scrub)
    if isinstance(part, Mapping):
        return scrubbed_document(part, scrub)
    if name in OURS or name.endswith("_at"):
        return part
    return [_part("", each, scrub) for each in part] if isinstance(part, list) else scrubbed(part, scrub)
