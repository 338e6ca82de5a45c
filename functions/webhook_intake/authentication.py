"""Authenticates a request by the secrets of its source."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shared.context import Context
from shared.errors import Unauthorized, Unavailable
from shared.intake.body import SECRET_REMOVED
from shared.security.secrets import flaw, may_be_unset
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
    failed = {name: _failure(secret, source, request, context) for name, secret in secrets.items()}
    proving = [name for name, fault in failed.items() if fault is None]
    if not proving:
        raise _rejected(source, request, secrets, [fault for fault in failed.values() if fault])
    return proving[0] if len(set(secrets.values())) > 1 else ""


def _rejected(
    source: "Source", request: HttpRequest, secrets: Mapping[str, str], faults: Sequence[Unauthorized]
) -> Unauthorized:
    """The one answer to *faults*, with the check that says most about the cause."""
    if header := scheme(source).missing(request):
        return rejected(source.scheme, "header", header)
    if late := next((fault for fault in faults if fault.failed == "timestamp"), None):
        return rejected(source.scheme, "timestamp", late.detail)
    if flawed := flaws(secrets):
        return rejected(source.scheme, "secret", flawed[0])
    return rejected(source.scheme, faults[0].failed)


def flaws(secrets: Mapping[str, str]) -> list[str]:
    """What is wrong with the values of *secrets*, by their names: `STRIPE_SECRET ends in whitespace`."""
    return [f"{name} {wrong}" for name, secret in secrets.items() if (wrong := flaw(secret))]


def without_secret(source: "Source", request: HttpRequest, context: Context) -> HttpRequest:
    """*request* as it is stored: without its secret, if that is a part of the body."""
    if source.scheme != "pagerduty-events":
        return request
    body = request.body
    for secret in live(source.secrets, context).values():
        body = body.replace(secret.encode(), SECRET_REMOVED)
    return request._replace(body=body)


def _failure(secret: str, source: "Source", request: HttpRequest, context: Context) -> Unauthorized | None:
    """Why *secret* does not authenticate *request*; None if it does."""
    try:
        scheme(source).verify(request, [secret], now=context.now, tolerance=source.tolerance)
    except Unauthorized as fault:
        return fault
    return None
