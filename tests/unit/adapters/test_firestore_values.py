"""Values in Firestore: the body of a webhook is compressed, and fields of queries stay plain."""

import json

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.firestore.values import LONG, LONG_BODY, Value, decode_fields, encode, encode_fields
from shared.ports.indexes import INDEXES

BODY = json.dumps({"repository": {"full_name": "acme/shop", "html_url": "https://github.com/acme/shop"}} | {"n": 1}) * 2


def kind(value: object, name: str = "body") -> str:
    kind: str = encode_fields({name: value})[name].WhichOneof("value_type")
    return kind


def test_a_body_is_compressed_and_read_as_it_came() -> None:
    fields = encode_fields({"body": BODY})
    assert len(fields["body"].bytes_value) < len(BODY)
    assert decode_fields(fields) == {"body": BODY}


def test_what_an_earlier_release_wrote_plain_is_read() -> None:
    assert decode_fields({"body": Value(string_value=BODY)}) == {"body": BODY}


def test_a_body_that_is_short_or_gets_no_smaller_is_kept_plain() -> None:
    assert kind("x" * (LONG_BODY - 1)) == "string_value"
    assert kind("x" * LONG_BODY) == "bytes_value"
    assert kind("".join(map(chr, range(0x4E00, 0x4E00 + 4 * LONG_BODY, 7)))[:LONG_BODY]) == "string_value"


def test_other_fields_stay_readable_and_comparable_up_to_what_no_query_goes_by() -> None:
    assert kind("x" * (LONG - 1), "summary") == "string_value"
    assert kind("x" * LONG, "summary") == "bytes_value"
    assert encode("x" * 2000).string_value == "x" * 2000
    assert "body" not in {name.partition(".")[0] for _, name in INDEXES}


@given(st.text(st.characters(codec="utf-8"), max_size=2000))
def test_any_body_comes_back(text: str) -> None:
    assert decode_fields(encode_fields({"body": text})) == {"body": text}
