"""The addresses of the console's pages. `/flags` and `/health` belong to other functions, hence the prefix."""

from urllib.parse import quote

TODAY = "/"
EVENTS = "/console/events"
ALERTS = "/console/alerts"
FLAGS = "/console/flags"
HEALTH = "/console/health"
SETTINGS = "/console/settings"
SEARCH = "/console/search"
REVIEW = "/review"
MENU = "/console/menu"


def event_path(id: str) -> str:
    return f"/console/event/{quote(id, safe='')}"


def alert_path(id: str) -> str:
    return f"/console/alert/{quote(id, safe='')}"


def message_path(id: str) -> str:
    return f"/console/message/{quote(id, safe='')}"


def heartbeat_path(name: str) -> str:
    return f"/heartbeat/{quote(name, safe='')}"


def flag_path(name: str) -> str:
    return f"/console/flag/{quote(name, safe='')}"
