"""A payload without what may be personal or secret, so that it can be shown to others: its keys, types and lengths.

Nothing of a text or a number stays, except words of a fixed list, which decide how opos reads a payload. A rule that
looked for secrets would miss some; this one cannot.
"""

import re
from typing import Any

from shared.values.severity import WORDS

_KNOWN_WORDS = frozenset(word for words in WORDS.values() for word in words) | {
    "firing", "resolved", "acknowledged", "triggered", "trigger", "acknowledge", "resolve", "open", "opened", "closed",
    "active", "inactive", "created", "updated", "deleted", "completed", "started", "canceled", "cancelled", "pending",
    "success", "failure", "failed", "passed", "skipped", "timed_out", "paid", "unpaid", "won", "lost", "up", "down",
    "ok", "true", "false", "unset", "unknown", "event",
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
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]{0,39}")


def redacted(payload: Any) -> Any:
    """*payload* with a description in place of each value, such as `<email, 14 characters>`."""
    match payload:
        case dict():
            return {
                f"{number}: {name}" if (name := _key(key)) != key else key: redacted(value)
                for number, (key, value) in enumerate(payload.items(), 1)
            }
        case list():
            return [redacted(value) for value in payload]
        case None | bool():
            return payload
        case int() | float():
            return f"<number, {len(str(payload))} characters>"
    return redacted_text(str(payload))


def redacted_text(text: str) -> str:
    """*text* if it is empty or a known word, else what kind of text it is, and its length."""
    if not text or text.casefold() in _KNOWN_WORDS:
        return text
    return f"<{kind(text)}, {len(text)} characters>"


def kind(text: str) -> str:
    """What *text* looks like: `email`, `link`, `time`, `number`, `address`, `token`, or else `text`."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(text[:2000])), "text")


def _key(key: str) -> str:
    """*key*, unless it looks like a value: some senders use an address or an id as a key."""
    is_name = _KEY.fullmatch(key) and kind(key) != "token"
    return key if is_name else f"<{kind(key)}, {len(key)} characters>"
