"""The database keeps what it holds, serves the declared queries, and forgets what has expired."""

import json
from collections.abc import Mapping

from infra.store import INDEXES as FILE
from infra.tests.recording import Bundle, Recorded
from shared.ports.indexes import COLLECTIONS, INDEXES, LISTS, NEWEST_FIRST


def database(bundle: Bundle) -> Recorded:
    (database,) = bundle.of("firestore/database:Database")
    return database


def fields(bundle: Bundle) -> dict[tuple[str, str], Recorded]:
    fields = bundle.of("firestore/field:Field")
    by_name = {(field.inputs["collection"], field.inputs["field"]): field for field in fields}
    assert len(by_name) == len(fields)
    return by_name


def orders(field: Recorded) -> list[tuple[str, str]]:
    return [_order(index) for index in field.inputs["indexConfig"].get("indexes", [])]


def _order(index: Mapping[str, str]) -> tuple[str, str]:
    """How an index orders a field; that of a list has no order."""
    return index.get("order") or index["arrayConfig"], index["queryScope"]


def test_nothing_destroys_the_database_by_mistake(bundle: Bundle) -> None:
    kept = database(bundle)
    assert kept.protected
    assert kept.inputs["deleteProtectionState"] == "DELETE_PROTECTION_ENABLED"
    assert kept.inputs["pointInTimeRecoveryEnablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"
    assert (kept.inputs["name"], kept.inputs["type"]) == ("(default)", "FIRESTORE_NATIVE")


def test_a_backup_of_each_day_is_kept_for_a_week(bundle: Bundle) -> None:
    (schedule,) = bundle.of("firestore/backupSchedule:BackupSchedule")
    assert schedule.protected
    assert (schedule.inputs["dailyRecurrence"], schedule.inputs["retention"]) == ({}, f"{7 * 86400}s")
    assert database(bundle).urn in schedule.needs


def test_the_fields_are_those_of_the_file_that_firebase_reads(bundle: Bundle) -> None:
    expected = {
        (override["collectionGroup"], override["fieldPath"]): override
        for override in json.loads(FILE.read_text())["fieldOverrides"]
    }
    declared = fields(bundle)
    assert set(declared) == set(expected)
    for key, override in expected.items():
        assert orders(declared[key]) == [_order(index) for index in override["indexes"]]
        assert ("ttlConfig" in declared[key].inputs) == override.get("ttl", False)


def test_each_query_is_served_and_only_what_is_read_backwards_is_indexed_so_too(bundle: Bundle) -> None:
    for key in INDEXES:
        expected = ["ASCENDING", "DESCENDING"] if key in NEWEST_FIRST else ["ASCENDING"]
        assert orders(fields(bundle)[key]) == [(order, "COLLECTION") for order in expected]
    for key in LISTS:
        assert orders(fields(bundle)[key]) == [("CONTAINS", "COLLECTION")]


def test_every_collection_expires_and_indexes_nothing_by_itself(bundle: Bundle) -> None:
    for collection in COLLECTIONS:
        assert "ttlConfig" in fields(bundle)[collection, "expires_at"].inputs
        assert fields(bundle)[collection, "*"].inputs["indexConfig"] == {}
        assert "ttlConfig" not in fields(bundle)[collection, "*"].inputs, "Firestore refuses it for all fields"


def test_lists_of_records_have_the_indexes_of_the_file_that_firebase_reads(bundle: Bundle) -> None:
    declared = [index.inputs for index in bundle.of("firestore/index:Index")]
    expected = json.loads(FILE.read_text())["indexes"]
    assert expected
    made = {_index(index["collection"], index["fields"]) for index in declared}
    assert len(made) == len(declared)
    assert made == {_index(index["collectionGroup"], index["fields"]) for index in expected}
    assert {index["queryScope"] for index in declared} == {"COLLECTION"}


def _index(collection: str, fields: list[dict[str, str]]) -> tuple[str, ...]:
    return (collection, *(f"{field['fieldPath']} {field.get('order') or field['arrayConfig']}" for field in fields))
