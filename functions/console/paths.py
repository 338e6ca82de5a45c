"""The addresses of the console's pages. `/flags` and `/health` belong to other functions, hence the prefix."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

TODAY = "/"
EVENTS = "/console/events"
ALERTS = "/console/alerts"
FLAGS = "/console/flags"
HEALTH = "/console/health"
SETTINGS = "/console/settings"
SEARCH = "/console/search"
REVIEW = "/review"
RECORDS = "/console/records"
MENU = "/console/menu"


def event_path(id: str) -> str:
    return f"/console/event/{quote(id, safe='')}"


def alert_path(id: str) -> str:
    return f"/console/alert/{quote(id, safe='')}"


def message_path(id: str) -> str:
    return f"/console/message/{quote(id, safe='')}"


def records_path(kind: str) -> str:
    return f"{RECORDS}/{quote(kind, safe='')}"


def record_path(kind: str, id: str) -> str:
    return f"/console/record/{quote(kind, safe='')}/{quote(id, safe='')}"


def ask_path(id: str) -> str:
    return f"/console/ask/{quote(id, safe='')}"


def heartbeat_path(name: str) -> str:
    return f"/heartbeat/{quote(name, safe='')}"


def flag_path(name: str) -> str:
    return f"{FLAGS}#flag-{quote(name, safe='')}"


def source_path(name: str) -> str:
    """The events of a source."""
    return f"{EVENTS}?source={quote(name, safe='')}"


_OF_KIND: Mapping[str, Callable[[str], str]] = {
    "alert": alert_path,
    "ask": ask_path,
    "event": event_path,
    "message": message_path,
    "digest": message_path,
    "heartbeat": heartbeat_path,
    "source": source_path,
    "flag": flag_path,
    "silence": lambda _: f"{SETTINGS}#silences",
    "group": lambda _: ALERTS,
    "deployment": lambda name: f"{HEALTH}#deployment-{name}",
}


def page_of(kind: str, id: str) -> str:
    """The page that shows the thing of *kind* with *id*; Health for what has no page, such as a failed message."""
    path = _OF_KIND.get(kind)
    return path(id) if path else HEALTH
