"""Independent libraries as judges: opos accepts their signatures, and they accept ours."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import stripe
import svix

from shared.sources.senders import standard_webhooks
from shared.sources.senders import stripe as our_stripe
from shared.values.http import HttpRequest

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps(
    {"id": "evt_1", "object": "event", "type": "charge.succeeded", "data": {"object": {"id": "é"}}}
).encode()
TOLERANCE = timedelta(minutes=5)


def request(headers: dict[str, str]) -> HttpRequest:
    return HttpRequest("POST", "/", headers, {}, BODY)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_header_that_stripes_library_computes_verifies_here() -> None:
    at = int(time.time())
    signature = stripe.WebhookSignature._compute_signature(f"{at}.{BODY.decode()}", SECRET)
    header = f"t={at},v1={signature},v0=ignored"
    our_stripe.SCHEME.verify(request({"stripe-signature": header}), [SECRET], now=now(), tolerance=TOLERANCE)


def test_what_we_sign_verifies_in_stripes_library() -> None:
    header = our_stripe.SCHEME.sign(BODY, SECRET, now=now(), delivery="", event_type="")["stripe-signature"]
    assert stripe.WebhookSignature.verify_header(BODY.decode(), header, SECRET, 300)


@pytest.mark.parametrize("prefix", ["webhook", "svix"])
def test_what_their_libraries_sign_verifies_here(prefix: str) -> None:
    library = {"webhook": standardwebhooks.Webhook, "svix": svix.Webhook}[prefix](SECRET)
    at = now()
    signature = library.sign("msg_1", at, BODY.decode())
    headers = {
        f"{prefix}-id": "msg_1",
        f"{prefix}-timestamp": str(int(at.timestamp())),
        f"{prefix}-signature": signature,
    }
    standard_webhooks.SCHEME.verify(request(headers), [SECRET], now=at, tolerance=TOLERANCE)


@pytest.mark.parametrize("prefix", ["webhook", "svix"])
def test_what_we_sign_verifies_in_their_libraries(prefix: str) -> None:
    library = {"webhook": standardwebhooks.Webhook, "svix": svix.Webhook}[prefix](SECRET)
    signed = standard_webhooks.SCHEME.sign(BODY, SECRET, now=now(), delivery="msg_1", event_type="")
    headers = {name.replace("webhook", prefix): value for name, value in signed.items()}
    library.verify(BODY.decode(), headers)
    with pytest.raises((standardwebhooks.WebhookVerificationError, svix.WebhookVerificationError)):
        library.verify(BODY.decode() + " ", headers)
