"""Which header authenticates a caller, over any bytes around a token."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.errors import Unauthorized
from shared.security.callers import Callers
from shared.values.authorization import compact_token, credentials, identity_token

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
UNSIGNED = "aGVhZGVy.cGF5bG9hZA.SIGNATURE_REMOVED_BY_GOOGLE"
VERIFIED = {"x-serverless-authorization": "Bearer another.callers.token"}
LATIN = st.text(st.characters(max_codepoint=255), max_size=4)
"""A server decodes the bytes of a header as Latin-1 (PEP 3333)."""
SPACES = [chr(code) for code in range(256) if chr(code).isspace()]


class Credulous:
    """An issuer behind Cloud Run's check: it believes every token without a signature, and no other."""

    def email(self, token: str, *, audience: str, now: datetime) -> str:  # noqa: ARG002
        return "owner@x.example" if token.endswith(".SIGNATURE_REMOVED_BY_GOOGLE") else "stranger@x.example"

    def claims(self, token: str, *, audience: str, now: datetime) -> dict[str, Any]:
        raise NotImplementedError


SETTINGS = {
    "OPOS_CONSOLE_AUDIENCE": "a", "OPOS_PUSH_AUDIENCE": "a", "OPOS_PUSH_ACCOUNT": "owner@x.example, ",
}  # fmt: skip
CALLERS = Callers(deployed=True, environment=SETTINGS, google=Credulous, iap=Credulous)


def believed(headers: Mapping[str, str]) -> bool:
    """Whether *headers* authenticate the owner, or our account for pushes."""
    try:
        CALLERS.require_push(headers, NOW)
    except Unauthorized:
        return bool(CALLERS.operator(headers, ["owner@x.example"], NOW))
    return True


@given(LATIN, LATIN, st.sampled_from(["Bearer ", "bearer ", "Bearer", "Bearer  ", "Bearer\t", "\xa0Bearer "]))
@example("", "", "Bearer ")
@example("", "\xa0", "Bearer ")
@example("", "\x85", "Bearer ")
def test_no_bytes_around_an_unsigned_token_make_it_believed_when_another_header_was_verified(
    before: str, after: str, scheme: str
) -> None:
    assert not believed({"authorization": f"{scheme}{before}{UNSIGNED}{after}", **VERIFIED})


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_no_white_space_is_stripped_from_a_token(space: str) -> None:
    for text in (f"{space}{UNSIGNED}", f"{UNSIGNED}{space}", UNSIGNED.replace(".", f".{space}", 1)):
        assert not believed({"authorization": f"Bearer {text}"})
        assert compact_token(text) == ""


def test_the_token_that_was_verified_is_believed_without_its_signature() -> None:
    assert believed({"authorization": f"Bearer {UNSIGNED}"})
    assert believed({"authorization": f"BEARER {UNSIGNED}"})


@given(LATIN)
def test_a_token_has_three_parts_of_base64url_or_is_none(text: str) -> None:
    token = identity_token({"authorization": f"Bearer a.{text}.b"})
    assert token in {"", f"a.{text}.b"}
    assert (token != "") == (text != "" and all(c.isascii() and (c.isalnum() or c in "-_") for c in text))


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b.c=", "a.b.c\n"])
def test_what_is_not_a_compact_token_is_none(text: str) -> None:
    assert compact_token(text) == ""


@given(st.text(st.characters(max_codepoint=255), max_size=8))
def test_credentials_are_what_follows_the_scheme_byte_for_byte(text: str) -> None:
    assert credentials({"authorization": f"bAsIc {text}"}, "Basic") == text
    assert credentials({"authorization": f"Basicx {text}"}, "Basic") is None
