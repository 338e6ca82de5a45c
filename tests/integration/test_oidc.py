"""Identity tokens against keys that a real server publishes."""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.adapters import oidc
from shared.adapters.oidc import Keys, OidcIssuer
from shared.errors import Unauthorized, Unavailable
from tests.support.fakes import FakeClock
from tests.support.identity_provider import ACCOUNT, AUDIENCE, IAP, ISSUER, Provider, provider
from tests.support.slow_receivers import ENDLESS, Dripping, serving

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def google() -> Iterator[Provider]:
    with provider() as identity_provider:
        yield identity_provider


@pytest.fixture
def issuer(google: Provider) -> OidcIssuer:
    return OidcIssuer((ISSUER, "accounts.google.com"), Keys(google.url))


def email(issuer: OidcIssuer, token: str, *, now: datetime = NOW) -> str:
    return issuer.email(token, audience=AUDIENCE, now=now)


def test_a_good_token_proves_its_email(google: Provider, issuer: OidcIssuer) -> None:
    assert email(issuer, google.token(NOW)) == ACCOUNT
    assert email(issuer, google.token(NOW, iss="accounts.google.com", email=ACCOUNT.upper())) == ACCOUNT
    google.new_key("e1", "ES256")
    fresh = OidcIssuer(issuer.names, Keys(google.url))
    assert email(fresh, google.token(NOW, kid="e1", algorithm="ES256")) == ACCOUNT


WRONG: list[dict[str, Any]] = [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "https://other.example"}, {"aud": None}, {"exp": None},
        {"iat": None}, {"exp": NOW - timedelta(seconds=31)}, {"iat": NOW + timedelta(seconds=31)},
        {"nbf": NOW + timedelta(seconds=31)}, {"email_verified": False}, {"email_verified": None},
        {"email_verified": "true"}, {"email": None}, {"iat": 10**400},
    ]  # fmt: skip


@pytest.mark.parametrize("claims", WRONG, ids=str)
def test_a_token_with_a_wrong_claim_is_refused_without_saying_which(
    google: Provider, issuer: OidcIssuer, claims: dict[str, Any]
) -> None:
    with pytest.raises(Unauthorized) as fault:
        email(issuer, google.token(NOW, **claims))
    assert fault.value.message == "The request does not carry a valid identity token."


def without_signature(token: str) -> str:
    """As Cloud Run passes a token on that it has verified."""
    return token.rpartition(".")[0] + ".SIGNATURE_REMOVED_BY_GOOGLE"


@pytest.fixture
def behind_cloud_run(issuer: OidcIssuer) -> OidcIssuer:
    return OidcIssuer(issuer.names, issuer.keys, checked=True)


def test_a_token_whose_signature_cloud_run_took_off_is_believed_only_behind_its_check(
    google: Provider, issuer: OidcIssuer, behind_cloud_run: OidcIssuer
) -> None:
    token = without_signature(google.token(NOW))
    assert email(behind_cloud_run, token) == ACCOUNT
    with pytest.raises(Unauthorized):
        email(issuer, token)


@pytest.mark.parametrize("claims", WRONG, ids=str)
def test_its_claims_are_looked_at_all_the_same(
    google: Provider, behind_cloud_run: OidcIssuer, claims: dict[str, Any]
) -> None:
    with pytest.raises(Unauthorized):
        email(behind_cloud_run, without_signature(google.token(NOW, **claims)))


def test_behind_the_check_another_signature_has_to_be_right_still(
    google: Provider, behind_cloud_run: OidcIssuer
) -> None:
    with pytest.raises(Unauthorized):
        email(behind_cloud_run, google.token(NOW).rpartition(".")[0] + ".AAAA")


def test_the_moment_is_the_invocations_own(google: Provider, issuer: OidcIssuer) -> None:
    token = google.token(NOW)
    assert email(issuer, token, now=NOW + timedelta(hours=1, seconds=29))
    with pytest.raises(Unauthorized):
        email(issuer, token, now=NOW + timedelta(hours=1, seconds=31))


def forged(google: Provider) -> Iterator[str]:
    good = google.token(NOW)
    claims = jwt.decode(good, options={"verify_signature": False})
    public = google.keys["k1"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "k1"}).encode()).rstrip(b"=").decode()
    payload = good.split(".")[1]
    mac = base64.urlsafe_b64encode(_hmac(public, f"{header}.{payload}".encode())).rstrip(b"=").decode()
    yield f"{header}.{payload}.{mac}"
    yield jwt.encode(claims, None, algorithm="none", headers={"kid": "k1"})  # type: ignore[arg-type]
    other = Provider()
    other.new_key("k1")
    yield other.token(NOW)
    yield good[:-4]
    yield good.replace(".", "", 1)
    yield from ("", "a", "a.b.c", "\x00", "ä.ö.ü", "." * 1000)


def _hmac(key: bytes, message: bytes) -> bytes:
    import hmac

    return hmac.digest(key, message, "sha256")


def test_a_forged_token_is_refused(google: Provider, issuer: OidcIssuer) -> None:
    for token in forged(google):
        with pytest.raises(Unauthorized):
            email(issuer, token)


