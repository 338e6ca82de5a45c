"""What a server tells to whoever connects: when its certificate ends, and its time. Nothing is asked of it besides.

Sources: RFC 6066, section 3 (SNI); RFC 9110, section 6.6.1 (Date); RFC 9111, section 5.1 (Age);
OpenSSL, X509_VERIFY_PARAM_set_flags(3).
"""

import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException

from shared.errors import Unavailable

_NO_CHECK_TIME = 0x20_0000
_HALF_A_SECOND = timedelta(seconds=0.5)


def _utc() -> datetime:
    return datetime.now(UTC)


@contextmanager
def tls(host: str, port: int, *, timeout: float, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    """A TLS connection, by the name of *host* (SNI). *timeout* is in seconds, for each step. Raises OSError."""
    line = socket.create_connection((host, port), timeout)
    with line, context.wrap_socket(line, server_hostname=host) as secured:
        yield secured


def certificate_ends(host: str, port: int = 443, *, timeout: float) -> datetime:
    """When the certificate that *host* shows ends, whether anybody may trust it or not.

    *host* is a name or an address, an IPv6 one without brackets. Raises Unavailable where nobody answers with one.
    """
    from cryptography.x509 import load_der_x509_certificate

    try:
        with tls(host, port, timeout=timeout, context=_trusting()) as secured:
            shown = secured.getpeercert(binary_form=True) or b""
        return load_der_x509_certificate(shown).not_valid_after_utc
    except (OSError, ValueError) as fault:
        raise Unavailable(f"No certificate was shown: {type(fault).__name__}.") from fault


def clock_offset(url: str, *, timeout: float, now: Callable[[], datetime] = _utc) -> timedelta:
    """By how much *now*, this machine's clock, is ahead of the clock of the server at *url*; negative where behind.

    The server says its time in whole seconds, at some moment between question and answer. The result may therefore be
    wrong by half a second and half the round trip, by one second where a cache answers; it is zero where it is no more
    than that. Raises Unavailable where there is no answer, or none with a Date.
    """
    asked = now()
    headers = _head(url, timeout)
    half_trip = (now() - asked) / 2
    theirs, error = _time(headers)
    offset = asked + half_trip - theirs
    return offset if abs(offset) > error + half_trip else timedelta()


def _time(headers: "Message[str, str]") -> tuple[datetime, timedelta]:
    """The time that *headers* say, and by how much that may be wrong: each of its numbers has lost half a second."""
    try:
        said = parsedate_to_datetime(headers["date"])
        age = int(headers.get("age", "-1"))
    except (TypeError, ValueError) as fault:
        raise Unavailable("The server does not say what time it is.") from fault
    said = said.replace(tzinfo=said.tzinfo or UTC)  # RFC 9110 knows an old form that names no zone
    if age < 0:
        return said + _HALF_A_SECOND, _HALF_A_SECOND
    return said + timedelta(seconds=age) + 2 * _HALF_A_SECOND, 2 * _HALF_A_SECOND


def _head(url: str, timeout: float) -> "Message[str, str]":
    """The headers of the answer, whatever its status."""
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=_timeless()))
    try:
        with opener.open(urllib.request.Request(url, method="HEAD"), timeout=timeout) as answer:  # noqa: S310  (the operator's)
            headers: Message[str, str] = answer.headers
            return headers
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.headers
    except (OSError, HTTPException, ValueError) as fault:
        raise Unavailable(f"The server did not answer: {type(fault).__name__}.") from fault


def _timeless() -> ssl.SSLContext:
    """Trusts as usual, but for the dates of certificates: they are judged by the very clock that is in question."""
    context = ssl.create_default_context()
    context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    return context


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
