"""The indexes on Firestore. tests/e2e/test_budget.py shows that the queries need exactly these."""

from pathlib import Path

from opos.cloud.firestore_indexes import COMMAND, FILE, company, definition, index_faults
from shared.ports.indexes import COLLECTIONS, INDEXES, LISTS
from shared.ports.terms import alert_index
from shared.records.indexes import composites
from tests.support.deals import DEAL
from tests.support.indexes import is_served
from tests.support.project import ROOT

OVERRIDES = {
    (override["collectionGroup"], override["fieldPath"]): override for override in definition([])["fieldOverrides"]
}


def test_the_file_that_is_deployed_is_what_the_code_and_the_kinds_declare(tmp_path: Path) -> None:
    kinds = company({}, ROOT)
    assert list(index_faults(ROOT, kinds)) == []
    (tmp_path / "infra").mkdir()
    (tmp_path / FILE).write_text((ROOT / FILE).read_text())
    (fault,) = index_faults(tmp_path, [*kinds, DEAL])
    assert COMMAND in str(fault)
    assert list(index_faults(tmp_path / "elsewhere", [DEAL])) == []


def test_a_kind_needs_two_indexes_for_each_listed_field() -> None:
    needed = list(composites(DEAL))
    assert len(needed) == 2 * 10 == len(set(needed))
    asked = {(index.field, index.first, index.direction) for index in needed}
    assert {("listed.size", "DESCENDING", "DESCENDING"), ("listed.tags", "CONTAINS", "ASCENDING")} <= asked
    overrides = {override["fieldPath"] for override in definition([DEAL])["fieldOverrides"] if "deal" in str(override)}
    assert overrides == {"*", "expires_at", "listed.changed_at", "listed_as", "into", "terms"}


def test_kinds_that_need_more_indexes_than_a_database_has_are_a_fault(tmp_path: Path) -> None:
    (fault,) = index_faults(tmp_path, [DEAL] * 11)
    assert "expected kinds that need at most 200 indexes of two fields on Firestore; found 220" in str(fault)


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