def test_a_new_key_is_found_without_a_restart_and_a_flood_of_unknown_ones_asks_once(
    google: Provider, issuer: OidcIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    email(issuer, google.token(NOW))
    google.new_key("k2")
    for _ in range(50):
        with pytest.raises(Unauthorized):
            email(issuer, google.token(NOW, kid="k2"))
    assert google.asked == 1
    monkeypatch.setattr(oidc, "PAUSES", (0.0,))
    assert email(issuer, google.token(NOW, kid="k2")) == ACCOUNT


def test_known_keys_go_on_working_while_their_server_does_not_answer(
    google: Provider, issuer: OidcIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    google.up = False
    monkeypatch.setattr(oidc, "PAUSES", (0.0,))
    with pytest.raises(Unavailable):
        email(issuer, google.token(NOW))
    google.up = True
    assert email(issuer, google.token(NOW)) == ACCOUNT
    google.up = False
    monkeypatch.setattr(oidc, "FRESH", 0.0)
    assert email(issuer, google.token(NOW)) == ACCOUNT


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The clock by which pauses between fetches are measured."""
    clock = FakeClock()
    monkeypatch.setattr("shared.adapters.oidc.time.monotonic", lambda: clock.now().timestamp())
    return clock


def refused(issuer: OidcIssuer, token: str, fault: type[Exception] = Unavailable) -> None:
    with pytest.raises(fault):
        email(issuer, token)


def test_while_the_keys_cannot_be_fetched_they_are_asked_for_less_and_less_often(
    google: Provider, issuer: OidcIssuer, pauses: FakeClock
) -> None:
    google.up, token = False, google.token(NOW)
    for _ in range(600):
        refused(issuer, token)
        pauses.advance(seconds=1)
    assert google.asked == 1 + 3 + 530 // 61
    google.up = True
    pauses.advance(seconds=61)
    assert email(issuer, google.token(NOW)) == ACCOUNT


def test_old_keys_are_used_while_their_server_is_down_and_asked_for_again_soon(
    google: Provider, issuer: OidcIssuer, pauses: FakeClock
) -> None:
    email(issuer, google.token(NOW))
    google.up = False
    pauses.advance(hours=2)
    for _ in range(100):
        assert email(issuer, google.token(NOW)) == ACCOUNT
    assert google.asked == 2
    google.up = True
    pauses.advance(seconds=11)
    email(issuer, google.token(NOW))
    assert google.asked == 3


def junk(google: Provider) -> Iterator[str]:
    """Tokens that cannot be valid, whatever the keys are."""
    yield from ("", "a", "a.b.c", "h.p.SIGNATURE_REMOVED_BY_GOOGLE", google.token(NOW).rpartition(".")[0])
    yield from (google.token(NOW, **claims) for claims in WRONG if "email" not in str(claims))
    yield jwt.encode({}, None, algorithm="none")  # type: ignore[arg-type]
    claims = jwt.decode(google.token(NOW), options={"verify_signature": False})
    for algorithm in ("HS256", "HS512"):
        yield jwt.encode(claims, "k" * 64, algorithm=algorithm, headers={"kid": "k1"})


def test_a_token_that_cannot_be_valid_costs_no_fetch(google: Provider, issuer: OidcIssuer) -> None:
    for token in junk(google):
        refused(issuer, token, Unauthorized)
    assert google.asked == 0


@contextmanager
def hanging() -> Iterator[Dripping]:
    """A server that drips its keys for ever, before its first fetch has ended."""
    with serving(server := Dripping(0.02, answer=ENDLESS)):
        yield server


def test_nobody_queues_for_keys_that_do_not_come(google: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """All wait for the first fetch together; from then on, nobody waits for the fetch of another."""
    monkeypatch.setattr(oidc, "TIMEOUT", 0.3)
    with hanging() as server, ThreadPoolExecutor(16) as callers:
        issuer = OidcIssuer((ISSUER,), Keys(f"http://{server.address}/keys"))
        token = google.token(NOW)
        list(callers.map(lambda _: refused(issuer, token), range(16)))
        began = monotonic()
        list(callers.map(lambda _: refused(issuer, token), range(200)))
    assert server.requests == 1
    assert monotonic() - began < 16 * 0.3, "as long as a queue would take"


def test_keys_that_drip_are_given_up_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "TIMEOUT", 0.1)
    with hanging() as server, pytest.raises(Unavailable):
        Keys(f"http://{server.address}/keys").fetch()


@pytest.mark.parametrize("published", [b"", b"[]", b"{}", b'{"keys": []}', b'{"keys": 7}', b'{"keys": [7]}'], ids=repr)
def test_keys_that_are_none_are_a_fetch_that_failed(google: Provider, published: bytes) -> None:
    headers = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    with serving(server := Dripping(0.0, answer=headers + published)):
        issuer = OidcIssuer((ISSUER,), Keys(f"http://{server.address}/keys"))
        for _ in range(3):
            refused(issuer, google.token(NOW))
    assert server.requests == 1


def test_iap_vouches_for_its_emails(google: Provider) -> None:
    google.new_key("e1", "ES256")
    iap = OidcIssuer((IAP,), Keys(google.url), vouches=True)
    token = google.token(NOW, kid="e1", algorithm="ES256", iss=IAP, email_verified=None, email="me@example.com")
    assert email(iap, token) == "me@example.com"
