"""The fields that a log line or a span may have, each with the values that it allows.

A body, a header, an address or the text of an exception has no field, so it is never logged. A field that is not listed
is dropped and named in `dropped`, so that the author of the line sees it.
"""

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

Filter = Callable[[Any], Any]
"""The allowed part of a value; None if the field allows none of it."""
MOST = 20
"""Members of a list that are logged."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)\S+")


def allowed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The allowed part of *fields*; `dropped` names the others."""
    kept: dict[str, Any] = {}
    dropped = []
    for name, value in fields.items():
        only_allowed = FIELDS.get(name)
        part = only_allowed(value) if only_allowed else None
        if part is not None:
            kept[name] = part
        elif only_allowed is None or value is not None:
            dropped.append(scrubbed(str(name), 50))
    return kept | {"dropped": dropped[:MOST]} if dropped else kept


def scrubbed(text: str, most: int) -> str:
    """At most *most* characters of *text*, on one line, without control characters and addresses."""
    cut = f"{text[: most - 1]}…" if len(text) > most else text
    if not cut.isprintable():
        cut = "".join(character if character.isprintable() else " " for character in cut)
    return _ADDRESS.sub(r"\1…", cut) if "://" in cut else cut


def _word(value: Any) -> str | None:
    return scrubbed(value, 200) if isinstance(value, str) else None


def _text(value: Any) -> str | None:
    return scrubbed(value, 1000) if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    """JSON has only finite numbers."""
    return value if isinstance(value, int) or (isinstance(value, float) and isfinite(value)) else None


def _whether(value: Any) -> bool:
    """Whether there is a value; the value itself may quote the sender."""
    return bool(value)


def _words(value: Any) -> list[str] | None:
    if not isinstance(value, list | tuple):
        return None
    return [scrubbed(word, 200) for word in value[:MOST] if isinstance(word, str)]


def _decisions(value: Any) -> list[dict[str, str]] | None:
    """Decisions as `shared.alerting.decision.Decision.summary` returns them."""
    if not isinstance(value, list):
        return None
    members = [decision for decision in value[:MOST] if isinstance(decision, dict)]
    return [
        {name: scrubbed(str(decision.get(name)), 200) for name in ("alert", "path", "reason")} for decision in members
    ]


def _method(value: Any) -> str:
    """Source: OpenTelemetry semantic conventions, http.request.method: an unknown method is `_OTHER`."""
    return value if isinstance(value, str) and value in _METHODS else "_OTHER"


FIELDS: Mapping[str, Filter] = {
    **dict.fromkeys(
        ("alert", "change_id", "digest", "event_id", "message_id", "path"), _word
    ),  # ids, and paths of documents
    **dict.fromkeys(
        ("channel", "flag", "function", "marker", "probe", "source", "step", "subscription", "topic"), _word
    ),
    **dict.fromkeys(("detail", "error", "outcome", "reason", "state", "type", "version"), _word),
    **dict.fromkeys(("file", "library", "remedy"), _word),
    "by": _word,  # the operator who did it: an address from opos.yaml, or the id of a session
    "network": _word,  # of a caller: the first bits of its address only
    **dict.fromkeys(("alerts", "attempts", "faults", "members", "permanent", "seconds", "status"), _number),
    **dict.fromkeys(("expected", "failures"), _words),
    "decisions": _decisions,
    "method": _method,
    "fault": _text,  # in the operator's own file
    "quarantine": _whether,
}

TERMINAL_ONLY = frozenset({"cause", "hint", "last_fault", "title"})
"""The fields that only a line at the operator's terminal has (`terminal_fields`), because they may quote a sender."""

ATTRIBUTES: Mapping[str, str] = {
    "channel": "opos.channel",
    "error": "error.type",
    "event_id": "opos.event.id",
    "method": "http.request.method",
    "source": "opos.source",
    "status": "http.response.status_code",
    "topic": "messaging.destination.name",
    "type": "opos.type",
}
"""The fields of a span, named as in OpenTelemetry's semantic conventions where they have a name."""


def attributes(labels: Mapping[str, Any]) -> dict[str, str | float]:
    """The *labels* that a span may have."""
    return {ATTRIBUTES[name]: value for name, value in allowed(labels).items() if name in ATTRIBUTES}
