"""A forwarded webhook passes its sender's verification at any later time, and has what the sender sent."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.forwarding.webhook import Webhook, is_signed, webhook
from shared.config.sources import HmacSpec, SchemeName, Source
from shared.errors import Unauthorized
from shared.events import Event
from shared.intake.body import SECRET_REMOVED, body_text
from shared.intake.webhook import kept_headers
from shared.sources import scheme
from shared.values.http import HttpRequest
from tests.support.schemes import CALENDLY, EVERYTHING, LEMON_SQUEEZY, NOW, PADDLE, TIMES, VERCEL

TOLERANCE, LATER = timedelta(minutes=5), NOW + timedelta(days=3)
SECRET = "whsec_bmV3bmV3bmV3"
SIGNED: tuple[SchemeName, ...] = (
    "github", "stripe", "standard-webhooks", "slack", "sentry", "pagerduty", "shopify", "linear",
)  # fmt: skip
SOURCES = [Source(scheme=name, secrets=["S"]) for name in SIGNED] + [
    Source(scheme="hmac", secrets=["S"], hmac=spec)
    for spec in (LEMON_SQUEEZY, CALENDLY, PADDLE, VERCEL, EVERYTHING, *TIMES.values())
]
every_signed = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.scheme)
SIGNS = ("signature", "timestamp", "hmac", "x-sig", "x-time")
"""What a header that may change has in its name."""
BODY = b'{"id": "evt_1", "event": {"id": "e"}, "type":  "thing",\n "name": "\xc3\xa4"}'


def received(source: Source, body: bytes = BODY, **more: str) -> tuple[Event, dict[str, str]]:
    """An event as the intake stores it, and the headers with which it came."""
    signed = scheme(source).sign(body, SECRET, now=NOW, delivery="d-1", event_type="thing")
    headers = {"content-type": "application/json", "user-agent": "Sender/1", **signed, **more}
    kept = kept_headers("x", source, HttpRequest("POST", "/webhooks/x", headers, {}, body))
    event = Event(
        id="e1", source="x", type="read as this", delivery_id="declared", received_at=NOW, owner="me@example.com",
        trace="t", headers=kept, **body_text(body),
    )  # fmt: skip
    return event, headers


def verify(source: Source, sent: Webhook, secret: str = SECRET) -> None:
    request = HttpRequest("POST", "/hook", sent.headers, {}, sent.body)
    scheme(source).verify(request, [secret], now=LATER, tolerance=TOLERANCE)


def body_for(source: Source) -> bytes:
    """Linear signs the time in its body, which therefore stays the old one: a body of that later time."""
    at = int(LATER.timestamp() * 1000)
    return json.dumps({"webhookTimestamp": at}).encode() if source.scheme == "linear" else BODY


@every_signed
def test_three_days_later_its_signature_is_valid_and_nothing_else_has_changed(source: Source) -> None:
    event, headers = received(source, body_for(source))
    sent = webhook(event, source, SECRET, now=LATER)
    verify(source, sent)
    assert sent.body == body_for(source)
    assert set(sent.headers) == set(headers)
    changed = {name for name, value in headers.items() if sent.headers[name] != value}
    assert all(any(word in name for word in SIGNS) for name in changed)


@every_signed
def test_it_is_signed_with_the_secret_of_the_app_and_no_other(source: Source) -> None:
    event, _ = received(source, body_for(source))
    sent = webhook(event, source, "whsec_b3RoZXI=", now=LATER)
    verify(source, sent, "whsec_b3RoZXI=")
    with pytest.raises(Unauthorized):
        verify(source, sent)


@given(source=st.sampled_from(SOURCES), body=st.binary(max_size=60))
def test_the_body_has_the_bytes_that_were_received(source: Source, body: bytes) -> None:
    event, _ = received(source, body)
    assert webhook(event, source, SECRET, now=LATER).body == body


def test_svix_names_its_headers_itself() -> None:
    source = Source(scheme="standard-webhooks", secrets=["S"])
    event, _ = received(source)
    names = {name.replace("webhook-", "svix-"): value for name, value in event.headers.items()}
    sent = webhook(event.model_copy(update={"headers": names}), source, SECRET, now=LATER)
    assert sorted(name for name in sent.headers if "-id" in name or "-timestamp" in name) == [
        "svix-id",
        "svix-timestamp",
    ]
    verify(source, sent)


def test_the_header_that_opos_yaml_declares_for_the_delivery_id_is_there() -> None:
    spec = HmacSpec(header="X-Sig")
    source = Source.model_validate(
        {"scheme": "hmac", "secrets": ["S"], "hmac": spec, "delivery": {"header": "X-Delivery-Id"}}
    )
    event, _ = received(source, **{"x-delivery-id": "abc", "authorization": "Bearer x", "cookie": "c"})
    sent = webhook(event, source, SECRET, now=LATER)
    assert sent.headers["x-delivery-id"] == "abc"
    assert {"authorization", "cookie"}.isdisjoint(sent.headers)


def test_a_header_that_opos_yaml_keeps_is_there() -> None:
    source = Source(scheme="hmac", secrets=["S"], hmac=LEMON_SQUEEZY, keep_headers=("X-Event-Name",))
    event, _ = received(source, **{"x-event-name": "order_created", "x-other": "y"})
    sent = webhook(event, source, SECRET, now=LATER).headers
    assert (sent["x-event-name"], "x-other" in sent) == ("order_created", False)


def test_what_shopifys_library_asks_for_is_there() -> None:
    source = Source(scheme="shopify", secrets=["S"])
    asked = {"x-shopify-shop-domain": "a.myshopify.com", "x-shopify-api-version": "2026-10"}
    event, _ = received(source, **asked)
    assert asked.items() <= webhook(event, source, SECRET, now=LATER).headers.items()


@pytest.mark.parametrize("name", ["bearer", "basic", "pagerduty-events"])
def test_a_token_is_sent_only_with_its_secret(name: SchemeName) -> None:
    source = Source(scheme=name, secrets=["S"])
    body = b'{"routing_key":\n "%b", "notes": ["(not stored)!", "%b"]}' % (SECRET_REMOVED, SECRET_REMOVED)
    event, _ = received(source, body)
    assert not is_signed(source)
    without = webhook(event, source, None, now=LATER)
    assert (without.body, SECRET in str(without.headers), "authorization" in without.headers) == (body, False, False)
    with_token = webhook(event, source, SECRET, now=LATER)
    verify(source, with_token)
    assert b'"notes": ["(not stored)!", "(not stored)"]' in with_token.body
