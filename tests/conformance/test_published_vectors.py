"""The test vectors in the schemes' own documentation."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import Unauthorized
from shared.sources.contract import Scheme
from shared.sources.senders import github, pagerduty, slack, standard_webhooks
from shared.values.http import HttpRequest
from tests.support.project import PAYLOADS

SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
PAGERDUTY_BODY = (PAYLOADS / "pagerduty/incident.priority_updated.json").read_bytes()
STANDARD = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330"}
VECTORS = {
    "github: Validating webhook deliveries": (
        github.SCHEME, "It's a Secret to Everybody", b"Hello, World!", 0,
        {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
    ),
    "slack: Verifying requests from Slack": (
        slack.SCHEME, "8f742231b10e8888abcd99yyyzzz85a5", SLACK_BODY, 1531420618,
        {"x-slack-request-timestamp": "1531420618",
         "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"},
    ),
    "pagerduty: go-pagerduty, webhookv3": (
        pagerduty.SCHEME, "lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK", PAGERDUTY_BODY, 0,
        {"x-pagerduty-signature": "v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd"},
    ),
    "standard webhooks: reference libraries": (
        standard_webhooks.SCHEME, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}', 1614265330,
        {**STANDARD, "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    ),
    "svix: the same under its own names": (
        standard_webhooks.SCHEME, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}', 1614265330,
        {name.replace("webhook", "svix"): value for name, value in STANDARD.items()}
        | {"svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    ),
}  # fmt: skip


def verify(scheme: Scheme, secret: str, body: bytes, at: float, headers: dict[str, str]) -> None:
    now = datetime.fromtimestamp(at, UTC)
    scheme.verify(HttpRequest("POST", "/", headers, {}, body), [secret], now=now, tolerance=timedelta(minutes=5))


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_vector_verifies_and_its_altered_body_does_not(name: str) -> None:
    scheme, secret, body, at, headers = VECTORS[name]
    verify(scheme, secret, body, at, headers)
    with pytest.raises(Unauthorized):
        verify(scheme, secret, body + b" ", at, headers)


def test_pagerdutys_header_of_several_signatures_verifies_when_one_matches() -> None:
    scheme, secret, body, at, headers = VECTORS["pagerduty: go-pagerduty, webhookv3"]
    good = headers["x-pagerduty-signature"]
    verify(scheme, secret, body, at, {"x-pagerduty-signature": f"v1={'0' * 64},{good}"})


def test_an_ed25519_signature_verifies_with_the_public_key() -> None:
    """RFC 8032's algorithm as Standard Webhooks uses it, signed here by an independent library call."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = f"whpk_{base64.b64encode(private.public_key().public_bytes_raw()).decode()}"
    body = b'{"test": 1}'
    signature = private.sign(b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + body)
    headers = {**STANDARD, "webhook-signature": f"v1a,{base64.b64encode(signature).decode()}"}
    verify(standard_webhooks.SCHEME, public, body, 1614265330, headers)
    with pytest.raises(Unauthorized):
        verify(standard_webhooks.SCHEME, public, body + b" ", 1614265330, headers)
