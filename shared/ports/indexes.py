"""The fields that queries filter or order by; every adapter indexes exactly these.

The index of one field answers each query. No field that grows with time is indexed in `events` and `alerts`, which
every webhook writes: such an index caps a collection at 500 writes a second (Firestore documentation, "Best
practices"). `alerts.calls_at`, `alerts.pending.place` and `alerts.urgency` do grow, but only alerts that wait, or are
open, have them. The terms in LISTS begin with a word, so the writes of a month spread over all words (ADR 52).

The collections of records are indexed otherwise: shared/records/indexes.py derives their indexes from the kinds.
"""

from typing import NamedTuple

INDEXES: tuple[tuple[str, str], ...] = (
    ("events", "state"),
    ("events", "quarantine"),
    ("events", "body_sha256"),
    ("events", "day"),
    ("alerts", "state"),
    ("alerts", "pending.place"),
    ("alerts", "calls_at"),
    ("alerts", "group"),
    ("alerts", "open_in"),
    ("alerts", "inhibits"),
    ("alerts", "unresolved"),
    ("alerts", "urgency"),
    ("groups", "due_at"),
    ("outbox", "due_at"),
    ("outbox", "state"),
    ("outbox", "created_at"),
    ("outbox", "turn"),
    ("digests", "due_at"),
    ("digests", "state"),
    ("digests", "created_at"),
    ("overrides", "until"),
    ("indicators", "day"),
    ("deployments", "number"),
    ("sessions", "ends_at"),
    ("silences", "ends_at"),
    ("focus", "ends_at"),
    ("dead_letters", "received_at"),
    ("dead_letters", "event"),
    ("public_incidents", "shown_until"),
    ("record_changes", "cause"),
    ("record_changes", "due_at"),
    ("asks", "place"),
    ("asks", "open_about"),
    ("asks", "topic"),
)
NEWEST_FIRST: frozenset[tuple[str, str]] = frozenset(
    {
        ("outbox", "created_at"),
        ("outbox", "turn"),
        ("digests", "created_at"),
        ("dead_letters", "received_at"),
        ("deployments", "number"),
        ("overrides", "until"),
        ("public_incidents", "shown_until"),
        ("alerts", "urgency"),
        ("asks", "topic"),
    }
)
"""The indexes that a query reads backwards. The others need no descending index, which would cost one more entry per
document.
"""
LISTS: tuple[tuple[str, str], ...] = (("events", "terms"), ("alerts", "terms"))
"""The fields with lists of texts, each element of which is an index entry, for the operator `contains`."""
_UNINDEXED = (
    "alert_changes",
    "heartbeats",
    "pings",
    "bodies",
    "probes",
    "sweeps",
    "flag_usage",
    "leases",
    "subscriptions",
    "incident_updates",
    "devices",
    "record_claims",
    "answers",
    "suppressions",
    "company_faults",
)
RECORDS = "records_"
"""What the names of the collections of records begin with. The kinds in `company/` decide which there are."""
CHANGED = "listed.changed_at"
"""What lists of records are ordered by: directly, or between equal values of another field."""
LISTED_AS, LEADS_TO, WORDS = "listed_as", "into", "terms"
"""The other fields of a record that are indexed, beside those in `listed`. The id orders records with equal ones."""
COLLECTIONS: tuple[str, ...] = (*dict.fromkeys(collection for collection, _ in INDEXES), *_UNINDEXED)


class Composite(NamedTuple):
    """An index of two fields. `first` is how the first one is indexed: ASCENDING, DESCENDING or CONTAINS."""

    collection: str
    field: str
    first: str
    then_by: str
    direction: str


def is_of_records(collection: str) -> bool:
    return collection.startswith(RECORDS)


def then_by(collection: str, order_by: str | None) -> str | None:
    """The field that orders equal values of *order_by*, before the id does."""
    is_listed = order_by is not None and order_by.startswith("listed.") and order_by != CHANGED
    return CHANGED if is_listed and is_of_records(collection) else None


def orders(collection: str, field: str) -> tuple[str, ...]:
    """The directions in which Firestore indexes *field*."""
    backwards = ("DESCENDING",) if (collection, field) in NEWEST_FIRST else ()
    return ("ASCENDING", *backwards) if (collection, field) in INDEXES else ()
