"""The severity of a sender's word: the same table for every format, and the words of one source before it."""

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from shared.alerting.alert import effective_severity
from shared.config.sources import AlertMapping, Source
from shared.events import Severity
from shared.intake.webhook import read
from shared.values.severity import UNSET, WORDS, severity_of
from tests.support.project import ROOT

MAPPED = AlertMapping(title="title", severity="severity")


def source(format: str, **settings: Any) -> Source:
    return Source.model_validate({"scheme": "bearer", "secrets": ["TOKEN"], "format": format, **settings})


def alertmanager(word: str) -> tuple[str, dict[str, str], Any]:
    alert = {"fingerprint": "f", "status": "firing", "labels": {"alertname": "Up", "severity": word}}
    return "alertmanager", {}, {"status": "firing", "alerts": [alert]}


def google_monitoring(word: str) -> tuple[str, dict[str, str], Any]:
    return "google-monitoring", {}, {"incident": {"incident_id": "1", "state": "open", "severity": word}}


def pagerduty_events(word: str) -> tuple[str, dict[str, str], Any]:
    payload = {"summary": "Disk full", "source": "db-1", "severity": word}
    return "pagerduty-events", {}, {"event_action": "trigger", "dedup_key": "d", "payload": payload}


def sentry(word: str) -> tuple[str, dict[str, str], Any]:
    issue = {"id": "1", "title": "TypeError", "level": word}
    return "sentry", {"sentry-hook-resource": "issue"}, {"action": "created", "data": {"issue": issue}}


def mapped(word: str) -> tuple[str, dict[str, str], Any]:
    return "mapped", {}, {"title": "Disk full", "severity": word}


FORMATS = [alertmanager, google_monitoring, pagerduty_events, sentry, mapped]


def severity_in(form: Any, word: str, **settings: Any) -> str:
    format, headers, payload = form(word)
    extra = {"alert": MAPPED} if format == "mapped" else {}
    reading = read("app", source(format, **extra, **settings), headers, payload)
    assert reading.quarantine is None
    (signal,) = reading.signals
    assert signal.kind == "alert"
    return signal.severity


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("severity", "words"), WORDS.items())
def test_every_format_reads_a_word_as_the_table_says_whatever_its_case(
    form: Any, severity: str, words: tuple[str, ...]
) -> None:
    known = [word for word in words if (form, word) != (sentry, "error")]
    assert {severity_in(form, spelt(word)) for word in known for spelt in (str.lower, str.upper, str.title)} == {
        severity
    }


def test_an_exception_in_sentry_waits_as_every_exception_has_that_level() -> None:
    assert severity_in(sentry, "error") == "warning"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("word", ["catastrophe", "warnings", ""])
def test_an_unknown_word_and_none_at_all_interrupt(form: Any, word: str) -> None:
    assert effective_severity(severity_in(form, word)) == "critical"


@pytest.mark.parametrize("form", FORMATS)
def test_the_words_of_a_source_come_before_the_table(form: Any) -> None:
    own = {"Critical": "warning", "catastrophe": "info", UNSET: "info"}
    read_as = [severity_in(form, word, severity_values=own) for word in ("critical", "CATASTROPHE", "", "warn")]
    assert read_as == ["warning", "info", "info", "warning"]


def test_a_number_is_a_word_too() -> None:
    assert source("mapped", severity_values={1: "critical", 3: "info"}).severity_values == {
        "1": "critical",
        "3": "info",
    }


def test_a_word_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected each word once, whatever its case, found sev1 more than once"):
        source("mapped", severity_values={"SEV1": "critical", "sev1": "info"})


def test_the_severity_of_an_event_type_comes_before_its_word() -> None:
    own = {"severity": {"alerts.firing": "info"}, "severity_values": {"critical": "warning"}}
    assert severity_in(alertmanager, "critical", **own) == "info"


def test_no_word_has_two_meanings() -> None:
    words = [word for words in WORDS.values() for word in words]
    assert len(words) == len(set(words))
    assert tuple(reversed(WORDS)) == get_args(Severity)


def test_the_documentation_lists_the_words() -> None:
    documentation = (ROOT / "docs" / "senders.md").read_text()
    for severity, words in WORDS.items():
        assert f"| `{severity}` | {', '.join(words)} |" in documentation


def test_space_around_a_word_does_not_matter() -> None:
    assert severity_of(" Warning\n", {}) == "warning"
