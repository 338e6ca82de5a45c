"""The kinds of documents that an id on the command line may name."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shared.values.text import headline

Data = Mapping[str, Any]
_PROBLEMS = "`opos doctor` and the console list the problems."


class Kind(NamedTuple):
    """What a person calls a document of *collection*, where its ids are shown, and its title on one line."""

    noun: str
    collection: str
    hint: str
    title: Callable[[Data], str]


def _titled(data: Data) -> str:
    return headline(data.get("title") or "")


def _noticed(data: Data) -> str:
    return headline((data.get("notice") or {}).get("title") or "")


def _event(data: Data) -> str:
    return headline(f"{data.get('source')} {data.get('type')}: {data.get('subject') or '-'}")


def _labels(data: Data) -> str:
    labels = ", ".join(f"{name} {value}" for name, value in (data.get("labels") or {}).items() if value)
    return headline(labels or data.get("route") or "")


def _matchers(data: Data) -> str:
    return headline(", ".join(data.get("matchers") or []))


def _undelivered(data: Data) -> str:
    return headline(f"{data.get('subscription')}: {data.get('event') or '-'}")


def _texts(*names: str) -> Callable[[Data], str]:
    """A title of the fields *names*."""
    return lambda data: headline(", ".join(str(data[name]) for name in names if data.get(name)))


EVENT = Kind("event", "events", "`opos events`, the answer to the webhook and the console show the id.", _event)
ALERT = Kind("alert", "alerts", "`opos alerts list` shows the ids.", _titled)
MESSAGE = Kind("message", "outbox", _PROBLEMS, _noticed)
DIGEST = Kind("digest", "digests", "`opos digest list` shows the ids.", _noticed)
SILENCE = Kind("silence", "silences", "`opos silence list` shows the ids.", _matchers)
GROUP = Kind("group", "groups", "`opos show ALERT` shows the id of its group.", _labels)
FAILED_MESSAGE = Kind("failed message", "dead_letters", _PROBLEMS, _undelivered)
SESSION = Kind("session", "sessions", "`opos console --sessions` shows the ids.", _texts("browser"))
FOCUS = Kind("focus block", "focus", "`opos focus` shows them.", _texts("name"))
DEPLOYMENT = Kind("deployment", "deployments", "`opos deployments` shows them.", _texts("phase", "by"))
HEARTBEAT = Kind("heartbeat", "heartbeats", "`opos heartbeat list` shows the names.", _texts("name"))
OVERRIDE = Kind("override", "overrides", "`opos flags overrides` shows them.", _texts("variant", "why"))
PUBLIC_INCIDENT = Kind("public incident", "public_incidents", "`opos statuspage list` shows the ids.", _titled)
ASK = Kind("ask", "asks", "`opos asks` lists the open ones.", _titled)
KINDS = (
    EVENT, ALERT, ASK, MESSAGE, DIGEST, SILENCE, GROUP, FAILED_MESSAGE, SESSION, FOCUS, DEPLOYMENT, HEARTBEAT, OVERRIDE,
    PUBLIC_INCIDENT,
)  # fmt: skip
