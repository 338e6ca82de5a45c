"""The table of each format's words agrees with what the format reads."""

from typing import Any

import pytest

from shared.sources import FORMATS
from shared.sources.vocabulary import VOCABULARIES, Vocabulary
from tests.unit.sources.test_payloads import ALERTS, BUSINESS_EVENTS, QUIET, format_named, headers, payload


def vocabulary(case: str) -> Vocabulary:
    name: Any = case.partition("/")[0].replace("_", "-")
    return VOCABULARIES[name]


def event_type(case: str) -> str:
    return format_named(case).event_type(headers(case), payload(case))


def test_every_built_in_format_has_its_words() -> None:
    assert set(VOCABULARIES) == FORMATS


@pytest.mark.parametrize("case", ALERTS)
def test_a_payload_that_makes_an_alert_has_a_type_that_is_said_to(case: str) -> None:
    assert event_type(case) in vocabulary(case).known_types


@pytest.mark.parametrize("name", sorted(VOCABULARIES))
def test_a_format_whose_payloads_only_make_news_or_nothing_has_no_type_that_alerts(name: Any) -> None:
    folder = name.replace("-", "_")
    cases = [case for case in (*ALERTS, *BUSINESS_EVENTS, *QUIET) if case.startswith(f"{folder}/")]
    assert bool(VOCABULARIES[name].alert_types) == any(case in ALERTS for case in cases)
