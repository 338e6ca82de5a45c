"""The addresses of a bundle on this machine: for programs here, for a phone in the same network, and for everybody."""

import socket
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

LOCALHOST = "127.0.0.1"
_WILDCARDS = {"0.0.0.0": LOCALHOST, "::": "::1"}  # noqa: S104  (compared with, not bound)
_FAR = {LOCALHOST: (socket.AF_INET, "192.0.2.1"), "::1": (socket.AF_INET6, "2001:db8::1")}
"""Addresses that belong to nobody (RFC 5737, RFC 3849): the route to them shows which address this machine has."""


def here(host: str, port: int) -> str:
    """Where a program on this machine reaches a server that listens on *host*."""
    return _url(_WILDCARDS.get(host, host), port)


def in_network(host: str, port: int) -> str:
    """Where other devices of the network reach a server that listens on *host*; as `here` if they do not."""
    local = _WILDCARDS.get(host)
    return _url((_own_address(local) or local) if local else host, port)


def is_loopback(url: str) -> bool:
    """Whether *url* leads to the machine of whoever opens it."""
    host = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _own_address(local: str) -> str | None:
    """The address of this machine in its network; None without one. Nothing is sent."""
    family, far = _FAR[local]
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((far, 9))
        return str(probe.getsockname()[0])
    return None


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host and not host.startswith("[") else f"http://{host}:{port}"
