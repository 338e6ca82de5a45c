"""Senders without a module of their own, each signed as its documentation says, by code that shares nothing with opos."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from functions.webhook_intake.handler import handle
from shared.config.sources import Source
from shared.errors import Unauthorized
from shared.intake.webhook import delivery_id, read
from shared.sources import scheme
from shared.values.http import HttpRequest
from shared.verification import verify
from tests.support.configuration import parse_config
from tests.support.fakes import FakeContext

FILE = Path(__file__).with_name("vendors.yaml")
CONFIG = parse_config(FILE.read_text())
AT = FakeContext().now
SECONDS, MILLISECONDS = str(int(AT.timestamp())), str(int(AT.timestamp() * 1000))
ISO, NANOSECONDS = "2026-11-20T09:00:00Z", "2026-11-20T09:00:00.123456789Z"
SECRETS = {
    "TEXT": "a secret of the tests",
    "LOGIN": "vendor:a password",
    "SVIX": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "SUPABASE": "v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "AIRTABLE": base64.b64encode(b"sixteen random bytes").decode(),
}
SVIX_KEY = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
Headers = Mapping[str, str]


class Delivery(NamedTuple):
    """What a vendor sends: its body, its headers, and the title that opos shows of it."""

    body: bytes
    headers: Headers
    title: str


def mac(signed: bytes, *, key: bytes = SECRETS["TEXT"].encode(), algorithm: str = "sha256") -> str:
    return hmac.new(key, signed, algorithm).hexdigest()


def mac64(signed: bytes, *, key: bytes = SECRETS["TEXT"].encode()) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def sent(payload: Any, title: str, headers: Callable[[bytes], Headers]) -> Delivery:
    body = json.dumps(payload).encode()
    return Delivery(body, headers(body), title)


def svix(payload: Any, title: str) -> Delivery:
    def headers(body: bytes) -> Headers:
        signature = mac64(f"msg_1.{SECONDS}.".encode() + body, key=SVIX_KEY)
        return {"svix-id": "msg_1", "svix-timestamp": SECONDS, "svix-signature": f"v1,{signature}"}

    return sent(payload, title, headers)


def login(payload: Any, title: str) -> Delivery:
    return sent(
        payload, title, lambda _: {"authorization": f"Basic {base64.b64encode(SECRETS['LOGIN'].encode()).decode()}"}
    )


def stamped(time: str, body: bytes) -> bytes:
    return time.encode() + b"." + body


DELIVERIES = {
    "lemonsqueezy": sent({"meta": {"event_name": "order_created"}}, "order_created", lambda body: {"x-signature": mac(body)}),
    "paddle": sent({"event_id": "evt_1", "event_type": "transaction.paid"}, "transaction.paid", lambda body: {"paddle-signature": f"ts={SECONDS};h1={mac(SECONDS.encode() + b':' + body)}"}),
    "calendly": sent({"event": "invitee.created", "payload": {"name": "Ada"}}, "invitee.created: Ada", lambda body: {"calendly-webhook-signature": f"t={SECONDS},v1={mac(stamped(SECONDS, body))}"}),
    "vercel": sent({"id": "1", "type": "deployment.error"}, "deployment.error", lambda body: {"x-vercel-signature": mac(body, algorithm="sha1")}),
    "square": sent({"event_id": "1", "type": "payment.updated"}, "payment.updated", lambda body: {"x-square-hmacsha256-signature": mac64(b"https://example.com/webhooks/square" + body)}),
    "hubspot": sent([{"subscriptionType": "contact.creation"}], "contact.creation", lambda body: {"x-hubspot-signature-v3": mac64(b"POSThttps://example.com/webhooks/hubspot" + body + MILLISECONDS.encode()), "x-hubspot-request-timestamp": MILLISECONDS}),
    "workos": sent({"id": "event_1", "event": "user.created"}, "user.created", lambda body: {"workos-signature": f"t={MILLISECONDS}, v1={mac(stamped(MILLISECONDS, body))}"}),
    "typeform": sent({"event_id": "1", "event_type": "form_response"}, "form_response", lambda body: {"typeform-signature": f"sha256={mac64(body)}"}),
    "zoom": sent({"event": "meeting.ended"}, "meeting.ended", lambda body: {"x-zm-signature": f"v0={mac(f'v0:{SECONDS}:'.encode() + body)}", "x-zm-request-timestamp": SECONDS}),
    "twitch": sent({"subscription": {"type": "stream.online"}}, "stream.online", lambda body: {"twitch-eventsub-message-signature": f"sha256={mac(f'id-1{NANOSECONDS}'.encode() + body)}", "twitch-eventsub-message-id": "id-1", "twitch-eventsub-message-timestamp": NANOSECONDS}),
    "intercom": sent({"id": "notif_1", "topic": "conversation.user.created"}, "conversation.user.created", lambda body: {"x-hub-signature": f"sha1={mac(body, algorithm='sha1')}"}),
    "notion": sent({"id": "1", "type": "page.created"}, "page.created", lambda body: {"x-notion-signature": f"sha256={mac(body)}"}),
    "meta": sent({"object": "page", "entry": []}, "page", lambda body: {"x-hub-signature-256": f"sha256={mac(body)}"}),
    "gitea": sent({"repository": {"full_name": "acme/shop"}}, "acme/shop", lambda body: {"x-gitea-signature": mac(body), "x-gitea-delivery": "1"}),
    "bitbucket": sent({"repository": {"full_name": "acme/shop"}}, "acme/shop", lambda body: {"x-hub-signature": f"sha256={mac(body)}", "x-request-uuid": "1"}),
    "woocommerce": sent({"number": "7", "total": "29.35", "currency": "EUR"}, "Order 7", lambda body: {"x-wc-webhook-signature": mac64(body), "x-wc-webhook-delivery-id": "1"}),
    "zendesk": sent({"id": "1", "type": "zen:event-type:ticket.created"}, "zen:event-type:ticket.created", lambda body: {"x-zendesk-webhook-signature": mac64(ISO.encode() + body), "x-zendesk-webhook-signature-timestamp": ISO}),
    "webflow": sent({"triggerType": "form_submission"}, "form_submission", lambda body: {"x-webflow-signature": mac(MILLISECONDS.encode() + b":" + body), "x-webflow-timestamp": MILLISECONDS}),
    "razorpay": sent({"event": "payment.captured"}, "payment.captured", lambda body: {"x-razorpay-signature": mac(body), "x-razorpay-event-id": "1"}),
    "circleci": sent({"id": "1", "type": "workflow-completed"}, "workflow-completed", lambda body: {"circleci-signature": f"v1={mac(body)}"}),
    "replicate": svix({"id": "p1", "status": "succeeded"}, "p1 succeeded"),
    "clerk": svix({"type": "user.created", "data": {}}, "user.created"),
    "openai": svix({"type": "batch.completed", "data": {}}, "batch.completed"),
    "supabase": svix({"type": "user.created", "data": {}}, "user.created"),
    "elevenlabs": sent({"type": "post_call_transcription"}, "post_call_transcription", lambda body: {"elevenlabs-signature": f"t={SECONDS},v0={mac(stamped(SECONDS, body))}"}),
    "deepgram": login({"metadata": {}}, "event"),
    "postmark": login({"RecordType": "Bounce"}, "Bounce"),
    "revenuecat": sent({"event": {"type": "RENEWAL"}}, "RENEWAL", lambda _: {"authorization": f"Bearer {SECRETS['TEXT']}"}),
    "airtable": sent({"base": {"id": "app1"}}, "app1", lambda body: {"x-airtable-content-mac": f"hmac-sha256={mac(body, key=b'sixteen random bytes')}"}),
    "buildkite": sent({"event": "build.failed"}, "build.failed", lambda body: {"x-buildkite-signature": f"timestamp={SECONDS},signature={mac(stamped(SECONDS, body))}"}),
    "heroku": sent({"id": "1", "resource": "release"}, "release", lambda body: {"heroku-webhook-hmac-sha256": mac64(body)}),
    "calcom": sent({"triggerEvent": "BOOKING_CREATED"}, "BOOKING_CREATED", lambda body: {"x-cal-signature-256": mac(body)}),
    "fusionauth": login({"event": {"type": "user.login.failed"}}, "user.login.failed"),
    "chargebee": login({"id": "ev_1", "event_type": "payment_failed"}, "payment_failed"),
}  # fmt: skip


def request(vendor: str, *, body: bytes | None = None) -> HttpRequest:
    delivery = DELIVERIES[vendor]
    return HttpRequest("POST", f"/webhooks/{vendor}", headers=delivery.headers, body=body or delivery.body)


def context() -> FakeContext:
    return FakeContext(config=CONFIG, secrets=SECRETS)


def test_every_vendor_of_the_file_is_in_the_table_and_the_file_has_no_silent_line(tmp_path: Path) -> None:
    assert set(DELIVERIES) == set(CONFIG.sources)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    assert verify(FILE, tmp_path / "flags.yaml", SECRETS) == []


@pytest.mark.parametrize("vendor", DELIVERIES)
def test_a_vendor_is_accepted_and_read_and_a_changed_body_is_not(vendor: str) -> None:
    running = context()
    answer = handle(request(vendor), running)
    assert (answer.status, json.loads(answer.body)["status"]) == (202, "accepted")
    (event,) = running.store.query("events")
    assert (event.data["subject"], event.data["quarantine"]) == (DELIVERIES[vendor].title, None)
    if CONFIG.sources[vendor].scheme not in {"basic", "bearer"}:
        with pytest.raises(Unauthorized):
            handle(request(vendor, body=DELIVERIES[vendor].body + b" "), running)


@pytest.mark.parametrize("vendor", DELIVERIES)
def test_what_a_vendor_sends_again_within_a_minute_is_a_duplicate(vendor: str) -> None:
    """Also without a delivery id, if the vendor signs: a body says as much as an id for a minute."""
    running, source = context(), CONFIG.sources[vendor]
    handle(request(vendor), running)
    running.clock.advance(seconds=20)
    status = json.loads(handle(request(vendor), running).body)["status"]
    is_known = delivery_id(source, request(vendor), json.loads(DELIVERIES[vendor].body)) or source.hmac
    assert status == ("duplicate" if is_known else "accepted")


@pytest.mark.parametrize(
    "vendor", sorted(name for name, source in CONFIG.sources.items() if source.hmac and source.hmac.signs_time)
)
def test_a_vendor_that_signs_its_time_is_rejected_when_the_time_is_old(vendor: str) -> None:
    running = context()
    running.clock.advance(minutes=5.1)
    with pytest.raises(Unauthorized):
        handle(request(vendor), running)
    running.clock.moment -= timedelta(minutes=10.2)
    with pytest.raises(Unauthorized):
        handle(request(vendor), running)


@pytest.mark.parametrize(
    "vendor", sorted({name for name, source in CONFIG.sources.items() if source.hmac} - {"twitch"})
)
def test_opos_signs_as_the_vendor_does(vendor: str) -> None:
    """Except for the fractions of a second in Twitch's time."""
    source, sent = CONFIG.sources[vendor], DELIVERIES[vendor]
    signed = scheme(source).sign(sent.body, SECRETS[source.secrets[0]], now=AT, delivery="", event_type="")
    given = {name: value.replace(", ", ",") for name, value in sent.headers.items()}
    assert signed.items() <= given.items()


