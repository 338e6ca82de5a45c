"""Answers the pings of jobs, by the name of a heartbeat or by its address that nobody can guess."""

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING

from functions.webhook_intake.authentication import flaws, live
from shared.context import Context
from shared.errors import FailedCheck, MethodNotAllowed, NotFound, Unauthorized
from shared.values.authorization import credentials
from shared.values.http import HttpRequest, HttpResponse, json_response

if TYPE_CHECKING:
    from shared.config.model import Heartbeat

METHODS = ("GET", "HEAD", "POST")
_HINT = "Declare it under heartbeats in opos.yaml; `opos heartbeat url NAME` prints its address."


def ping(place: str, word: str, request: HttpRequest, context: Context) -> HttpResponse:
    """Record the ping of the heartbeat at *place*; *word* is the rest of the path, such as `start` or `1`.

    The method is checked first: its answer must not depend on whether there is such a heartbeat.
    """
    if request.method not in METHODS:
        raise MethodNotAllowed(request.method, *METHODS)
    from shared.intake.pings import read_ping
    from shared.security.ping_addresses import ping_id
    from shared.services.intake.pings import record_ping

    name, heartbeat = _heartbeat(place, context)
    named = live(heartbeat.secrets, context)
    secrets = list(named.values())
    if name == place:
        _require_token(request, named)
    record_ping(name, heartbeat, read_ping(word, request, [*secrets, ping_id(name, context.links.key)]), context)
    return json_response(200, {"id": name, "status": "ok"})


def _heartbeat(place: str, context: Context) -> "tuple[str, Heartbeat]":
    """The heartbeat that *place* names. `opos backup` alone pings one with `backup`, so there is none for others."""
    jobs = {name: heartbeat for name, heartbeat in context.config.heartbeats.items() if not heartbeat.backup}
    name = place if place in jobs else _by_id(place, jobs, context)
    if name is None:
        raise NotFound("There is no such heartbeat.", hint=_HINT)
    return name, jobs[name]


def _by_id(place: str, jobs: "dict[str, Heartbeat]", context: Context) -> str | None:
    from shared.security.ping_addresses import heartbeat_at, is_ping_id

    return heartbeat_at(place, jobs, context.links.key) if is_ping_id(place) else None


def _require_token(request: HttpRequest, secrets: Mapping[str, str]) -> None:
    given = credentials(request.headers, "Bearer") or request.query.get("token", "")
    token = given.encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(token, secret.encode()) for secret in secrets.values()]
    if secrets and not any(matches):
        flawed = flaws(secrets)
        failed: FailedCheck = "header" if not given else "secret" if flawed else "token"
        detail = "authorization" if not given else "".join(flawed[:1])
        raise Unauthorized("The ping does not carry a valid token.", failed=failed, detail=detail)
