"""Import of records: from files of other programs, as often as one likes, with a dry run that says the same."""

import csv
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.importers.records.rows import BadFile, Source, rows
from shared.events import iso
from shared.records.observation import Observation
from tests.support.bundle import Bundle
from tests.support.kinds import OWNERS
from tests.support.record_commands import Stored, called, declare, made, printed
from tests.support.record_commands import said as observed

PEOPLE = '\ufeffname;email;plan;mrr;tags\nAda;ada@example.com;pro;9.00 EUR;a, b\n"Grace;\nH.";grace@example.com;;;\n'


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Bundle]:
    yield from started(Stored(tmp_path))


def started(bundle: Bundle) -> Iterator[Bundle]:
    """With the kinds of the tests, an hour ago: the commands have the time of the machine."""
    bundle.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    bundle.start()
    declare(bundle.folder)
    yield bundle
    bundle.stop()


def file(bundle: Bundle, name: str, text: str) -> str:
    (bundle.folder / name).write_text(text, newline="")
    return name


def counts(text: str) -> tuple[int, ...]:
    told = json.loads(text)
    return tuple(told[verdict] for verdict in ("new", "change", "same", "conflict", "fault"))


def values(bundle: Bundle) -> dict[str, Mapping[str, Any]]:
    return {doc.data["title"]: doc.data["values"] for doc in bundle.docs("records_customer")}


def test_a_csv_becomes_records_and_the_same_file_again_changes_nothing(bundle: Bundle) -> None:
    name = file(bundle, "people.csv", PEOPLE)
    assert counts(printed(bundle, "import", "customer", name, "--dry-run", "--json")) == (2, 0, 0, 0, 0)
    assert bundle.docs("record_changes") == []
    assert counts(printed(bundle, "import", "customer", name, "--json")) == (2, 0, 0, 0, 0)
    assert values(bundle) == {
        "Ada": {
            "name": "Ada", "email": "ada@example.com", "plan": "pro", "mrr": {"amount": 900, "currency": "eur"},
            "tags": ["a", "b"],
        },
        "Grace; H.": {"name": "Grace;\nH.", "email": "grace@example.com"},
    }  # fmt: skip
    before = bundle.docs("records_customer")
    assert printed(bundle, "import", "customer", name) == "people.csv: 0 new, 0 changes, 2 the same\n"
    assert bundle.docs("records_customer") == before
    (actor,) = {json.dumps(doc.data["actor"]) for doc in bundle.docs("record_changes")}
    (cause,) = {doc.data["cause"] for doc in bundle.docs("record_changes")}
    assert json.loads(actor)["kind"] == "import"
    assert json.loads(actor)["name"].startswith("people.csv ")
    assert json.loads(printed(bundle, "import", "customer", name, "--json"))["cause"] == cause


