"""Signed webhooks of senders whose mappings opos ships, from the intake to the records."""

import json
from collections.abc import Mapping
from typing import Any

from functions.record_keeper.handler import handle as keep
from functions.webhook_intake.handler import handle as take
from shared.events import EventAccepted
from shared.ports import Doc
from shared.records.body import Body, body_of
from shared.sources import scheme
from shared.values.http import HttpRequest
from tests.support.company import KINDS
from tests.support.configuration import parse_config
from tests.support.fakes import FakeContext

REST = """
owner: me@example.com
channels: {desk: {console: true}}
route: {channel: desk}
digest: {channel: desk}
"""
SOURCES = """
sources:
  stripe: {scheme: stripe, secrets: [STRIPE]}
  github: {scheme: github, secrets: [GITHUB]}
  shopify: {scheme: shopify, secrets: [SHOPIFY]}
"""
SECRETS = {"STRIPE": "whsec_stripe", "GITHUB": "github", "SHOPIFY": "shopify", "APP": "app"}


def fed(sources: str = SOURCES) -> FakeContext:
    return FakeContext(kinds=KINDS, config=parse_config(sources + REST), secrets=dict(SECRETS))


def accept(
    source: str, payload: Mapping[str, Any], context: FakeContext, *, type: str = "", id: str = ""
) -> EventAccepted:
    """The message of a webhook that *source* has signed and the intake has accepted."""
    declared, body = context.config.sources[source], json.dumps(payload).encode()
    delivery = id or str(payload.get("id", "d1"))
    secret = SECRETS[declared.secrets[0]]
    headers = scheme(declared).sign(body, secret, now=context.now, delivery=delivery, event_type=type)
    assert take(HttpRequest("POST", f"/webhooks/{source}", headers, {}, body, "192.0.2.1"), context).status == 202
    messages = [message for message in context.bus.published if isinstance(message, EventAccepted)]
    return messages[-1]


def receive(
    source: str, payload: Mapping[str, Any], context: FakeContext, *, type: str = "", id: str = ""
) -> EventAccepted:
    """What `accept` returns, after the record keeper has taken it in."""
    message = accept(source, payload, context, type=type, id=id)
    keep(message, context)
    return message


def stripe(type: str, object: Mapping[str, Any], *, id: str = "evt_1", created: int = 1795161600) -> dict[str, Any]:
    return {
        "id": id, "object": "event", "type": type, "created": created, "livemode": True, "data": {"object": object},
    }  # fmt: skip


def customer(**fields: Any) -> dict[str, Any]:
    """A customer of Stripe. Source: the object Customer, docs.stripe.com/api."""
    known = {"name": "Ada", "email": "ada@example.com", "phone": None, "created": 1795000000, "livemode": True}
    return {"id": "cus_1", "object": "customer", **known, **fields}


def subscription(**fields: Any) -> dict[str, Any]:
    """A subscription of Stripe. Source: the object Subscription, docs.stripe.com/api."""
    price = {"id": "price_1", "unit_amount": 12000, "lookup_key": "pro", "nickname": None}
    item = {"quantity": 2, "price": {**price, "recurring": {"interval": "year", "interval_count": 1}}}
    known = {"status": "active", "currency": "eur", "metadata": {}, "items": {"data": [item]}}
    return {"id": "sub_1", "object": "subscription", "customer": "cus_1", **known, **fields}


def records(kind: str, context: FakeContext) -> list[Doc]:
    return list(context.store.query(f"records_{kind}"))


def bodies(context: FakeContext) -> dict[str, Body]:
    return {doc.path: body_of(doc.data) for kind in KINDS for doc in records(kind, context)}
