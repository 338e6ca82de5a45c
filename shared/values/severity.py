"""The severity that a sender's word means: one table for every format.

Sources of the words: syslog (RFC 5424, section 6.2.1), Prometheus and the SRE workbook (`page`, `ticket`), PagerDuty,
Opsgenie, Datadog, New Relic, Azure Monitor, Zabbix and ITU-T X.733 (`major`, `minor`), as each documents them.
A word that two of them use differently has the more severe meaning.
"""

from collections.abc import Mapping
from typing import Literal

Severity = Literal["info", "warning", "critical"]

UNSET = "unset"
"""The word for no severity. Nothing says that such an alert can wait, so it is not in the table."""
_NO_SEVERITY = frozenset({"", "no severity"})
"""How senders say that there is none; Google Cloud Monitoring has words for it."""

WORDS: Mapping[Severity, tuple[str, ...]] = {
    "critical": (
        "critical", "crit", "fatal", "emergency", "emerg", "panic", "alert", "disaster", "blocker", "severe", "urgent",
        "page", "error", "err", "high", "highest", "major", "p0", "p1", "p2", "sev0", "sev1",
    ),
    "warning": ("warning", "warn", "medium", "moderate", "average", "minor", "degraded", "ticket", "p3", "sev2"),
    "info": (
        "info", "information", "informational", "notice", "normal", "low", "lowest", "trivial", "debug", "trace",
        "verbose", "none", "p4", "p5", "sev3", "sev4",
    ),
}  # fmt: skip

_MEANINGS: Mapping[str, Severity] = {word: severity for severity, words in WORDS.items() for word in words}


def word_key(word: object) -> str:
    """*word* as it is looked up: neither its case nor space around it matters."""
    key = str(word).strip().casefold()
    return UNSET if key in _NO_SEVERITY else key


def severity_of(word: str, own: Mapping[str, Severity]) -> str:
    """What *word* means: by the source's *own* words first, then by the table. An unknown word stays as it is."""
    key = word_key(word)
    return own.get(key) or _MEANINGS.get(key) or (UNSET if key == UNSET else word)
