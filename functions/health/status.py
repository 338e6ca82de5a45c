"""The public status page, its feed, its JSON and its badges.

They show what the operator declared, the state of each component that follows, and nothing else: no title, label or
payload of an alert, and no check, number, version or host of opos itself.
"""

import hashlib
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from shared.config.status_page import StatusPage
from shared.context import Context
from shared.errors import NotFound
from shared.events import iso
from shared.process.fan_out import Unanswered, ask_all
from shared.services.status_page.page import current
from shared.status_page.states import SHAPES, WORDS
from shared.status_page.view import Entry, View, unknown
from shared.values.http import HttpRequest, HttpResponse, json_response
from shared.values.local_time import as_datetime
from shared.values.templates import templates

FRESH = timedelta(seconds=30)
"""For how long a process reuses what it has read: the public cannot make opos read more often than that."""
RETRY = timedelta(seconds=5)
"""The same after the store did not answer."""
STALE = 300
"""Seconds for which a cache may show its copy while opos does not answer. The copy says of when it is."""
_ENTRIES = 50
"""How many updates the feed holds, the newest first."""
_TEMPLATES = Path(__file__).with_name("templates")
_SAFE = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}  # fmt: skip
_CACHED = {"cache-control": f"public, max-age={int(FRESH.total_seconds())}, stale-if-error={STALE}"}
_UNCACHED = {"cache-control": "no-store", "retry-after": str(int(FRESH.total_seconds()))}


@dataclass(frozen=True)
class _Kept:
    config: object
    at: datetime
    view: View


@dataclass
class _Memory:
    """What this process read last, and when the store answered last."""

    kept: _Kept | None = None
    read_at: str | None = None


_memory = _Memory()
_reading = threading.Lock()


def answer(request: HttpRequest, page: StatusPage, context: Context) -> HttpResponse:
    """The answer to a GET or HEAD of one of PATHS. Raises NotFound for a badge of an unknown component."""
    kept = _current(page, context)
    response = PATHS[request.path.rstrip("/")](kept.view, request, context)
    if not kept.view.readable:
        return _unreadable(response)
    tag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    headers = {**_SAFE, **response.headers, **_CACHED, "etag": tag}
    if _is_known(tag, request.headers.get("if-none-match", "")):
        return HttpResponse(304, b"", headers)
    return HttpResponse(200, response.body, headers)


def _unreadable(response: HttpResponse) -> HttpResponse:
    """A cache must not keep the answer, and a checker must see it. A badge is shown only with a 200 in many places."""
    is_picture = response.headers["content-type"] == "image/svg+xml"
    return HttpResponse(200 if is_picture else 503, response.body, {**_SAFE, **response.headers, **_UNCACHED})


def _is_known(tag: str, known: str) -> bool:
    """Whether `If-None-Match` names *tag*. It compares weakly: RFC 9110, 13.1.2."""
    tags = {name.strip().removeprefix("W/") for name in known.split(",")}
    return tag in tags or known.strip() == "*"


def _current(page: StatusPage, context: Context) -> _Kept:
    with _reading:
        kept = _memory.kept
        if kept is None or kept.config is not context.config or not _is_fresh(kept, context.now):
            kept = _memory.kept = _read(page, context)
        return kept


def _is_fresh(kept: _Kept, now: datetime) -> bool:
    return timedelta() <= now - kept.at < (FRESH if kept.view.readable else RETRY)


def _read(page: StatusPage, context: Context) -> _Kept:
    with suppress(Exception):  # a cold start makes the client here, outside of the limit; what fails, fails again below
        context.store  # noqa: B018
    (view,) = ask_all([lambda: current(page, context)], context.config.health.dependency_timeout)
    if isinstance(view, Unanswered):
        nothing = unknown(page.title, page.components, context.now, _memory.read_at)
        return _Kept(context.config, context.now, nothing)
    _memory.read_at = iso(context.now)
    return _Kept(context.config, context.now, view)


def _html(view: View, _request: HttpRequest, context: Context) -> HttpResponse:
    zone = context.config.timezone
    from markupsafe import Markup

    style = (_TEMPLATES / "status.css").read_text()
    content = _rendered(
        "status.html", view=view, shapes=SHAPES, style=Markup(style),  # noqa: S704  (our own file)
        utc=_utc, local=_local(zone),
    )  # fmt: skip
    allowed = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"{_SAFE['content-security-policy']}; style-src 'sha256-{allowed}'"
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


def _badge(view: View, request: HttpRequest, _context: Context) -> HttpResponse:
    id = request.query.get("component", "")
    states = {row.id: row.state for row in view.components}
    if id and id not in states:
        raise NotFound("The status page has no such component.", hint="Use an id of `status.components` in opos.yaml.")
    content = _rendered("badge.svg", label=id or "status", state=states.get(id, view.state), words=WORDS)
    return HttpResponse(200, content, {"content-type": "image/svg+xml"})


def _json(view: View, _request: HttpRequest, _context: Context) -> HttpResponse:
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


def _feed(view: View, _request: HttpRequest, context: Context) -> HttpResponse:
    """Atom, RFC 4287. The ids are tag URIs of RFC 4151, so they outlive a change of the address's scheme or port."""
    base = context.links.base_url.rstrip("/")
    pairs = [(entry, update) for entry in view.entries for update in entry.updates]
    pairs.sort(key=lambda pair: pair[1]["at"], reverse=True)
    updated = pairs[0][1]["at"] if pairs else f"{view.as_of[:10]}T00:00:00Z"
    content = _rendered("status.atom", view=view, pairs=pairs[:_ENTRIES], base=base, host=_host(base), updated=updated)
    return HttpResponse(200, content, {"content-type": "application/atom+xml; charset=utf-8"})


def _host(base: str) -> str:
    """The name of our host, as the authority of a tag URI can have it."""
    host = urlsplit(base).hostname or ""
    return host if host and ":" not in host else "localhost"


PATHS: Mapping[str, Callable[[View, HttpRequest, Context], HttpResponse]] = {
    "/status": _html, "/status.atom": _feed, "/status.json": _json, "/status.svg": _badge,
}  # fmt: skip


def _rendered(template: str, **values: Any) -> bytes:
    text = templates(_TEMPLATES).get_template(template).render(**values)
    return text.encode("utf-8", "replace")
