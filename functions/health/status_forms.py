"""The forms of the status page: HTML, Atom, JSON and badges, all of the same view."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from shared.config.status_page import StatusPage
from shared.context import Context
from shared.errors import NotFound
from shared.status_page.states import SHAPES, WORDS
from shared.status_page.view import Entry, View
from shared.values.http import HttpRequest, HttpResponse, json_response
from shared.values.local_time import as_datetime
from shared.values.templates import templates

ENTRIES = 50
"""How many updates the feed holds, the newest first."""
POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_TEMPLATES = Path(__file__).with_name("templates")


def _html(view: View, _request: HttpRequest, _page: StatusPage, context: Context) -> HttpResponse:
    zone = context.config.timezone
    from markupsafe import Markup

    style = (_TEMPLATES / "status.css").read_text()
    content = _rendered(
        "status.html", view=view, shapes=SHAPES, style=Markup(style),  # noqa: S704  (our own file)
        utc=_utc, local=_local(zone),
    )  # fmt: skip
    allowed = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"{POLICY}; style-src 'sha256-{allowed}'"
    return HttpResponse(200, content, {"content-type": "text/html; charset=utf-8", "content-security-policy": policy})


def _utc(time: str) -> str:
    return f"{as_datetime(time):%d %b %Y %H:%M} UTC".lstrip("0")


def _local(zone: str) -> Callable[[str], str]:
    """A function that shows a stored time in *zone*, with the day only if it differs in UTC; nothing for UTC itself."""

    def shown(time: str) -> str:
        utc = as_datetime(time)
        local = utc.astimezone(ZoneInfo(zone))
        day = "" if local.date() == utc.date() else f"{local.day} {local:%b} "
        return f"{day}{local:%H:%M %Z}" if zone != "UTC" else ""

    return shown


def _badge(view: View, request: HttpRequest, _page: StatusPage, _context: Context) -> HttpResponse:
    id = request.query.get("component", "")
    states = {row.id: row.state for row in view.components}
    if id and id not in states:
        raise NotFound("The status page has no such component.", hint="Use an id of `status.components` in opos.yaml.")
    content = _rendered("badge.svg", label=id or "status", state=states.get(id, view.state), words=WORDS)
    return HttpResponse(200, content, {"content-type": "image/svg+xml"})


def _json(view: View, _request: HttpRequest, _page: StatusPage, _context: Context) -> HttpResponse:
    return json_response(200, {
        "title": view.title, "state": view.state, "headline": view.headline, "as_of": view.as_of,
        "components": [
            {"id": row.id, "name": row.name, "state": row.state, "unknown_since": row.since} for row in view.components
        ],
        "incidents": list(map(_plain, view.incidents)), "maintenance": list(map(_plain, view.maintenance)),
        "planned": list(map(_plain, view.planned)), "past": list(map(_plain, view.past)),
    })  # fmt: skip


def _plain(entry: Entry) -> dict[str, Any]:
    doc = entry.doc
    ends: dict[str, Any] = {name: doc[name] for name in ("starts_at", "ends_at") if name in doc}
    return {
        "id": entry.id, "title": doc["title"], "progress": entry.phase, "impact": doc["impact"],
        "components": doc["components"], "began_at": doc["began_at"], "ended_at": doc["ended_at"], **ends,
        "updates": [{name: update[name] for name in ("at", "progress", "text")} for update in entry.updates],
    }  # fmt: skip


def _feed(view: View, _request: HttpRequest, page: StatusPage, context: Context) -> HttpResponse:
    """Atom, RFC 4287. The ids are tag URIs of RFC 4151, so they outlive a change of the address's scheme or port."""
    base = (page.url or context.links.base_url).rstrip("/")
    pairs = [(entry, update) for entry in view.entries for update in entry.updates]
    pairs.sort(key=lambda pair: pair[1]["at"], reverse=True)
    updated = pairs[0][1]["at"] if pairs else f"{view.as_of[:10]}T00:00:00Z"
    content = _rendered("status.atom", view=view, pairs=pairs[:ENTRIES], base=base, host=_host(base), updated=updated)
    return HttpResponse(200, content, {"content-type": "application/atom+xml; charset=utf-8"})


def _host(base: str) -> str:
    """The name of our host, as the authority of a tag URI can have it."""
    host = urlsplit(base).hostname or ""
    return host if host and ":" not in host else "localhost"


FORMS: Mapping[str, Callable[[View, HttpRequest, StatusPage, Context], HttpResponse]] = {
    "/status": _html, "/status.atom": _feed, "/status.json": _json, "/status.svg": _badge,
}  # fmt: skip


def _rendered(template: str, **values: Any) -> bytes:
    text = templates(_TEMPLATES).get_template(template).render(**values)
    return text.encode("utf-8", "replace")
