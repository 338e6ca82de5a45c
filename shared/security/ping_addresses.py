"""The address of a heartbeat that nobody can guess: derived from its name and the signing key, and stored nowhere."""

import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

from shared.security.signed_links import Links


def ping_url(heartbeat: str, links: Links) -> str:
    return f"{links.base_url.rstrip('/')}/webhooks/ping/{ping_id(heartbeat, links.key)}"


def heartbeat_at(id: str, heartbeats: Iterable[str], key: str) -> str | None:
    """The one of *heartbeats* whose id is *id*. Compares with each, in constant time."""
    given = id.lower().encode("utf-8", "surrogateescape")
    matches = [name for name in heartbeats if hmac.compare_digest(ping_id(name, key).encode(), given)]
    return matches[0] if matches else None


def is_ping_id(text: str) -> bool:
    """Whether *text* has the form of an id: then no heartbeat needs to be compared with any other."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


@lru_cache(maxsize=1024)
def ping_id(heartbeat: str, key: str) -> str:
    """128 bits in the form of a UUID, which the clients of healthchecks.io expect."""
    return str(UUID(bytes=hmac.digest(key.encode(), f"opos.ping\0{heartbeat}".encode(), hashlib.sha256)[:16]))
