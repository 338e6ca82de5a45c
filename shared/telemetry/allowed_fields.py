"""The allow-list of fields of log lines and spans, each with the values that it may have.

There is no field for a body, a header, an address or the text of an exception, so none is ever logged. A field that is
not listed is dropped and named in `dropped`, so that the author of the line notices.
"""

import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

Check = Callable[[Any], Any]
"""Returns the part of a value that may be logged; None if the field may not have that value."""
MOST = 20
"""The maximum number of members of a list."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)\S+")


def said(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The *fields* that may be logged; `dropped` names the others."""
    kept: dict[str, Any] = {}
    dropped = []
    for name, value in fields.items():
        check = FIELDS.get(name)
        allowed = check(value) if check else None
        if allowed is not None:
            kept[name] = allowed
        elif check is None or value is not None:
            dropped.append(scrubbed(str(name), 50))
    return kept | {"dropped": dropped[:MOST]} if dropped else kept


def scrubbed(text: str, most: int) -> str:
    """At most *most* characters of *text*, on one line, without terminal control characters and addresses."""
    cut = f"{text[: most - 1]}…" if len(text) > most else text
    if not cut.isprintable():
        cut = "".join(character if character.isprintable() else " " for character in cut)
    return _ADDRESS.sub(r"\1…", cut) if "://" in cut else cut


def _word(value: Any) -> str | None:
    return scrubbed(value, 200) if isinstance(value, str) else None


def _text(value: Any) -> str | None:
    return scrubbed(value, 1000) if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    """*value* if it is a finite number; JSON has no others."""
    return value if isinstance(value, int) or (isinstance(value, float) and isfinite(value)) else None


def _whether(value: Any) -> bool:
    """Whether there is a value, but not the value, because it quotes the sender."""
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
    """The method, or `_OTHER` if it is unknown. Source: OpenTelemetry semantic conventions, http.request.method."""
    return value if isinstance(value, str) and value in _METHODS else "_OTHER"


FIELDS: Mapping[str, Check] = {
    **dict.fromkeys(("alert", "digest", "event_id", "message_id", "path"), _word),  # ids and document paths
    **dict.fromkeys(
        ("channel", "flag", "function", "marker", "probe", "source", "step", "subscription", "topic"), _word
    ),
    **dict.fromkeys(("detail", "error", "outcome", "reason", "state", "type", "version"), _word),
    **dict.fromkeys(("file", "library", "remedy"), _word),
    **dict.fromkeys(("alerts", "attempts", "faults", "members", "permanent", "status"), _number),
    **dict.fromkeys(("expected", "failures"), _words),
    "decisions": _decisions,
    "method": _method,
    "fault": _text,  # an error in the operator's own file
    "quarantine": _whether,
}

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
"""The fields that a span may have, with their names in OpenTelemetry's semantic conventions if there is one."""


def attributes(labels: Mapping[str, Any]) -> dict[str, str | float]:
    """The *labels* that a span may have."""
    return {ATTRIBUTES[name]: value for name, value in said(labels).items() if name in ATTRIBUTES}
