"""Authenticates a request by the secrets of its source."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.context import Context
from shared.errors import Unauthorized, Unavailable
from shared.intake.body import SECRET_REMOVED
from shared.security.secrets import may_be_unset
from shared.sources import scheme
from shared.sources.signatures import rejected
from shared.values.http import HttpRequest

if TYPE_CHECKING:
    from shared.config.sources import Source


def live(names: Sequence[str], context: Context) -> dict[str, str]:
    """The values of the secrets *names*, by name. Raises Unavailable if a required secret is not set."""
    values = {}
    for name in names:
        try:
            values[name] = context.secret(name)
        except Unavailable:
            if not may_be_unset(name, names):
                raise
    return values


def proof(source: "Source", request: HttpRequest, context: Context) -> str:
    """The name of the first secret that authenticates *request*; empty if *source* has only one.

    Raises Unauthorized if none does. All secrets are tried, even after a match.
    """
    secrets = live(source.secrets, context)
    proving = [name for name, secret in secrets.items() if _proves(secret, source, request, context)]
    if not proving:
        raise rejected(source.scheme)
    return proving[0] if len(set(secrets.values())) > 1 else ""


def without_secret(source: "Source", request: HttpRequest, context: Context) -> HttpRequest:
    """*request* as it is stored: without its secret, if that is a part of the body."""
    if source.scheme != "pagerduty-events":
        return request
    body = request.body
    for secret in live(source.secrets, context).values():
        body = body.replace(secret.encode(), SECRET_REMOVED)
    return request._replace(body=body)


def _proves(secret: str, source: "Source", request: HttpRequest, context: Context) -> bool:
    try:
        scheme(source).verify(request, [secret], now=context.now, tolerance=source.tolerance)
    except Unauthorized:
        return False
    return True
