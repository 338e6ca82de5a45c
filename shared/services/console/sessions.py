"""Sessions of the console on your machine: each begins with a link that works once, and ends on its own or by you.

The cookie holds the id of the session and a secret; the store holds only the secret's hash. A session ends after LIFE,
or after IDLE without use. When deployed, operators have an identity, and the console has no sessions.
Source: OWASP Cheat Sheet Series, "Session Management".
"""

import hashlib
import hmac
import re
from contextlib import suppress
from datetime import datetime, timedelta

from shared.context import Context
from shared.errors import Conflict, Gone, NotFound, Unavailable
from shared.events import iso
from shared.ports import Create, Doc, Update
from shared.ports.field_paths import EXPIRY

LINK_LIFE = timedelta(minutes=10)
LIFE, IDLE = timedelta(days=30), timedelta(days=7)
COARSE = timedelta(hours=1)
"""How exact `last_seen` is: a page writes only if the last write is older, and otherwise costs one read."""
KEEP = timedelta(days=1)
"""How long an ended session stays: longer than the link that began it, which must not begin it again."""
MOST = 100
_ID = re.compile(r"[0-9a-f]{32}")
_COOKIE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{32})")


def new_link(context: Context) -> str:
    """An address that begins one session within LINK_LIFE. Making it writes nothing."""
    return context.links.url("console", {"session": context.new_id()}, expires=context.now + LINK_LIFE)


def require_unused(token: str, context: Context) -> str:
    """The id of the session that the link of *token* begins. Raises NotFound, or Gone if it has expired or was used."""
    claims = context.links.read("console", token, now=context.now)
    if "session" not in claims:
        raise NotFound("This link was made by an earlier release.")
    if context.store.get(f"sessions/{claims['session']}"):
        raise Gone("This link was already used.")
    return str(claims["session"])


def begin(token: str, browser: str, context: Context) -> str:
    """The value of the cookie of a new session. Raises the errors of `require_unused`, and AlreadyExists if another
    request with the same link was faster.
    """
    id, secret, ends_at = require_unused(token, context), context.new_id(), context.now + IDLE
    content = {
        "secret_sha256": _hash(secret), "browser": browser, "created_at": iso(context.now),
        "last_seen": iso(context.now), "ends_at": iso(ends_at), EXPIRY: iso(ends_at + KEEP),
    }  # fmt: skip
    context.store.commit([Create(f"sessions/{id}", content)])
    return f"{id}.{secret}"


def session_of(cookie: str, context: Context) -> Doc | None:
    """The session of the value of a *cookie*; None if there is none, or if it has ended."""
    shape = _COOKIE.fullmatch(cookie)
    doc = context.store.get(f"sessions/{shape[1]}") if shape else None
    if shape is None or doc is None or not hmac.compare_digest(doc.data["secret_sha256"], _hash(shape[2])):
        return None
    if doc.data["ends_at"] <= iso(context.now):
        return None
    if doc.data["last_seen"] <= iso(context.now - COARSE):
        _extend(doc, context)
    return doc


def _extend(doc: Doc, context: Context) -> None:
    """Note the use of a session. A page does without it if the session ends meanwhile, or if the disk is full."""
    ends_at = min(datetime.fromisoformat(doc.data["created_at"]) + LIFE, context.now + IDLE)
    use = {"last_seen": iso(context.now), "ends_at": iso(ends_at), EXPIRY: iso(ends_at + KEEP)}
    with suppress(Conflict, Unavailable):
        context.store.commit([Update(doc.path, use, doc.version)])


def sessions(context: Context) -> list[Doc]:
    """The sessions that have not ended, the first to end first; at most MOST."""
    docs = context.store.query("sessions", where=[("ends_at", ">", iso(context.now))], order_by="ends_at", limit=MOST)
    return [doc for doc in docs if doc.data["secret_sha256"]]


def end(id: str, context: Context) -> None:
    """End a session, whatever the clock says later. Raises Conflict if another writer was faster.

    The document stays until its link has expired.
    """
    doc = context.store.get(f"sessions/{id}") if _ID.fullmatch(id) else None
    if doc is not None and doc.data["secret_sha256"]:
        ended = {"secret_sha256": "", "ends_at": iso(context.now), EXPIRY: iso(context.now + KEEP)}
        context.store.commit([Update(doc.path, ended, doc.version)])


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
