"""An HTTP client for the command line: one request, and its answer whatever the status.

A request may carry a secret, so it goes to its address and nowhere else: no redirect is followed, and no proxy of the
environment is used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from shared.errors import Unavailable
from shared.process.deadline import within

Headers = Mapping[str, str]
TIMEOUT = 10.0
_LONGEST = 1_000_000
"""The bytes of an answer that are read."""
_CONNECTIONS: Mapping[str, type[HTTPConnection]] = {"http": HTTPConnection, "https": HTTPSConnection}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str

    @property
    def body(self) -> Any:
        """The JSON value that the text holds, or the text itself if it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text


def get(url: str, headers: Headers | None = None, *, timeout: float = TIMEOUT) -> Answer:
    """The answer to a GET. Raises Unavailable if there is none within *timeout* seconds."""
    return _answer("GET", url, None, headers or {}, timeout)


def post(url: str, body: bytes, headers: Headers, *, timeout: float = TIMEOUT) -> Answer:
    """The answer to a POST. Raises Unavailable if there is none within *timeout* seconds."""
    return _answer("POST", url, body, headers, timeout)


def request(method: str, url: str, body: bytes | None, headers: Headers, *, timeout: float = TIMEOUT) -> Answer:
    """The answer within *timeout* seconds to exactly these headers, `host` and `content-length`.

    Raises TimeoutError, OSError or HTTPException if there is none, and ValueError for what cannot be sent.
    """
    return within(timeout, lambda: _exchange(method, url, body, headers, timeout))


def _answer(method: str, url: str, body: bytes | None, headers: Headers, timeout: float) -> Answer:
    try:
        return request(method, url, body, headers, timeout=timeout)
    except (OSError, HTTPException, ValueError) as fault:
        reason = str(fault) or f"none within {timeout:g} s"
        raise Unavailable(
            f"No answer from {url}: {reason}", hint="Is the bundle running? `opos up` starts it."
        ) from None


def _exchange(method: str, url: str, body: bytes | None, headers: Headers, timeout: float) -> Answer:
    parts = urlsplit(url)
    kind = _CONNECTIONS.get(parts.scheme)
    if kind is None or not parts.hostname:
        raise ValueError("expected a URL that begins with http:// or https://")
    port = parts.port or kind.default_port  # without one, http.client takes the end of an IPv6 address for it
    connection = kind(parts.hostname, port, timeout=timeout)
    try:
        length = {} if body is None else {"content-length": str(len(body))}
        connection.putrequest(method, _path(parts.path, parts.query), skip_accept_encoding=True)
        for name, value in {**length, **headers}.items():
            connection.putheader(name, _bytes(value))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(_LONGEST).decode("utf-8", "replace"))
    finally:
        connection.close()


def _path(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")


def _bytes(value: str) -> bytes:
    """A header as it was received: servers read its bytes as Latin-1."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")
