"""The tables of each format's words agree with what the format reads."""

from typing import Any

import pytest

from shared.sources import FORMATS
from shared.sources.alert_types import ALERT_TYPES
from shared.sources.severity_words import SEVERITY_WORDS
from tests.unit.sources.test_payloads import ALERTS, BUSINESS_EVENTS, QUIET, format_named, headers, payload


def name_of(case: str) -> Any:
    return case.partition("/")[0].replace("_", "-")


def test_every_built_in_format_has_its_types() -> None:
    assert set(ALERT_TYPES) == FORMATS
    assert set(SEVERITY_WORDS) < FORMATS


@pytest.mark.parametrize("case", ALERTS)
def test_a_payload_that_makes_an_alert_has_a_type_that_is_said_to(case: str) -> None:
    event_type = format_named(case).event_type(headers(case), payload(case))
    assert event_type in ALERT_TYPES[name_of(case)].known


@pytest.mark.parametrize("name", sorted(ALERT_TYPES))
def test_a_format_whose_payloads_only_make_news_or_nothing_has_no_type_that_alerts(name: Any) -> None:
    cases = [case for case in (*ALERTS, *BUSINESS_EVENTS, *QUIET) if name_of(case) == name]
    assert bool(ALERT_TYPES[name].known) == any(case in ALERTS for case in cases)
