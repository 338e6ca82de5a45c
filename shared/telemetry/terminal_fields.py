"""The fields that only the log at the operator's terminal shows, with the values that they allow.

They quote a sender, so no log that is stored or sent elsewhere has them: `allowed_fields` leaves them out.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.errors import OposError
from shared.telemetry.allowed_fields import TERMINAL_ONLY
from shared.telemetry.log_record import raised
from shared.values.text import one_line

MOST = 100
"""Decisions on one event that are shown."""


def _text(value: Any) -> str:
    return one_line(value, 300) if isinstance(value, str) else ""


def _decisions(value: Any) -> list[dict[str, Any]]:
    members = [decision for decision in value[:MOST] if isinstance(decision, dict)] if isinstance(value, list) else []
    return [{name: _member(content) for name, content in decision.items()} for decision in members]


def _member(value: Any) -> Any:
    return [_text(word) for word in value] if isinstance(value, list) else _text(value)


_FILTERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(TERMINAL_ONLY - {"cause"}, _text),
    "decisions": _decisions,  # with all members, of which the JSON has three
}


def terminal_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The allowed part of those *fields* that only a terminal shows.

    `cause` is an exception. If it is one of opos, its message and its hint are shown; others may quote anything.
    """
    cause = fields.get("cause") or raised(fields.get("exc_info"))
    own = {"fault": _text(cause.message), "hint": _text(cause.hint)} if isinstance(cause, OposError) else {}
    return own | {name: only_allowed(fields[name]) for name, only_allowed in _FILTERS.items() if fields.get(name)}