def test_the_dry_run_shows_each_change_and_what_belongs_to_another_system(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opos.commands.records.import_.owners_of", lambda _context: OWNERS)
    id = observed(
        bundle, Observation("customer", "stripe", "cus_1", iso(bundle.clock.now()), "e", {"name": "Ada"}), OWNERS
    )
    name = file(bundle, "people.csv", "stripe_id,name,plan\ncus_1,Ada L.,pro\ncus_2,Grace,\n")
    expected = [
        "Conflicts, which are not written:", f"  people.csv, line 2: Ada ({id[:8]}) name belongs to stripe",
        "Changes:", f"  line 2: Ada ({id[:8]})", "    plan: (unset) -> pro", "New:", "  line 3: Grace",
        "people.csv: 1 new, 1 change, 0 the same, 1 with conflicts",
    ]  # fmt: skip
    shown = [line.partition(" (")[0] if "Grace" in line else line for line in dry_run(bundle, name)]
    assert shown == [*expected, "Nothing was changed."]
    printed(bundle, "import", "customer", name)
    assert bundle.doc(f"records_customer/{id}")["values"] == {"name": "Ada", "plan": "pro", "stripe_id": "cus_1"}


def dry_run(bundle: Bundle, name: str) -> list[str]:
    return printed(bundle, "import", "customer", name, "--dry-run").splitlines()


def test_every_wrong_row_is_named_with_its_place_and_nothing_is_written(bundle: Bundle) -> None:
    made(bundle, "customer", {"name": "Ada", "email": "ada@example.com", "shopify_id": "1"})
    made(bundle, "customer", {"name": "Grace", "email": "grace@example.com", "shopify_id": "2"})
    rows = "A,a@x.io,gold,\nB,b@x.io,,\nC,B@X.io,,\n,d@x.io,,\nE,e@x.io\nF,ada@example.com,,2\n"
    name = file(bundle, "people.csv", f"name,email,plan,shopify_id\n{rows}")
    done = called(bundle, "import", "customer", name)
    assert (done.exit_code, len(bundle.docs("records_customer"))) == (1, 2)
    assert done.stdout.splitlines()[:7] == [
        "Wrong rows:", "  people.csv, line 2: customer.plan: expected free or pro, found 'gold'",
        "  people.csv, line 4: it is about the same customer as line 3",
        "  people.csv, line 5: expected name, which a new customer needs, found none",
        "  people.csv, line 6: expected 4 cells, found 2", "Conflicts, which are not written:",
        done.stdout.splitlines()[6],
    ]  # fmt: skip
    assert "line 7: its keys lead to several records: " in done.stdout
    assert done.stdout.splitlines()[-1] == "Nothing was changed."


def test_unknown_columns_are_named_all_at_once_and_can_be_mapped_or_skipped(bundle: Bundle) -> None:
    name = file(bundle, "people.csv", "Name,e-mail,plna,notes\nAda,ada@example.com,pro,x\n")
    refused = called(bundle, "import", "customer", name, "--skip", "nothing")
    assert refused.exit_code == 1
    assert [line.partition(".")[0] for line in refused.stderr.splitlines()[:5]] == [
        "expected a field of customer, found the column Name", "expected a field of customer, found the column e-mail",
        "expected a field of customer, found the column notes", "expected a field of customer, found the column plna",
        "expected a column of the file in --map or --skip, found nothing",
    ]  # fmt: skip
    assert "found the column plna. Did you mean plan?" in refused.stderr
    options = ["--map", "Name=name", "--map", "e-mail=email", "--map", "plna=plan", "--skip", "notes"]
    printed(bundle, "import", "customer", name, *options)
    assert values(bundle) == {"Ada": {"name": "Ada", "email": "ada@example.com", "plan": "pro"}}
    for wrong in (["--map", "Name"], ["--map", "Name=nmae"], ["--map", "a=name", "--map", "b=name"]):
        assert called(bundle, "import", "customer", name, *wrong).exit_code == 2


@pytest.mark.parametrize(("option", "kept"), [([], "pro"), (["--empty", "unset"], None)])
def test_an_empty_cell_says_nothing_unless_it_is_to_unset_its_field(
    bundle: Bundle, option: list[str], kept: str | None
) -> None:
    made(bundle, "customer", {"name": "Ada", "email": "ada@example.com", "plan": "pro"})
    name = file(bundle, "people.csv", "email,plan\nada@example.com,\n")
    printed(bundle, "import", "customer", name, *option)
    assert values(bundle)["Ada"].get("plan") == kept


def test_a_table_of_sqlite_becomes_records(bundle: Bundle) -> None:
    with closing(sqlite3.connect(bundle.folder / "crm.db")) as database, database:
        database.execute("CREATE TABLE people (name TEXT, email TEXT, is_vip INTEGER)")
        database.execute("CREATE TABLE others (id INTEGER)")
        database.execute("INSERT INTO people VALUES ('Ada', 'ada@example.com', 1), ('Grace', NULL, 0)")
    refused = called(bundle, "import", "customer", "crm.db")
    assert refused.stderr.startswith("expected --table with a table of crm.db (others, people), found none.")
    printed(bundle, "import", "customer", "crm.db", "--table", "people")
    assert values(bundle) == {
        "Ada": {"name": "Ada", "email": "ada@example.com", "is_vip": True}, "Grace": {"name": "Grace", "is_vip": False},
    }  # fmt: skip


def test_rows_without_a_key_are_known_by_their_content(bundle: Bundle) -> None:
    first = file(bundle, "a.csv", "name\nEngine\nEngine\nLoom\n")
    assert counts(printed(bundle, "import", "project", first, "--json")) == (3, 0, 0, 0, 0)
    longer = file(bundle, "b.csv", "name\nEngine\nEngine\nLoom\nMill\n")
    assert counts(printed(bundle, "import", "project", longer, "--json")) == (1, 0, 3, 0, 0)


def test_exported_records_can_be_imported_again(bundle: Bundle) -> None:
    customer = made(
        bundle, "customer", {"name": "Ada", "email": "ada@example.com", "tags": ["a,b", ""], "is_vip": True}
    )
    made(bundle, "project", {"name": "Engine", "customer": customer})
    printed(bundle, "export", "--output", "all.jsonl")
    printed(bundle, "export", "project", "--format", "csv", "--output", "projects.csv")
    for kind, name in (("customer", "all.jsonl"), ("project", "all.jsonl"), ("project", "projects.csv")):
        assert counts(printed(bundle, "import", kind, name, "--json")) == (0, 0, 1, 0, 0)
    before = {doc.path: doc.data["values"] for doc in bundle.docs("records_customer")}
    for collection in ("records_customer", "records_project", "record_changes", "record_claims"):
        for doc in bundle.docs(collection):
            bundle.forget(doc)
    printed(bundle, "import", "customer", "all.jsonl")
    printed(bundle, "import", "project", "all.jsonl")
    assert {doc.path: doc.data["values"] for doc in bundle.docs("records_customer")} == before


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"name\nAd\xe9\n", "expected text in utf-8, found other bytes"),
        ("a.csv", b"name,email;plan\nA,b;c\n", "expected one delimiter in the header, found a comma and a semicolon"),
        ("a.csv", b"name,name\nA,B\n", "expected each column once in the header, found name several times"),
        ("a.csv", b'name\n"A\n', "unexpected end of data"),
        ("a.db", b"not a database, which has another beginning than this", "expected a file of SQLite"),
        ("a.xls", b"", "expected --format, or a file that ends in .csv"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(bundle: Bundle, name: str, content: bytes, said: str) -> None:
    (bundle.folder / name).write_bytes(content)
    refused = called(bundle, "import", "customer", name)
    assert (refused.exit_code, said in refused.stderr) == (1, True), refused.stderr


def test_utf_16_and_a_named_encoding_are_read(bundle: Bundle) -> None:
    (bundle.folder / "a.csv").write_bytes("name\tplan\nAdé\tpro\n".encode("utf-16"))
    (bundle.folder / "b.csv").write_bytes("name\nZoé\n".encode("cp1252"))
    printed(bundle, "import", "customer", "a.csv")
    printed(bundle, "import", "customer", "b.csv", "--encoding", "cp1252")
    assert {*values(bundle)} == {"Adé", "Zoé"}


def test_lines_that_are_no_json_objects_are_wrong_rows(bundle: Bundle) -> None:
    name = file(bundle, "a.jsonl", '{"name": "Ada"}\n\n[1]\n{"name": NaN}\n{"name": "B", "plan": "gold"}\n')
    done = called(bundle, "import", "customer", name)
    assert [line.split(":")[0] for line in done.stdout.splitlines()[1:4]] == [
        "  a.jsonl, line 3", "  a.jsonl, line 4", "  a.jsonl, line 5",
    ]  # fmt: skip


CELLS = st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=4), min_size=2, max_size=2), max_size=5)


@given(CELLS)
def test_a_csv_has_as_many_rows_as_were_written_each_at_its_line(cells: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "a.csv"
        with target.open("w", newline="", encoding="utf-8") as text:
            csv.writer(text).writerows([["a", "b"], *cells])
        try:
            read = list(rows(Source(target)))
        except BadFile:
            assert any("\x00" in cell for row in cells for cell in row)
            return
    assert [list(row.cells.values()) for row in read] == cells
