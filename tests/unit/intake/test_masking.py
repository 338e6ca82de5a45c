"""What looks like a secret or like personal data is found in any text, and names of things are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.intake.masking import parts


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
        '{}:{alertname="CheckoutDown"}', "v1.2.3",
    ],
)  # fmt: skip
def test_what_names_a_thing_or_a_time_stays(text: str) -> None:
    assert masks(text) == []


@pytest.mark.parametrize(
    ("key", "kind"),
    [("password", "token"), ("client_secret", "token"), ("line1", "postal address"), ("customer_phone", "phone number"),
     ("iban", "account number"), ("Authorization", "token")],
)  # fmt: skip
def test_the_name_of_a_field_says_what_its_value_is(key: str, kind: str) -> None:
    assert masks("anything", key) == [kind]
    assert masks("", key) == []
    assert masks("anything", f"about_{key}_") == []


@given(st.text(max_size=200), st.sampled_from(["", "token", "title"]))
def test_the_parts_of_a_text_are_the_text(text: str, key: str) -> None:
    assert "".join(part.text for part in parts(text, key)) == text


@given(st.text("a1.@:-_ /", max_size=2000))
def test_a_hostile_text_is_read_in_time(text: str) -> None:
    assert "".join(part.text for part in parts(text * 3)) == text * 3
