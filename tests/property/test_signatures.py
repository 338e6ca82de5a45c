"""What holds for every signature scheme, whatever arrives."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Unauthorized
from shared.values.http import HttpRequest
from tests.support.schemes import CASES, NOW, Case

TOLERANCE = timedelta(minutes=5)
every_scheme = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
SIGNING = [case for case in CASES if case.signs_body]


def signed(case: Case, secret: str | None = None) -> dict[str, str]:
    return case.scheme.sign(case.body, secret or case.secret, now=NOW, delivery="d-1", event_type="thing")


def verify(case: Case, headers: dict[str, str], body: bytes, *secrets: str, late: timedelta = timedelta(0)) -> None:
    request = HttpRequest("POST", "/webhooks/x", headers, {}, body)
    case.scheme.verify(request, secrets or [case.secret], now=NOW + late, tolerance=TOLERANCE)


@every_scheme
def test_what_was_signed_with_any_live_secret_verifies(case: Case) -> None:
    verify(case, signed(case), case.body)
    verify(case, signed(case), case.body, case.other_secret, case.secret)
    verify(case, signed(case), case.body, case.secret, case.other_secret)


@every_scheme
def test_what_was_signed_with_another_secret_is_rejected(case: Case) -> None:
    with pytest.raises(Unauthorized):
        verify(case, signed(case), case.body, case.other_secret)


@every_scheme
def test_a_request_without_a_signature_is_rejected(case: Case) -> None:
    with pytest.raises(Unauthorized):
        verify(case, {}, b"{}")


@pytest.mark.parametrize("case", SIGNING, ids=lambda case: case.name)
def test_every_flipped_bit_of_the_body_is_rejected(case: Case) -> None:
    headers = signed(case)
    for position in range(len(case.body) * 8):
        flipped = bytearray(case.body)
        flipped[position // 8] ^= 1 << (position % 8)
        with pytest.raises(Unauthorized):
            verify(case, headers, bytes(flipped))


@pytest.mark.parametrize("case", SIGNING, ids=lambda case: case.name)
def test_every_altered_character_of_a_signature_is_rejected(case: Case) -> None:
    headers = signed(case)
    name = next(name for name in headers if "sign" in name or "hmac" in name or name == "x-sig")
    value = headers[name]
    for position in range(len(value)):
        altered = value[:position] + ("0" if value[position] != "0" else "1") + value[position + 1 :]
        with pytest.raises(Unauthorized):
            verify(case, {**headers, name: altered}, case.body)


@pytest.mark.parametrize("case", [case for case in CASES if case.scheme.signs_time], ids=lambda case: case.name)
def test_time_is_tolerated_both_ways_and_no_further(case: Case) -> None:
    for late in (-TOLERANCE, timedelta(0), TOLERANCE):
        verify(case, signed(case), case.body, late=late)
    for late in (-TOLERANCE - timedelta(seconds=1), TOLERANCE + timedelta(seconds=1)):
        with pytest.raises(Unauthorized):
            verify(case, signed(case), case.body, late=late)


hostile = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="=,;:.v01at h\x00\xe9٣", max_size=60),
    st.sampled_from(
        ["", " ", "=" * 9, "v1=", "v1,", "v1a,####", "t=,v1=", "t=٣,v1=a", "Basic !!!", "Bearer ", "whsec_", "9" * 400]
    ),
)


@every_scheme
@given(data=st.data())
def test_any_headers_and_body_raise_unauthorized_and_nothing_else(case: Case, data: st.DataObject) -> None:
    headers = {name: data.draw(hostile, label=name) for name in signed(case)}
    names = st.sampled_from(["authorization", "stripe-signature", "webhook-id", "svix-signature", "x-slack-signature"])
    headers |= data.draw(st.dictionaries(names, hostile, max_size=3))
    body = data.draw(
        st.binary(max_size=60) | st.sampled_from([b"[" * 100_000, b'{"routing_key": 1}', b"null", b"\xff\xfe"])
    )
    with pytest.raises(Unauthorized):
        verify(case, headers, body)


@given(key=st.text(max_size=40), signature=st.text(max_size=40))
def test_a_broken_public_key_rejects_and_does_not_crash(key: str, signature: str) -> None:
    case = next(case for case in CASES if case.name == "standard-webhooks")
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1a,{signature}",
    }
    with pytest.raises(Unauthorized):
        verify(case, headers, b"{}", f"whpk_{key}")


@every_scheme
@given(id=st.text(alphabet="abcdef0123456789-", min_size=1, max_size=20), data=st.data())
def test_a_scheme_that_says_that_its_id_is_signed_lets_nobody_change_it(
    case: Case, id: str, data: st.DataObject
) -> None:
    """Whatever header of a captured request is changed: it is rejected, or it has the same id."""
    original = signed(case)
    name = data.draw(st.sampled_from(sorted(original) or [""]))
    request = HttpRequest("POST", "/webhooks/x", {**original, name: id}, {}, case.body)
    known = delivered(case, HttpRequest("POST", "/webhooks/x", original, {}, case.body))
    if case.scheme.signs_id and delivered(case, request) != known:
        with pytest.raises(Unauthorized):
            verify(case, dict(request.headers), case.body)


@every_scheme
def test_what_a_scheme_remembers_of_a_request_is_all_that_its_signature_covers(case: Case) -> None:
    """No header can be changed so that the request still verifies but what is remembered of it differs."""
    original = HttpRequest("POST", "/webhooks/x", signed(case), {}, case.body)
    remembers = case.scheme.signed
    assert (remembers is not None) == case.signs_body
    for name in original.headers:
        changed = HttpRequest("POST", "/webhooks/x", {**original.headers, name: "1"}, {}, case.body)
        try:
            verify(case, dict(changed.headers), case.body)
        except Unauthorized:
            continue
        assert remembers is None or remembers(changed) == remembers(original)


def delivered(case: Case, request: HttpRequest) -> str | None:
    return case.scheme.delivery(request, json.loads(request.body))


def test_the_ids_of_these_schemes_are_signed() -> None:
    assert [case.name for case in CASES if case.scheme.signs_id] == [
        "stripe", "standard-webhooks", "slack", "pagerduty", "hmac: everything declared",
    ]  # fmt: skip
