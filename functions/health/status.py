"""The public status page, its feed, its JSON and its badges.

They show what the operator declared, the state of each component that follows, and nothing else: no title, label or
payload of an alert, and no check, number, version or host of opos itself.
"""

import hashlib
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.health.status_forms import FORMS, POLICY
from shared.config.status_page import StatusPage
from shared.context import Context
from shared.events import iso
from shared.process.fan_out import Unanswered, ask_all
from shared.services.status_page.page import current
from shared.status_page.view import View, unknown
from shared.values.http import HttpRequest, HttpResponse

FRESH = timedelta(seconds=30)
"""For how long a process reuses what it has read: the public cannot make opos read more often than that."""
RETRY = timedelta(seconds=5)
"""The same after the store did not answer."""
STALE = 300
"""Seconds for which a cache may show its copy while opos does not answer. The copy says of when it is."""
_SAFE = {
    "content-security-policy": POLICY,
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
    """The answer to a GET or HEAD of one of FORMS. Raises NotFound for a badge of an unknown component."""
    kept = _current(page, context)
    response = FORMS[request.path.rstrip("/")](kept.view, request, page, context)
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
    """What was read less than FRESH ago. While one request reads again, the others get what is a little older."""
    if (kept := _kept_for(FRESH, context)) is not None:
        return kept
    if not _reading.acquire(blocking=_kept_for(2 * FRESH, context) is None):
        return _memory.kept or _read(page, context)
    try:
        if (kept := _kept_for(FRESH, context)) is None:
            kept = _memory.kept = _read(page, context)
        return kept
    finally:
        _reading.release()


def _kept_for(length: timedelta, context: Context) -> _Kept | None:
    """What this process keeps, unless it is older than *length*, from another configuration, or no answer of the store
    for RETRY or longer.
    """
    kept = _memory.kept
    if kept is None or kept.config is not context.config:
        return None
    limit = length if kept.view.readable else RETRY
    return kept if timedelta() <= context.now - kept.at < limit else None


def _read(page: StatusPage, context: Context) -> _Kept:
    with suppress(Exception):  # a cold start makes the client here, outside of the limit; what fails, fails again below
        context.store  # noqa: B018
    (view,) = ask_all([lambda: current(page, context)], context.config.health.dependency_timeout)
    if isinstance(view, Unanswered):
        nothing = unknown(page.title, page.components, context.now, _memory.read_at)
        return _Kept(context.config, context.now, nothing)
    _memory.read_at = iso(context.now)
    return _Kept(context.config, context.now, view)
