"""What a name resolves to, before opos calls an address that came over the internet.

A name such as `127.0.0.1.nip.io` is public and leads to this machine. The name may resolve to something else a moment
later, when the request is made; the request then fails at the certificate, before it sends anything.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from shared.adapters.channels.reachability import undelivered
from shared.errors import DeliveryError

_TRANSLATED = ip_network("64:ff9b::/96")
"""Addresses that stand for an IPv4 address, in their last 32 bits. Source: RFC 6052, section 2.1."""


def require_public(url: str) -> None:
    """Raises DeliveryError unless each address of the host of *url*, which is https, is one of the internet.

    Behind a proxy, the proxy resolves the name, so nothing is checked.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if "https" in getproxies() and not proxy_bypass(host):
        return
    try:
        answers = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise undelivered(fault) from None
    if not all(is_public(str(answer[4][0])) for answer in answers):
        detail = "the name of the push service leads to an address that is not public"
        raise DeliveryError("misconfigured", permanent=True, detail=detail)


def is_public(address: str) -> bool:
    """Whether the IP *address* is one of the internet, also if it stands for an IPv4 address."""
    ip = ip_address(address.partition("%")[0])
    if not isinstance(ip, IPv6Address):
        return ip.is_global and not ip.is_multicast
    inner = IPv4Address(ip.packed[-4:]) if ip in _TRANSLATED else ip.ipv4_mapped or ip.sixtofour
    return is_public(str(inner)) if inner else ip.is_global and not ip.is_multicast
