"""The words by which a person is recognised, and what is taken out of a text."""

import json
from html import escape
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.records.identity import FORGOTTEN, identity
from shared.records.scrubbing import scrubbed_document

PERSON = identity(
    ["cus_q1", "Zoe.Q@example.org", 6940095564, "42"],
    ["Zoë Q. Nowak", "+49 170 5550111", "Ada", "1990-01-01", 12345678],
)


def test_ids_addresses_and_phone_numbers_are_sure_and_short_words_count_only_nearby() -> None:
    assert PERSON.sure == {"cus_q1", "Zoe.Q@example.org", "6940095564", "+49 170 5550111"}
    assert PERSON.telling == {"Zoë Q. Nowak"}
    assert PERSON.near == {"Ada", "1990-01-01", "12345678"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Mail zoe.q@EXAMPLE.org.", f"Mail {FORGOTTEN}."),
        ("zoe.q%40example.org", FORGOTTEN),
        (r"x\nzoe.q@example.org", rf"x\n{FORGOTTEN}"),
        ("tel:+49(170)555-0111", f"tel:{FORGOTTEN}"),
        ("491705550111", FORGOTTEN),
        ("Zoë\n Q. Nowak", FORGOTTEN),
        (r"Zo\u00eb Q. Nowak", FORGOTTEN),
        ("q=zo%C3%AB+q.+nowak", f"q={FORGOTTEN}"),
        ('{"id": 6940095564}', f'{{"id": {FORGOTTEN}}}'),
        ("mary.zoe.q@example.org", "mary.zoe.q@example.org"),
        ("zoe.q@example.org.uk", "zoe.q@example.org.uk"),
        ("cus_q12 cus_q1", f"cus_q12 {FORGOTTEN}"),
        ("169400955641", "169400955641"),
        ("Ada on 1990-01-01", "Ada on 1990-01-01"),
    ],
)
def test_each_spelling_goes_and_what_somebody_else_has_stays(text: str, left: str) -> None:
    assert PERSON.scrub(is_near=False)(text) == left


def test_short_words_go_where_the_text_is_about_the_person() -> None:
    assert PERSON.scrub(is_near=True)("Ada, not Adam, on 1990-01-01") == f"{FORGOTTEN}, not Adam, on {FORGOTTEN}"


@given(st.text("aZé'\"\\@ .&<7-", min_size=6, max_size=20), st.sampled_from([str, json.dumps, quote, escape]))
def test_no_text_that_is_looked_for_survives_in_any_spelling(word: str, spelled: object) -> None:
    person = identity([], [word])
    if not person.telling | person.sure:
        return
    text = f"({spelled(word.strip())})"  # type: ignore[operator]
    assert word.strip() not in person.scrub(is_near=False)(text)
    assert person.scrub(is_near=False)(text) != text


def test_what_opos_itself_has_written_stays_whatever_a_person_is_called() -> None:
    person = identity([], ["firing", "events", "2026", "stripe"])
    alert = {"state": "firing", "source": "stripe", "title": "stripe is firing", "labels": {"state": "firing"}}
    assert scrubbed_document(alert, person.scrub(is_near=True)) == {
        "state": "firing", "source": "stripe", "title": f"{FORGOTTEN} is {FORGOTTEN}", "labels": {"state": FORGOTTEN},
    }  # fmt: skip
