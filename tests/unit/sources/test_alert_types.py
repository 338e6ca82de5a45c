"""The tables of each format's words agree with what the format reads."""

from typing import Any

import pytest

from shared.sources import FORMATS
from shared.sources.alert_types import ALERT_TYPES
from shared.sources.severity_words import SEVERITY_WORDS
from tests.unit.sources.test_payloads import ALERTS, BUSINESS_EVENTS, QUIET, format_named, headers, payload


def name_of(case: str) -> Any:
    return case.partition("/")[0].replace("_", "-")


def type_of(case: str) -> str:
    return format_named(case).event_type(headers(case), payload(case))


ENDS_OR_FIRES = {
    "workflow_run.completed",
    "deployment_status",
    "deployment_status.created",
    "Issue.update",
    "disputes/update",
}


def test_every_built_in_format_has_its_types() -> None:
    assert set(ALERT_TYPES) == FORMATS
    assert set(SEVERITY_WORDS) < FORMATS


@pytest.mark.parametrize("case", ALERTS)
def test_a_payload_that_makes_an_alert_has_a_type_that_is_said_to(case: str) -> None:
    types = ALERT_TYPES[name_of(case)]
    assert type_of(case) in (*types.known, *types.others)
    assert types.contains(type_of(case)) or " firing: " not in ALERTS[case]


@pytest.mark.parametrize("case", [case for case, alert in ALERTS.items() if " resolved: " in alert])
def test_a_type_that_only_ends_alerts_makes_none(case: str) -> None:
    """The types in ENDS_OR_FIRES are those whose payloads tell the end of an alert from its beginning."""
    is_known = ALERT_TYPES[name_of(case)].contains(type_of(case))
    assert is_known == (type_of(case) in ENDS_OR_FIRES)


@pytest.mark.parametrize("name", sorted(ALERT_TYPES))
def test_a_format_whose_payloads_only_make_news_or_nothing_has_no_type_that_alerts(name: Any) -> None:
    cases = [case for case in (*ALERTS, *BUSINESS_EVENTS, *QUIET) if name_of(case) == name]
    assert bool(ALERT_TYPES[name].known) == any(case in ALERTS for case in cases)
