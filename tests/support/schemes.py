"""Every scheme, with a secret and a body that suit it: for the tests that hold for all."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.config.sources import HmacSpec
from shared.sources.contract import Scheme
from shared.sources.senders import (
    basic,
    bearer,
    declared_hmac,
    github,
    linear,
    pagerduty,
    pagerduty_events,
    sentry,
    shopify,
    slack,
    standard_webhooks,
    stripe,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MILLIS = int(NOW.timestamp() * 1000)


@dataclass(frozen=True)
class Case:
    name: str
    scheme: Scheme
    secret: str
    other_secret: str
    body: bytes = b'{"id": "evt_1", "type": "thing.happened"}'
    signs_body: bool = True


LEMON_SQUEEZY = HmacSpec(header="X-Signature")
CALENDLY = HmacSpec(
    header="Calendly-Webhook-Signature",
    signature_key="v1",
    timestamp_key="t",
    separator=",",
    template="{timestamp}.{body}",
)
PADDLE = HmacSpec(
    header="Paddle-Signature", signature_key="h1", timestamp_key="ts", separator=";", template="{timestamp}:{body}"
)
VERCEL = HmacSpec(header="x-vercel-signature", algorithm="sha1")
EVERYTHING = HmacSpec(
    header="X-Sig", prefix="sha512=", encoding="base64", algorithm="sha512", template="{id}.{timestamp}.{body}",
    timestamp_header="X-Time", id_header="X-Id",
)  # fmt: skip
TIMES = {
    written: HmacSpec(header="X-Sig", template="{timestamp}{body}", timestamp_header="X-Time", timestamp=written)
    for written in ("milliseconds", "iso")
}

CASES = [
    Case("github", github.SCHEME, "new", "old"),
    Case("stripe", stripe.SCHEME, "whsec_new", "whsec_old"),
    Case("standard-webhooks", standard_webhooks.SCHEME, "whsec_bmV3bmV3bmV3", "whsec_b2xkb2xkb2xk"),
    Case("slack", slack.SCHEME, "new", "old"),
    Case("sentry", sentry.SCHEME, "new", "old"),
    Case("pagerduty", pagerduty.SCHEME, "new", "old"),
    Case("shopify", shopify.SCHEME, "new", "old"),
    Case("linear", linear.SCHEME, "new", "old", json.dumps({"type": "Issue", "webhookTimestamp": MILLIS}).encode()),
    Case("bearer", bearer.SCHEME, "new", "old", signs_body=False),
    Case("basic", basic.SCHEME, "me:new", "me:old", signs_body=False),
    Case("pagerduty-events", pagerduty_events.SCHEME, "new", "old", b'{"routing_key": "new"}', signs_body=False),
    Case("hmac: Lemon Squeezy", declared_hmac.scheme(LEMON_SQUEEZY), "new", "old"),
    Case("hmac: Calendly", declared_hmac.scheme(CALENDLY), "new", "old"),
    Case("hmac: Paddle", declared_hmac.scheme(PADDLE), "new", "old"),
    Case("hmac: Vercel", declared_hmac.scheme(VERCEL), "new", "old"),
    Case("hmac: everything declared", declared_hmac.scheme(EVERYTHING), "new", "old"),
    *(Case(f"hmac: {written}", declared_hmac.scheme(spec), "new", "old") for written, spec in TIMES.items()),
]
