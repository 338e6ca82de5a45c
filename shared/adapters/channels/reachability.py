"""Checks whether a receiver can be reached, by a connection without data, and explains connection errors.

Source: OpenSSL, X509_STORE_CTX_get_error(3), for the numbers of certificate errors.
"""

import socket
import ssl
import urllib.error
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from shared.adapters.host_probes import tls
from shared.errors import DeliveryError

_ANOTHER_NAME = (
    "TLS certificate is for another host name"  # OpenSSL's own words would name the host, a part of the secret
)
_WRONG = {
    9: "TLS certificate is not valid yet, or this machine's clock is behind",
    10: "TLS certificate has expired, or this machine's clock is ahead",
    18: "TLS certificate is self-signed",
    20: "TLS certificate is not from a trusted authority",
    62: _ANOTHER_NAME,
    64: _ANOTHER_NAME,
}


def reach(url: str, *, timeout: float) -> bool:
    """Whether the host of *url* could be checked, by a connection, with TLS for https, that sends nothing.

    Behind a proxy it cannot be checked, because a direct connection says nothing about the proxy's. Raises
    DeliveryError if the host cannot be reached.
    """
    scheme, host, port = _address(url)
    if scheme in getproxies() and not proxy_bypass(host):
        return False
    try:
        _connect(scheme, host, port, timeout)
    except (OSError, ValueError) as fault:
        raise undelivered(fault) from None
    return True


def _address(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise unreadable() from None
    if not host:
        raise unreadable()
    return parts.scheme, host, port


def unreadable() -> DeliveryError:
    """The error for an address that is not valid. It gives no reason, which would quote a part of the secret."""
    return DeliveryError("misconfigured", permanent=True, detail="the address is not valid")


def _connect(scheme: str, host: str, port: int, timeout: float) -> None:
    if scheme == "https":
        with tls(host, port, timeout=timeout, context=ssl.create_default_context()):
            return
    socket.create_connection((host, port), timeout).close()


def undelivered(fault: BaseException) -> DeliveryError:
    """The DeliveryError for *fault*, an error of a connection, without its text, which may contain the address."""
    cause = fault.reason if isinstance(fault, urllib.error.URLError) else fault
    match cause:
        case TimeoutError():
            return DeliveryError("timeout")
        case ssl.SSLCertVerificationError():
            detail = _WRONG.get(cause.verify_code, f"TLS certificate is not trusted: {cause.verify_message}")
            return DeliveryError("unreachable", detail=detail)
        case ssl.SSLError():
            return DeliveryError("unreachable", detail=f"TLS failed: {cause.reason}")
    return DeliveryError("unreachable", detail=type(cause).__name__)
