"""What looks like a secret or like personal data is found in any text, and names of things are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.values.masking import parts, redacted, without_secrets


def masks(text: str, key: str = "") -> list[str]:
    return [part.masked for part in parts(text, key) if part.masked]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ada@example.com today", "e-mail address"),
        ("client 203.0.113.9:443", "IP address"),
        ("2001:db8::1", "IP address"),
        ("2001:db8:0:0:0:0:0:1", "IP address"),
        ("4242 4242 4242 4242", "card number"),
        ("card 5555-5555-5555-4444", "card number"),
        ("sk_live_4eC39HqLyjWDarjtT1", "token"),
        ("Bearer eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSM", "token"),
        ("https://hooks.example/T00/XXXXabcd1234XXXXabcd1234", "token"),
        ("https://pay.example/test_YWNjdF8xTTJKTkVKS0FsbGll", "token"),
        ("ab12" * 8, "token"),
        ("hf_AbCdEfGhIjKlMnOpQrStUvWxYz12345678", "token"),
        ("npm_abcDEF1234567890abcDEF1234567890abcd", "token"),
        ("gsk_AbCdEf1234567890AbCdEf1234567890", "token"),
        ("sbp_0123456789abcdef0123456789abcdef01234567", "token"),
        ("re_123abcDEF456GHIjkl", "token"),
        ("AKIAIOSFODNN7EXAMPLE", "token"),
        ("pi_3Nabc_secret_xyz1", "token"),
        ("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXX", "token"),
        ("https://shop.example/?page=2&token=short", "token"),
        ("postgres://app:hunter2@db/main", "token"),
        ("Bearer abc.def", "token"),
        ("{'user': 'x', 'password': 'hunter2 and more'}", "token"),
        ("joe%40example.com", "e-mail address"),
        ("+49 170 1234567", "phone number"),
        ("+1 (415) 555-2671", "phone number"),
        ("DE89370400440532013000", "account number"),
        ("GB82 WEST 1234 5698 7654 32", "account number"),
    ],
)
def test_a_secret_or_a_personal_value_is_masked_wherever_it_stands(text: str, kind: str) -> None:
    assert masks(text) == [kind]
    assert masks(f"before {text} after") == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "", "firing", "invoice.payment_failed", "evt_1QzKabcdefgh12345", "2026-11-28T03:02:10.412Z", "12:30:45",
        "a1" * 20, "0191f3c2-5b5c-7b1e-9a39-000000000000", "4242424242424241", "1795000000000", "acme/shop",
        '{}:{alertname="CheckoutDown"}', "v1.2.3", "re_3NispeF2eZvKYlo2CabcdOCg", "in_1QzKabcdefgh12345", "in_progress",
        "re_opened_by_operator", "npm_config_registry", "bearer token expired", "DE89370400440532013001",
        "2026-11-28T10:00:00+01:00", "sort_key: 1", "1+1=2", "https://shop.example:8080/@acme",
    ],
)  # fmt: skip
def test_what_names_a_thing_or_a_time_stays(text: str) -> None:
    assert masks(text) == []


@pytest.mark.parametrize(
    ("key", "kind"),
    [("password", "token"), ("client_secret", "token"), ("line1", "postal address"), ("customer_phone", "phone number"),
     ("iban", "account number"), ("Authorization", "token"), ("clientSecret", "token"), ("userPassword", "token"),
     ("secretKey", "token"), ("secret_key", "token"), ("stripeToken", "token"), ("x-api-key", "token"), ("otp", "token"),
     ("about_password_", "token"), ("APIKey", "token"), ("accesstoken", "token"), ("session_id", "token"),
     ("phoneNumber", "phone number"), ("shippingAddressLine1", "postal address"), ("taxId", "account number")],
)  # fmt: skip
def test_the_name_of_a_field_says_what_its_value_is(key: str, kind: str) -> None:
    assert masks("anything", key) == [kind]
    assert masks("", key) == []


@pytest.mark.parametrize(
    "key",
    [
        "key",
        "sort_key",
        "idempotency_key",
        "max_tokens",
        "tokenizer",
        "pinned_at",
        "spinner",
        "headline1",
        "session_count",
    ],
)
def test_a_word_within_a_word_says_nothing(key: str) -> None:
    assert masks("anything", key) == []


def test_a_title_names_a_person_and_never_shows_a_secret() -> None:
    text = "Payment of ada@example.com with sk_live_4eC39HqLyjWDarjtT1 failed"
    assert without_secrets(text) == "Payment of ada@example.com with [token] failed"
    assert redacted(text) == "Payment of [e-mail address] with [token] failed"
    assert redacted("hunter2", "password") == "[token]"


@given(st.text(max_size=200), st.sampled_from(["", "token", "title"]))
def test_the_parts_of_a_text_are_the_text(text: str, key: str) -> None:
    assert "".join(part.text for part in parts(text, key)) == text


@given(st.text("aA1.@:-_ /+=?'", max_size=2000))
def test_a_hostile_text_is_read_in_time(text: str) -> None:
    assert "".join(part.text for part in parts(text * 3)) == text * 3
