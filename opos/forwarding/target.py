"""Where webhooks are forwarded to: usually a development server on this machine."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from time import monotonic
from urllib.parse import urlsplit

import click

from opos.terminal.http import request
from shared.values.text import one_line

TIMEOUT = 10.0
"""Seconds until a webhook counts as not answered, as GitHub does."""
_ENOUGH = 10_000
_IS_URL = re.compile("[!-~]+").fullmatch
_HAS_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*://").match


@dataclass(frozen=True, slots=True)
class Target:
    """A server: `url` is the address as the operator sees it."""

    url: str
    host: str
    is_https: bool

    @property
    def is_loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way reads what is sent there."""
        return self.is_https or self.is_loopback


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a webhook. `status` is None if the server did not answer.

    `reason` says why it was not accepted: what went wrong, or the beginning of the answer.
    """

    status: int | None
    milliseconds: int
    reason: str = ""

    @property
    def is_accepted(self) -> bool:
        return _is_success(self.status or 0)


def target(text: str) -> Target:
    """The target that *text* names: a URL, or `localhost:3000/path`. Raises click.BadParameter."""
    url = text if _HAS_SCHEME(text) else f"http://{text}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or "@" in parts.netloc or not _IS_URL(url):
        expected = "a URL such as http://localhost:3000/webhook, without a user name"
        raise click.BadParameter(f"expected {expected}, found {text!r}")
    return Target(url, host, parts.scheme == "https")


def post(place: Target, body: bytes, headers: Mapping[str, str], *, timeout: float = TIMEOUT) -> Outcome:
    """What *place* answers within *timeout* seconds to exactly these headers, `host` and `content-length`."""
    began = monotonic()
    try:
        answer = request("POST", place.url, body, headers, timeout=timeout)
        return Outcome(answer.status, _since(began), _reason(answer.status, answer.text))
    except TimeoutError:
        return Outcome(None, _since(began), f"no answer within {timeout:g} s")
    except (OSError, HTTPException) as fault:
        reason = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
        return Outcome(None, _since(began), f"no answer: {one_line(reason)}")
    except ValueError as fault:  # a header that HTTP does not allow
        return Outcome(None, _since(began), f"not sent: {one_line(fault)}")


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004


def _reason(status: int, text: str) -> str:
    if 300 <= status < 400:  # noqa: PLR2004
        return "a redirect, which opos does not follow"
    return "" if _is_success(status) else one_line(text[:_ENOUGH])


def _since(began: float) -> int:
    return round((monotonic() - began) * 1000)
