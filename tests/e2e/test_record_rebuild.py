"""Export, replay and rebuild: with the same changes, each bundle has the same records."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.events import iso
from shared.ports import Delete, Update
from shared.records.observation import Observation
from shared.services.records.edits import edit, set_state
from shared.services.records.merge import merge
from tests.support.bundle import Bundle
from tests.support.kinds import OWNERS
from tests.support.record_commands import Stored, called, declare, made, printed
from tests.support.record_commands import said as observed
from tests.support.records import ME


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Bundle]:
    yield from started(tmp_path / "mine")


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Bundle]:
    """An empty bundle with the same kinds."""
    yield from started(tmp_path / "other")


def started(folder: Path) -> Iterator[Bundle]:
    """With the kinds of the tests, an hour ago: the commands have the time of the machine."""
    folder.mkdir()
    bundle = Stored(folder)
    bundle.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    bundle.start()
    declare(folder)
    yield bundle
    bundle.stop()


def busy(bundle: Bundle) -> dict[str, str]:
    """Records that were merged, deleted, changed by hand and by a sender; their ids."""
    context = bundle.runtime.context()
    customer = context.kinds["customer"]
    ids = {
        name: observed(bundle, Observation("customer", "stripe", f"cus_{name}", iso(bundle.clock.now()), name, {"name": name}), {})
        for name in ("ada", "grace", "edith")
    }  # fmt: skip
    ids["mine"] = made(bundle, "customer", {"name": "Mine", "email": "mine@example.com", "tags": ["a"]})
    edit(customer, ids["ada"], {"plan": "pro", "mrr": {"amount": 900, "currency": "eur"}}, ME, {}, context)
    merge(customer, ids["mine"], ids["ada"], ME, OWNERS, context)
    merge(customer, ids["ada"], ids["grace"], ME, OWNERS, context)
    set_state(customer, ids["edith"], "deleted", ME, context)
    ids["project"] = made(bundle, "project", {"name": "Engine", "customer": ids["ada"]})
    return ids


def stored(bundle: Bundle, collection: str) -> dict[str, Any]:
    return {doc.path: doc.data for doc in bundle.docs(collection)}


def led(bundle: Bundle) -> dict[str, str]:
    """The record that each claim leads to."""
    ends = {doc.id: doc.data["into"] or doc.id for doc in bundle.docs("records_customer")}
    return {claim.path: ends[claim.data["record"]] for claim in bundle.docs("record_claims")}


def test_changes_replayed_into_an_empty_bundle_make_identical_records(bundle: Bundle, other: Bundle) -> None:
    busy(bundle)
    printed(bundle, "export", "--changes", "--output", str(bundle.folder / "changes.jsonl"))
    first = json.loads(printed(other, "rebuild", "--changes", str(bundle.folder / "changes.jsonl"), "--json"))
    assert (first["added"], first["faulty"], first["differing"]) == (12, 0, 0)
    for collection in ("records_customer", "records_project"):
        assert stored(other, collection) == stored(bundle, collection)
    assert led(other) == led(bundle)
    for checked in (printed(each, "rebuild", "--check", "--json") for each in (bundle, other)):
        assert json.loads(checked)["hash"] == first["hash"]
    again = json.loads(printed(other, "rebuild", "--changes", str(bundle.folder / "changes.jsonl"), "--json"))
    assert (again["added"], again["hash"]) == (0, first["hash"])


def test_a_replay_goes_on_where_another_ended_and_refuses_another_history(bundle: Bundle, other: Bundle) -> None:
    busy(bundle)
    lines = printed(bundle, "export", "--changes").splitlines()
    (bundle.folder / "some.jsonl").write_text("\n".join(lines[:5]))
    (bundle.folder / "all.jsonl").write_text("\n".join(lines))
    printed(other, "rebuild", "--changes", str(bundle.folder / "some.jsonl"))
    assert printed(other, "rebuild", "--changes", str(bundle.folder / "all.jsonl")).startswith("7 changes added\n")
    made(other, "customer", {"name": "Another"})
    assert called(other, "rebuild", "--changes", str(bundle.folder / "all.jsonl")).exit_code == 0
    altered = [{**json.loads(line), "reason": "altered"} for line in lines]
    (bundle.folder / "altered.jsonl").write_text("\n".join(map(json.dumps, altered)))
    refused = called(other, "rebuild", "--changes", str(bundle.folder / "altered.jsonl"))
    assert (refused.exit_code, refused.stderr[:29]) == (1, "expected the same change 1 of")


@pytest.mark.parametrize(
    ("text", "said"), [("{}", ":1: expected a change of a record"), ("nonsense", ":1: expected a change of a record")]
)
def test_a_line_that_is_no_change_is_named_with_its_place(bundle: Bundle, text: str, said: str) -> None:
    (bundle.folder / "changes.jsonl").write_text(text)
    refused = called(bundle, "rebuild", "--changes", "changes.jsonl")
    assert (refused.exit_code, said in refused.stderr) == (1, True)


def test_a_gap_in_a_file_of_changes_is_named_with_its_line(bundle: Bundle, other: Bundle) -> None:
    id = made(bundle, "customer", {"name": "Ada"})
    printed(bundle, "set", "customer", id, "plan=pro")
    _, second = printed(bundle, "export", "--changes").splitlines()
    (other.folder / "changes.jsonl").write_text(second)
    refused = called(other, "rebuild", "--changes", "changes.jsonl")
    assert refused.stderr.startswith(f"changes.jsonl:1: expected change 1 of {id}, found change 2")


def test_check_names_what_differs_from_the_changes_and_a_rebuild_mends_it(bundle: Bundle) -> None:
    ids = busy(bundle)
    before, claims = stored(bundle, "records_customer"), stored(bundle, "record_claims")
    spoil(bundle, ids)
    checked = called(bundle, "rebuild", "--check")
    assert checked.exit_code == 1
    assert "  values.name: nobody -> grace\n" in checked.stdout
    assert "  stripe_id: its value leads to another place than the record\n" in checked.stdout
    assert "5 records, 2 differ; hash " in checked.stdout
    mended = printed(bundle, "rebuild")
    assert "2 differed and were made again; " in mended
    assert (stored(bundle, "records_customer"), stored(bundle, "record_claims")) == (before, claims)
    assert called(bundle, "rebuild", "--check").exit_code == 0


def spoil(bundle: Bundle, ids: dict[str, str]) -> None:
    """Change a value, remove a record and a claim, and add a claim without reason."""
    store = bundle.runtime.store
    record, gone = (store.get(f"records_customer/{ids[name]}") for name in ("grace", "edith"))
    assert record
    assert gone
    claim = next(doc for doc in bundle.docs("record_claims") if doc.data["record"] == ids["edith"])
    store.commit([Update(record.path, {"values": {**record.data["values"], "name": "nobody"}}, record.version)])
    store.commit([Delete(gone.path, gone.version), Delete(claim.path, claim.version)])


def test_export_leaves_out_what_is_deleted_and_merged_and_can_be_csv(bundle: Bundle) -> None:
    ids = busy(bundle)
    records = [json.loads(line) for line in printed(bundle, "export").splitlines()]
    assert [(record["opos_kind"], record["opos_id"]) for record in records] == [
        ("customer", ids["grace"]), ("project", ids["project"]),
    ]  # fmt: skip
    (row,) = csv.DictReader(printed(bundle, "export", "customer", "--format", "csv").splitlines())
    assert (row["opos_id"], row["mrr"], row["tags"]) == (ids["grace"], "9.00 EUR", "a")
    assert called(bundle, "export", "--format", "csv").exit_code == 2


def test_merge_shows_what_is_taken_and_lost_asks_and_can_be_undone(bundle: Bundle) -> None:
    first = made(bundle, "customer", {"name": "Ada", "email": "ada@example.com"})
    second = made(bundle, "customer", {"name": "Ada L.", "plan": "pro"})
    shown = printed(bundle, "merge", "customer", second, first, "--dry-run")
    assert shown.splitlines() == [
        f"customer {second[:8]}  Ada L.: goes, and leads to the other record", f"customer {first[:8]}  Ada: stays",
        *(shown.splitlines()[2:-1]), "Nothing was changed.",
    ]  # fmt: skip
    assert "    plan: (unset) -> pro" in shown
    refused = called(bundle, "merge", "customer", second, first, given="n\n")
    assert (refused.exit_code, bundle.doc(f"records_customer/{second}")["into"]) == (1, None)
    done = printed(bundle, "merge", "customer", second, first, "--yes", "--why", "The same person.")
    assert f" records undo {first[:8]}.2 " in done.splitlines()[-1]
    assert json.loads(printed(bundle, "show", "customer", second, "--json"))["id"] == first
    printed(bundle, "undo", f"{first[:8]}.2")
    assert json.loads(printed(bundle, "show", "customer", second, "--json"))["id"] == second
    again = called(bundle, "merge", "customer", first, first, "--yes")
    assert again.stderr.startswith("expected two records, found that both ids lead to ")
