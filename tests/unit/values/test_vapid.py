"""The VAPID key: what is one, and what a push service reads in the authorization that it makes."""

from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from shared.values.vapid import VapidKey, decoded, encoded, is_private_key, new_private_key
from tests.support.push_service import KEY, PUBLIC

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@given(st.binary(max_size=80))
def test_base64url_is_read_as_it_was_written_with_padding_or_without(data: bytes) -> None:
    text = encoded(data) or "="
    assert [decoded(form) for form in (text, text + "=" * (-len(text) % 4)) if data] == [data] * 2 * bool(data)


@pytest.mark.parametrize(
    "text", ["", "a b", "a+b=", "====", f"{KEY}x", KEY[:-1], encoded(bytes(32)), encoded(b"\xff" * 32), "ü" * 43]
)
def test_other_text_is_no_private_key_and_is_not_quoted(text: str) -> None:
    assert not is_private_key(text)
    with pytest.raises(ValueError, match="expected") as fault:
        _ = VapidKey(text).private
    assert not text or text not in str(fault.value)


def test_a_new_key_is_valid_and_another_each_time() -> None:
    keys = {new_private_key() for _ in range(5)}
    assert len(keys) == 5
    assert all(is_private_key(key) and len(VapidKey(key).public) == 87 for key in keys)


def test_the_public_key_is_that_of_the_example_in_rfc_8291() -> None:
    assert VapidKey(KEY).public == PUBLIC
    assert KEY not in repr(VapidKey(KEY))


def test_the_authorization_is_for_the_host_of_the_push_service_alone() -> None:
    header = VapidKey(KEY).authorization("https://push.example:8443/wpush/secret?x=y", "me@example.com", NOW)
    scheme, token, key = header.replace("t=", "").replace("k=", "").split(" ")
    assert (scheme, key) == ("vapid", PUBLIC)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    options = {"verify_exp": False, "verify_aud": False}
    claims = jwt.decode(token.rstrip(","), public, ["ES256"], options=options)  # type: ignore[arg-type]
    assert claims == {
        "aud": "https://push.example:8443",
        "exp": NOW.timestamp() + 43_200,
        "sub": "mailto:me@example.com",
    }
