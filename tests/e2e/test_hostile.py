"""Whatever arrives at the intake: never a 5xx, a hang or a traceback."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from opos.bundle.gateway import gateway
from shared.sources import scheme
from tests.support.bundle import SECRETS, Bundle

SOURCES = ["github", "stripe", "alertmanager", "slack", "pagerduty", "lemon", "app"]
HEADERS = [
    "authorization", "content-type", "stripe-signature", "x-hub-signature-256", "x-github-event", "x-github-delivery",
    "webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "x-slack-signature", "x-slack-request-timestamp",
    "x-signature", "traceparent", "user-agent", "cookie", "accept",
]  # fmt: skip
latin = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
bodies = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"null", b"[]", b'""', b"0", b"[" * 200_000, b'{"a":' * 50_000, b"\xff\xfe", b"NaN", b"9" * 5000]
    ),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=10,
    ).map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
)


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    """What is hostile is refused before the store."""
    return embedded


@pytest.fixture
def client(bundle: Bundle) -> Iterator[tuple[Client, Bundle]]:
    yield Client(gateway(bundle.functions)), bundle


def check(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    json.loads(answer.text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    source=st.sampled_from([*SOURCES, "unknown", "v2/enqueue", "..", "%00", "ping/x", "ping/backup", "a/b/c"]),
    headers=st.dictionaries(st.sampled_from(HEADERS), latin, max_size=6),
    body=bodies,
)
@example(source="app", headers={"content-type": "application/x-www-form-urlencoded"}, body=b"%ZZ=%&&&==;")
@example(source="github", headers={"content-type": "multipart/form-data"}, body=b"--x")
@example(source="pagerduty", headers={}, body=b'{"routing_key": ["R"]}')
def test_an_unsigned_request_of_any_kind_is_refused(
    client: tuple[Client, Bundle], source: str, headers: dict[str, str], body: bytes
) -> None:
    http, bundle = client
    answer = http.post(f"/webhooks/{source}", data=body, headers=headers)
    check(answer)
    if source != "ping/backup":
        assert answer.status_code in {400, 401, 404}
        assert bundle.docs("events") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=st.sampled_from([source for source in SOURCES if source != "pagerduty"]), body=bodies, kind=latin)
@example(
    source="app",
    body=b'{"type": "\\ud800", "data": {"title": "\\udfff", "severity": "\\ud800", "id": "\\ud800"}}',
    kind="x",
)
@example(source="stripe", body=b'{"id": "\\ud800", "type": "charge.succeeded", "data": {"object": {}}}', kind="x")
@example(source="slack", body=b'{"type": "url_verification", "challenge": "\\ud800"}', kind="x")
def test_a_signed_request_with_any_body_is_kept_routed_and_never_stuck(
    client: tuple[Client, Bundle], source: str, body: bytes, kind: str
) -> None:
    http, bundle = client
    declared = bundle.runtime.config.sources[source]
    secret = SECRETS[declared.secrets[0]]
    signed = scheme(declared).sign(
        body, secret, now=bundle.clock.now(), delivery=bundle.runtime.context().new_id(), event_type="x"
    )
    if source == "github":
        signed["x-github-event"] = kind
    answer = http.post(f"/webhooks/{source}", data=body, headers={"content-type": "application/json", **signed})
    check(answer)
    assert answer.status_code in {200, 202}
    bundle.settle()
    assert [event.path for event in bundle.docs("events") if event.data["state"] != "handled"] == []
