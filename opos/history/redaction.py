"""A payload without what may be personal or secret, so that it can be shown to others: its keys, types and lengths.

Of a text or a number nothing stays, except words of a fixed list, which decide how opos reads a payload. A rule that
looked for secrets would miss some; this one cannot. Keys stay if they look like names: they are the sender's own words.
"""

import re
from typing import Any

from shared.sources.alert_types import ALERT_TYPES
from shared.values.severity import WORDS
from shared.values.text import counted

_TYPES = frozenset(name for types in ALERT_TYPES.values() for name in (*types.known, *types.others))
_KNOWN_WORDS = {name.casefold() for type in _TYPES for name in (type, type.partition(".")[0])} | {
    *(word for words in WORDS.values() for word in words),
    "firing", "resolved", "acknowledged", "triggered", "trigger", "acknowledge", "resolve", "open", "opened", "closed",
    "active", "inactive", "created", "updated", "deleted", "completed", "started", "canceled", "cancelled", "pending",
    "success", "failure", "failed", "passed", "skipped", "timed_out", "paid", "unpaid", "won", "lost", "up", "down",
    "ok", "true", "false", "unset", "unknown", "event",
    "quarantined", "application/json", "application/x-www-form-urlencoded",
}  # fmt: skip
_KINDS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("email", r"[^@\s]+@[^@\s]+\.[^@\s]+"),
        ("link", r"[a-z][a-z0-9+.-]*://\S+"),
        ("time", r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d\S*)?"),
        ("number", r"[+-]?[\d.,]+"),
        ("address", r"[0-9a-fA-F]*(:[0-9a-fA-F]*){2,7}"),
        ("token", r"(?=\S*\d)(?=\S*[A-Za-z])[\w.+/=:-]{8,}"),
    )
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z_./-]*[0-9]?[A-Za-z_./-]*")


def redacted(payload: Any) -> Any:
    """*payload* with a description of each value in its place, such as `<email, 14 characters>`."""
    match payload:
        case dict():
            numbered = enumerate(payload.items(), start=1)
            return {_key(name, number): redacted(value) for number, (name, value) in numbered}
        case list():
            return [redacted(value) for value in payload]
        case None | bool():
            return payload
        case int() | float():
            return _described("number", str(payload))
    return redacted_text(str(payload))


def redacted_text(text: str) -> str:
    """*text* if it is empty or a known word, else what kind of text it is, and its length."""
    if not text or text.casefold() in _KNOWN_WORDS:
        return text
    return _described(kind(text), text)


def _described(kind: str, text: str) -> str:
    return f"<{kind}, {counted(len(text), 'character')}>"


def kind(text: str) -> str:
    """What *text* looks like: `email`, `link`, `time`, `number`, `address`, `token`, or else `text`."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(text[:2000])), "text")


def _key(key: str, number: int) -> str:
    """*key* if it looks like a name: some senders use an address or an id as a key. *number* distinguishes those."""
    return key if _NAME.fullmatch(key) and kind(key) != "token" else f"<key {number}>"
