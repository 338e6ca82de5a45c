"""The terms under which events and alerts are found, and the order of the open alerts: what the stores index.

A term is a word and a bucket, such as `checkout@2026-11`: the month of an event, and of an alert the month in which it
was last seen, or `open`. A search asks for one term at a time and goes back month by month, so it reads few documents
and the newest first, and no index has the time. Terms are made of what lists show, and of ids in a payload; never of
other values in it, nor of a number that looks like a card or a secret.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice, product, starmap
from typing import Any, NamedTuple

from shared.values.masking import parts
from shared.values.words import words

OPEN = "open"
"""The bucket of the alerts that are open."""
MOST_OF_EVENT, MOST_OF_ALERT = 24, 32
"""How many words are indexed, at most: each is an index entry."""
TYPE_WORDS, _IDS, _PAIRS = 4, 6, 6
"""How many words of a type, ids and labels of an event are indexed, whatever its title says."""
_SOURCE, _TYPE, _TITLE, _VALUES, _SUMMARY, _BODY = 60, 60, 120, 400, 400, 6_000
"""How much of each is looked at, in characters."""
_NAMED = re.compile(
    '"(id|number|identifier|customer|invoice|subscription|charge|payment_intent|order'
    '|[A-Za-z_]{3,24}(?:(?<=_id)|(?<=Id)))":'
)
"""The name of a field of a JSON text that names an object. `client_secret`, `token` and `key` are not among them."""
_PRIVATE = re.compile("session|tax|secret|access|token", re.IGNORECASE)
_VALUE = re.compile(r'\s{0,4}"?((?=[A-Za-z_.-]{0,40}\d)[A-Za-z0-9_.-]{3,64})(?=[",}\s])')
"""An id has a digit."""
_HASH = re.compile(r"(?=\d*[a-f])[0-9a-f]{32}|[0-9a-f]{64}")
"""An id of senders such as Sentry. Where no name says that it is an id, a page redacts it."""
STATES: Mapping[str, int] = {"firing": 3, "acknowledged": 2, "snoozed": 1}
"""The states of open alerts, the one that needs you most with the highest number."""
SEVERITIES: Mapping[str, str] = {"critical": "3", "warning": "2", "info": "1"}
_UNKNOWN = "critical"
"""What an alert of an unknown severity counts as."""
_KNOWN = "2+"
MAY_WAIT = frozenset({"silence", "inhibition"})
"""The holds that say that an alert is known: the operator's silence, or another alert that explains it."""


class Urgency(NamedTuple):
    """How urgent an open alert is. `is_known`: it is critical and fires, but a hold of MAY_WAIT says it can wait."""

    state: str
    severity: str
    is_known: bool = False

    @property
    def begin(self) -> str:
        """What the places of such alerts begin with."""
        return f"{STATES[self.state]}{_KNOWN if self.is_known else SEVERITIES[self.severity]} "


NOW, KNOWN = Urgency("firing", "critical"), Urgency("firing", "critical", is_known=True)
"""An alert that needs the operator now, and one that would if nothing explained it."""
URGENCIES = (NOW, KNOWN, *(urgency for urgency in starmap(Urgency, product(STATES, SEVERITIES)) if urgency != NOW))
"""All, the most urgent first."""


def term(word: str, bucket: str) -> str:
    return f"{word}@{bucket}"


def pair(name: str, value: str) -> str:
    """The word of a label."""
    return f"{name}={value}".casefold()


def event_terms(event: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> list[str]:
    """The terms of the document *event* whose signals have *labels*; one term is its hour alone."""
    pairs = list(islice((labels or {}).items(), _PAIRS))
    received = str(event.get("received_at", ""))
    named = chain(
        (pair(name, value) for name, value in pairs),
        words(_text(event.get("source"), _SOURCE)),
        islice(words(_text(event.get("type"), _TYPE)), TYPE_WORDS),
        words(_text(event.get("subject"), _TITLE)),
        _ids(event),
        words(" ".join(value for _, value in pairs)),
    )
    return [term("", received[:13]), *_terms(named, received[:7], MOST_OF_EVENT)]


def alert_index(alert: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the document *alert* by which it is found, and by which open alerts are in order.

    `urgency` is greater the more an alert needs you: by state, severity, and then by when it began to fire. It is None
    unless the alert is open, so that the index has few entries. A closed alert also has its day, as a term alone.
    """
    state, seen = alert.get("state"), str(alert.get("last_seen") or alert.get("first_seen") or "")
    values = " ".join(_values(alert))
    texts = (
        _text(alert.get("source"), _SOURCE), _text(alert.get("title"), _TITLE), values[:_VALUES],
        _text(alert.get("summary"), _SUMMARY),
    )  # fmt: skip
    named = words(" ".join(texts))
    if state not in STATES:
        return {"urgency": None, "terms": [term("", seen[:10]), *_terms(named, seen[:7], MOST_OF_ALERT)]}
    return {"urgency": place(alert), "terms": list(_terms(named, OPEN, MOST_OF_ALERT))}


def place(alert: Mapping[str, Any]) -> str | None:
    """The place of the document *alert* among the open alerts; None unless it is open."""
    urgency = urgency_of(alert)
    return f"{urgency.begin}{alert.get('first_seen') or ''}" if urgency else None


def urgency_of(alert: Mapping[str, Any]) -> Urgency | None:
    """How urgent the document *alert* is; None unless it is open."""
    state, severity = str(alert.get("state")), str(alert.get("severity"))
    if state not in STATES:
        return None
    urgency = Urgency(state, severity if severity in SEVERITIES else _UNKNOWN)
    return KNOWN if urgency == NOW and (alert.get("held") or {}).get("by") in MAY_WAIT else urgency


DERIVED = frozenset({"terms", "urgency"})


def without_derived(data: Mapping[str, Any]) -> dict[str, Any]:
    """*data* of a document without what only the indexes need, and what a restore makes again."""
    return {name: value for name, value in data.items() if name not in DERIVED}


def words_of(doc: Mapping[str, Any]) -> frozenset[str]:
    """The words under which the document is found."""
    return frozenset(listed.rpartition("@")[0] for listed in doc.get("terms") or ())


def _terms(named: Iterable[str], bucket: str, most: int) -> Iterator[str]:
    return (term(word, bucket) for word in islice(dict.fromkeys(named), most))


def _text(text: Any, longest: int) -> str:
    return str(text or "")[:longest]


def _values(alert: Mapping[str, Any]) -> Iterator[str]:
    labels = alert.get("labels") or {}
    return (str(value) for name, value in labels.items() if name not in {"source", "severity"})


def _ids(event: Mapping[str, Any]) -> Iterator[str]:
    """The first ids in the body, as words."""
    if event.get("body_encoding") == "base64":
        return iter(())
    body = str(event.get("body", ""))[:_BODY]
    named = ((name[1], _VALUE.match(body, name.end())) for name in _NAMED.finditer(body))
    ids = (value[1] for name, value in named if value and _is_public(name, value[1]))
    return islice(chain.from_iterable(map(words, ids)), _IDS)


def _is_public(name: str, value: str) -> bool:
    """Whether a search may find *value*: it is a hash or a number of the sender's, not what a page redacts."""
    if _PRIVATE.search(name):
        return False
    return bool(_HASH.fullmatch(value)) or not any(part.masked for part in parts(value, name))
