"""What a server tells every client: when its certificate ends, and its time.

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
from shared.process.deadline import within

_NO_CHECK_TIME = 0x20_0000
_HALF_A_SECOND = timedelta(seconds=0.5)


def _utc() -> datetime:
    return datetime.now(UTC)


@contextmanager
def tls(host: str, port: int, *, timeout: float, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    """A TLS connection to *host* (SNI). *timeout* is in seconds, for each step. Raises OSError."""
    line = socket.create_connection((host, port), timeout)
    with line, context.wrap_socket(line, server_hostname=host) as secured:
        yield secured


def certificate_ends(host: str, port: int = 443, *, timeout: float) -> datetime:
    """When the certificate of *host* ends, whether it is trusted or not.

    *host* is a name or an address, IPv6 without brackets. *timeout* is in seconds, for all steps together. Raises
    Unavailable if there is no certificate.
    """
    from cryptography.x509 import load_der_x509_certificate

    try:
        shown = within(timeout, lambda: _certificate(host, port, timeout))
        return load_der_x509_certificate(shown).not_valid_after_utc
    except (OSError, ValueError) as fault:
        raise Unavailable(f"No certificate was received: {type(fault).__name__}.") from fault


def _certificate(host: str, port: int, timeout: float) -> bytes:
    with tls(host, port, timeout=timeout, context=_trusting()) as secured:
        return secured.getpeercert(binary_form=True) or b""


def clock_offset(url: str, *, timeout: float, now: Callable[[], datetime] = _utc) -> timedelta:
    """How far *now*, this machine's clock, is ahead of the clock of the server at *url*; negative if it is behind.

    The server sends its time in whole seconds, at some point between request and answer. The result can therefore be
    wrong by half a second and half the round trip, or by one second if a cache answers; an offset within that error
    counts as zero. Raises Unavailable if there is no answer within *timeout* seconds, or no Date in it.
    """
    asked = now()
    headers = _head(url, timeout)
    half_trip = (now() - asked) / 2
    theirs, error = _time(headers)
    offset = asked + half_trip - theirs
    return offset if abs(offset) > error + half_trip else timedelta()


def _time(headers: "Message[str, str]") -> tuple[datetime, timedelta]:
    """The time in *headers* and its possible error: each of its numbers is rounded to whole seconds."""
    try:
        said = parsedate_to_datetime(headers["date"])
        age = int(headers.get("age", "-1"))
    except (TypeError, ValueError) as fault:
        raise Unavailable("The server's answer has no valid date.") from fault
    said = said.replace(tzinfo=said.tzinfo or UTC)  # an old format in RFC 9110 has no zone
    if age < 0:
        return said + _HALF_A_SECOND, _HALF_A_SECOND
    return said + timedelta(seconds=age) + 2 * _HALF_A_SECOND, 2 * _HALF_A_SECOND


def _head(url: str, timeout: float) -> "Message[str, str]":
    """The headers of the answer, regardless of its status."""
    try:
        return within(timeout, lambda: _asked(url, timeout))
    except (OSError, HTTPException, ValueError) as fault:
        raise Unavailable(f"The server did not answer: {type(fault).__name__}.") from fault


def _asked(url: str, timeout: float) -> "Message[str, str]":
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=_timeless()))
    try:
        with opener.open(urllib.request.Request(url, method="HEAD"), timeout=timeout) as answer:  # noqa: S310  (the operator's)
            headers: Message[str, str] = answer.headers
            return headers
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.headers


def _timeless() -> ssl.SSLContext:
    """The usual trust, except for the dates of certificates, since they depend on the clock that is being checked."""
    context = ssl.create_default_context()
    context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    return context


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