def test_twitch_gets_its_challenge_back_and_only_if_it_signed_it() -> None:
    running, body = context(), json.dumps({"challenge": "a word to repeat", "subscription": {}}).encode()
    signature = mac(f"id-2{NANOSECONDS}".encode() + body)
    headers = {**DELIVERIES["twitch"].headers, "twitch-eventsub-message-id": "id-2"}
    signed = {**headers, "twitch-eventsub-message-signature": f"sha256={signature}"}
    answer = handle(HttpRequest("POST", "/webhooks/twitch", headers=signed, body=body), running)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (
        200,
        b"a word to repeat",
        "text/plain; charset=utf-8",
    )
    assert list(running.store.query("events")) == []
    with pytest.raises(Unauthorized):
        handle(HttpRequest("POST", "/webhooks/twitch", headers=headers, body=body), running)


@pytest.mark.parametrize(("payload", "titles"), [({"name": "sale"}, ["sale"]), ({}, []), ({"name": ["sale"]}, [])])
def test_an_event_with_a_challenge_is_answered_and_kept(payload: Any, titles: list[str]) -> None:
    keys = {"scheme": "bearer", "secrets": ["TEXT"], "challenge": "challenge", "event": {"title": "name"}}
    config = CONFIG.model_copy(update={"sources": {"app": Source.model_validate(keys)}})
    running = FakeContext(config=config, secrets=SECRETS)
    sale = json.dumps({**payload, "challenge": "duel"}).encode()
    token = {"authorization": f"Bearer {SECRETS['TEXT']}"}
    answer = handle(HttpRequest("POST", "/webhooks/app", headers=token, body=sale), running)
    assert (answer.status, answer.body) == (200, b"duel")
    assert [doc.data["subject"] for doc in running.store.query("events")] == titles


def test_an_amount_with_a_decimal_point_is_in_major_units() -> None:
    (signal,) = read(
        "woocommerce", CONFIG.sources["woocommerce"], {}, json.loads(DELIVERIES["woocommerce"].body)
    ).signals
    assert signal.money is not None
    assert (signal.money.amount, signal.money.currency) == (2935, "EUR")
