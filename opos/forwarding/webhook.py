"""A stored event as the webhook that its sender would send now: the same body, the stored headers, a fresh signature.

opos stores no signature. It makes a new one, because an app rejects the time in the original one after a few minutes,
and because the app may have another secret.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from shared.config.sources import Source
from shared.errors import ContractBroken
from shared.events import Event
from shared.intake.body import SECRET_REMOVED, parsed, raw_body
from shared.sources import scheme
from shared.sources.contract import Scheme
from shared.values.http import HttpRequest

_REMOVED_KEY = re.compile(rb'("routing_key"\s*:\s*)"%b"' % re.escape(SECRET_REMOVED))


class Webhook(NamedTuple):
    body: bytes
    headers: Mapping[str, str]


def is_signed(source: Source) -> bool:
    """Whether the sender signs. Otherwise it sends its secret, which reaches an app only if the operator says so."""
    return scheme(source).signed is not None


def webhook(event: Event, source: Source, secret: str | None, *, now: datetime) -> Webhook:
    """*event* signed with *secret* at *now*; without a signature, or a token, if *secret* is None."""
    body = raw_body(event)
    if secret is None:
        return Webhook(body, event.headers)
    if source.scheme == "pagerduty-events":
        body = _with_key(body, secret)
    sender = scheme(source)
    delivery = _delivery(sender, event, body)
    signed = sender.sign(body, secret, now=now, delivery=delivery, event_type="")
    return Webhook(body, {**event.headers, **_named_as_received(signed, event.headers)})


def _delivery(sender: Scheme, event: Event, body: bytes) -> str:
    """The id that the sender gave the delivery. That of the event may be another one, which `delivery:` declares."""
    payload = parsed(body, event.headers)
    known: Any = None if isinstance(payload, ContractBroken) else payload
    return sender.delivery(HttpRequest("POST", "/", event.headers, {}, body), known) or event.delivery_id


def _named_as_received(signed: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """The headers of *signed* that have a value, with Svix's names if the sender uses those."""
    prefix = "svix-" if "svix-id" in kept else "webhook-"
    return {name.replace("webhook-", prefix, 1): value for name, value in signed.items() if value}


def _with_key(body: bytes, key: str) -> bytes:
    """*body* with its routing key, which opos removes before it stores the body; another value may be equal."""
    return _REMOVED_KEY.sub(lambda field: field[1] + json.dumps(key).encode(), body)
