"""The address of a topic on an ntfy server, and how it authenticates the sender.

Sources: ntfy documentation, "Authentication": user name and password, "Access tokens" (a password without a user name),
and "Query param" (`auth`, the Authorization header in Base64 without padding). The header keeps a secret out of the
logs of servers and proxies.
"""

import base64
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from shared.adapters.channels.reachability import unreadable
from shared.errors import DeliveryError

_TOKEN = "tk_"  # noqa: S105  (how every access token of ntfy begins)
_AUTH = ("auth", "authorization")


class NtfyAddress(NamedTuple):
    """Where to `publish` to `topic`, with which `headers`, and where the server says whether it is in `health`."""

    publish: str
    topic: str
    headers: dict[str, str]
    health: str


def address(url: str) -> NtfyAddress:
    """What *url* says: `https://server/topic`, with `user:password@`, `:token@`, or `?auth=`. Raises DeliveryError."""
    parts = _parts(url)
    base, _, topic = parts.path.rpartition("/")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not topic:
        raise _misconfigured("expected https://server/topic")
    host, query = parts.netloc.rpartition("@")[2], parse_qsl(parts.query, keep_blank_values=True)
    other = urlencode([(name, value) for name, value in query if name not in _AUTH])
    proof = _query_proof(dict(query)) or _login_proof(parts)
    return NtfyAddress(
        urlunsplit((parts.scheme, host, f"{base}/", other, "")),
        topic,
        {"authorization": proof} if proof else {},
        urlunsplit((parts.scheme, host, f"{base}/v1/health", "", "")),
    )


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url.strip())
    except ValueError:
        raise unreadable() from None


def _query_proof(query: dict[str, str]) -> str:
    given = next((query[name] for name in _AUTH if query.get(name)), "")
    try:
        proof = base64.b64decode(given.rstrip("=") + "=" * (-len(given.rstrip("=")) % 4), "-_", validate=True).decode()
    except ValueError:
        proof = " "
    if given and not (proof.isascii() and proof.isprintable() and proof.lower().startswith(("basic ", "bearer "))):
        raise _misconfigured("expected ?auth= with an Authorization header, Basic or Bearer, in Base64")
    return proof


def _login_proof(parts: SplitResult) -> str:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    token = password if not user else user if user.startswith(_TOKEN) and not password else ""
    if token.isascii() and token.isprintable() and token:
        return f"Bearer {token}"
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}" if user or password else ""


def _misconfigured(detail: str) -> DeliveryError:
    return DeliveryError("misconfigured", permanent=True, detail=detail)
