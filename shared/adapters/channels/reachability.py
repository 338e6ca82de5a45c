"""Whether a receiver is there, asked by a connection that carries nothing, and what a fault of the line means.

Source: OpenSSL, X509_STORE_CTX_get_error(3), for the numbers of what is wrong with a certificate.
"""

import socket
import ssl
import urllib.error
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from shared.adapters.host_probes import tls
from shared.errors import DeliveryError

_ANOTHER_NAME = "its certificate is for another name"  # OpenSSL's own words would name the host, a part of the secret
_WRONG = {
    9: "its certificate is not valid yet, or the clock of this machine is behind",
    10: "its certificate has expired, or the clock of this machine is ahead",
    18: "its certificate is signed by itself",
    20: "nobody known vouches for its certificate",
    62: _ANOTHER_NAME,
    64: _ANOTHER_NAME,
}


def reach(url: str, *, timeout: float) -> bool:
    """Whether the host of *url* could be asked: it was connected to, with TLS where that is https, and told nothing.

    Behind a proxy of the environment it cannot be, since a connection of our own says nothing of the proxy's. Raises
    DeliveryError.
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
    """For an address that is none: why it is not can only be said with a part of it, which is a secret."""
    return DeliveryError("misconfigured", permanent=True, detail="the address cannot be read")


def _connect(scheme: str, host: str, port: int, timeout: float) -> None:
    if scheme == "https":
        with tls(host, port, timeout=timeout, context=ssl.create_default_context()):
            return
    socket.create_connection((host, port), timeout).close()


def undelivered(fault: BaseException) -> DeliveryError:
    """What *fault*, of a connection, means for the delivery. Its own text, which may hold the address, is left out."""
    cause = fault.reason if isinstance(fault, urllib.error.URLError) else fault
    match cause:
        case TimeoutError():
            return DeliveryError("timeout")
        case ssl.SSLCertVerificationError():
            wrong = _WRONG.get(cause.verify_code, cause.verify_message)
            return DeliveryError("unreachable", detail=f"no trustworthy TLS: {wrong}")
        case ssl.SSLError():
            return DeliveryError("unreachable", detail=f"no trustworthy TLS: {cause.reason}")
    return DeliveryError("unreachable", detail=type(cause).__name__)
