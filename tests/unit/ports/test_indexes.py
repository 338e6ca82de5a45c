"""The indexes on Firestore. tests/e2e/test_budget.py shows that the queries need exactly these."""

import json

from opos.cloud.firestore_indexes import definition
from shared.ports.indexes import COLLECTIONS, INDEXES, LISTS
from shared.ports.terms import alert_index
from tests.support.indexes import is_served
from tests.support.project import ROOT

OVERRIDES = {
    (override["collectionGroup"], override["fieldPath"]): override for override in definition()["fieldOverrides"]
}


def test_the_file_that_is_deployed_is_what_the_code_declares() -> None:
    deployed = json.loads((ROOT / "infra/firestore.indexes.json").read_text())
    assert deployed == definition(), "renew it: python -m opos.cloud.firestore_indexes > infra/firestore.indexes.json"


def test_nothing_is_indexed_but_what_is_declared() -> None:
    indexed = {key for key, override in OVERRIDES.items() if override["indexes"]}
    assert indexed == {*INDEXES, *LISTS}
    for collection in COLLECTIONS:
        assert OVERRIDES[collection, "*"]["indexes"] == []


def test_bodies_and_expiry_are_exempt_and_expiry_is_what_ttl_goes_by() -> None:
    for collection in COLLECTIONS:
        assert (OVERRIDES[collection, "expires_at"]["ttl"], OVERRIDES[collection, "expires_at"]["indexes"]) == (
            True,
            [],
        )
    assert ("events", "body") not in INDEXES


def test_no_field_that_grows_with_time_is_indexed_where_every_webhook_writes() -> None:
    """But `calls_at` and `urgency`, which only those alerts have that wait to interrupt, or are open."""
    grows = {name for collection, name in INDEXES if collection in {"events", "alerts"}}
    assert {name for name in grows if name.endswith(("_at", "_seen", "since"))} == {"calls_at"}
    assert alert_index({"state": "resolved", "severity": "critical", "first_seen": "2026"})["urgency"] is None


def test_a_query_by_two_fields_would_need_a_composite_index_and_is_refused() -> None:
    assert is_served("events", ["state"], None)
    assert is_served("outbox", ["due_at"], "due_at")
    assert not is_served("alerts", ["state"], "last_seen")
    assert not is_served("events", [], "received_at")
