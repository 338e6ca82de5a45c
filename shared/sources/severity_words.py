"""The severity words of the formats whose payloads say one. A format that is not listed sets its severities itself."""

from collections.abc import Mapping

from shared.config.sources import FormatName, Source
from shared.values.severity import Severity

Meanings = Mapping[str, Severity]

SEVERITY_WORDS: Mapping[FormatName, Meanings] = {
    "alertmanager": {},
    "grafana": {},
    "google-monitoring": {},
    "pagerduty-events": {},
    "sentry": {"error": "warning"},  # the level of a log record: each uncaught exception has it, and can wait
}
"""The words that mean something else than in the table that all senders share."""


def meanings(format_name: FormatName, source: Source) -> Meanings:
    """What the severity words of a source in *format_name* mean: the operator's meaning comes before the sender's."""
    return {**SEVERITY_WORDS.get(format_name, {}), **source.severity_values}
