"""`opos verify` checks the kinds in `company/`, and `--note` keeps their fields for later checks."""

import json
from pathlib import Path
from socket import socket

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from opos.company import SHIPPED, check
from opos.terminal.options import Place
from shared.config.records import mappings
from shared.config.sources import Source
from shared.records.schema import NAME
from shared.runtime.company import load_company
from tests.support.bundle import CONFIG, FLAGS, SECRETS

NOTE = 'from shared.records import Record, upcast\n\n\nclass Note(Record, kind="note"):\n    text: str\n'
GOOD = "opos.yaml and flags.yaml are valid, and every secret is set."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text(FLAGS)
    return tmp_path


def declare(folder: Path, code: str) -> None:
    (folder / "company").mkdir(exist_ok=True)
    (folder / "company/records.py").write_text(code)


def verify(*options: str) -> Result:
    return CliRunner().invoke(main, ["verify", *options], env=SECRETS)


def lines(done: Result) -> list[str]:
    """What a command printed, without the one warning that these files always have."""
    return [line for line in done.stdout.splitlines() if "reaches your phone" not in line]


def test_without_a_company_there_is_nothing_to_say_of_it(folder: Path) -> None:
    done = verify()
    assert (done.exit_code, lines(done)) == (0, [GOOD])
    assert not (folder / "company").exists()


def test_the_faults_of_the_files_and_of_the_kinds_come_at_once(folder: Path) -> None:
    (folder / "opos.yaml").write_text(CONFIG.replace("channel: inbox", "channel: gone"))
    declare(folder, NOTE.replace('"note"', '"note", title="{txt}", version=2'))
    done = verify()
    assert done.exit_code == 2
    assert [line.partition(" expected")[0] for line in lines(done)] == [
        "opos.yaml:19: digest.channel:", "company/records.py:4: note:", "company/records.py:4: note:",
    ]  # fmt: skip
    said = json.loads(verify("--json").stdout)["faults"][1]
    assert said == {
        "file": "company/records.py", "line": 4, "path": "note", "expected": "title to name fields of the kind",
        "actual": "{txt}", "hint": "did you mean text?",
    }  # fmt: skip


def test_a_kind_is_noted_once_and_from_then_on_its_changes_are_checked(folder: Path) -> None:
    declare(folder, NOTE)
    unnoted = "warning: company/records.py:4: note: expected version 1 of note in schema.json; found none"
    assert lines(verify()) == [
        f"{GOOD} company declares 1 kind.",
        f"{unnoted} (`opos verify --note` writes it; commit it with the kinds)",
    ]
    assert lines(verify("--note")) == [
        "company/schema.json: noted version 1 of note", f"{GOOD} company declares 1 kind.",
    ]  # fmt: skip
    assert lines(verify("--note")) == [f"{GOOD} company declares 1 kind."]
    assert (folder / "company" / NAME).read_text() == (
        '{\n  "note": {\n    "1": {\n      "text": ["text", "required"]\n    }\n  }\n}\n'
    )


def test_what_stored_records_do_not_survive_is_not_noted(folder: Path) -> None:
    declare(folder, NOTE)
    verify("--note")
    before = (folder / "company" / NAME).read_text()
    place = Place(folder / ".opos", folder / "opos.yaml", folder / "flags.yaml")
    other = folder / "other/company"
    other.mkdir(parents=True)
    (other / "records.py").write_text(f"{NOTE}    plan: str\n")
    (other / NAME).write_text(before)
    (fault,) = check(other, place.config_file).faults
    assert str(fault).startswith(
        "company/records.py:6: note.plan: expected a default, since records of version 1 may lack"
    )
    done = CliRunner().invoke(main, ["verify", "--note"], env={**SECRETS, "OPOS_COMPANY": str(other)})
    assert (done.exit_code, (other / NAME).read_text()) == (2, before)


def test_a_schema_that_cannot_be_read_is_a_fault_beside_those_of_the_kinds(folder: Path) -> None:
    declare(folder, NOTE.replace('"note"', '"note", keep_days=0'))
    (folder / "company" / NAME).write_text("{")
    places = [str(fault).partition(" expected")[0] for fault in check(folder / "company", folder / "opos.yaml").faults]
    assert places == ["company/records.py:4: note:", "company/schema.json:1:"]


@pytest.mark.parametrize(
    ("system", "warned"), [("stripe", False), ("lemon", False), ("strpie", True), ("lemmon", True), ("xero", False)]
)
def test_a_system_that_is_almost_a_source_or_a_sender_is_doubtful(folder: Path, system: str, *, warned: bool) -> None:
    declare(
        folder,
        "from typing import Annotated\nfrom shared.records import External, Record\n"
        f'class Note(Record, kind="note"):\n    its_id: Annotated[str, External("{system}")] | None = None\n',
    )
    doubts = [
        str(doubt) for doubt in check(folder / "company", folder / "opos.yaml").warnings if "its_id" in doubt.path
    ]
    expected = f"company/records.py:4: note.its_id: expected a source of opos.yaml or a known sender; found '{system}'"
    assert [doubt.partition(" (did you mean")[0] for doubt in doubts] == [expected] * warned


def test_a_bundle_starts_with_a_company_that_is_broken_and_says_what_that_means(folder: Path) -> None:
    declare(folder, "x = (\n")
    with socket() as taken:  # so that it goes no further
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = CliRunner().invoke(main, ["up", "--port", str(taken.getsockname()[1])], env=SECRETS)
    warning, fault, ended = done.stderr.splitlines()[:3]
    assert warning == "warning: opos does not keep all records until this is fixed; everything else works:"
    assert fault == "company/records.py:1: expected code that Python can run; found SyntaxError: '(' was never closed"
    assert "in use" in ended


def test_a_mapping_of_opos_yaml_that_does_not_fit_the_kinds_is_a_fault_there(folder: Path) -> None:
    mapping = "{records: {note: {kind: note, id: data.id, fields: {txt: data.text}}}, "
    (folder / "opos.yaml").write_text(CONFIG.replace("lemon: {", f"lemon: {mapping}"))
    declare(
        folder,
        "from typing import Annotated\nfrom shared.records import External, Record\n"
        'class Note(Record, kind="note"):\n    text: str\n    its_id: Annotated[str, External("lemon")] | None = None\n',
    )
    (fault,) = check(folder / "company", folder / "opos.yaml").faults
    assert str(fault).endswith(
        "sources.lemon.records.note.fields.txt: expected a field of note (text, its_id); found 'txt' (did you mean 'text'?)"
    )


def test_more_indexes_than_a_database_has_are_doubtful(folder: Path) -> None:
    fields = "".join(f"    field_{n}: Listed[str]\n" for n in range(101))
    declare(folder, f'from shared.records import Listed, Record\nclass Note(Record, kind="note"):\n{fields}')
    warnings = [str(doubt) for doubt in check(folder / "company", folder / "opos.yaml").warnings]
    assert (
        "company/records.py:1: expected kinds with at most 200 composite indexes, which one database on Google Cloud may"
        " have; found 202 (mark fewer fields Listed)"
    ) in warnings


def test_the_kinds_that_opos_ships_are_noted_and_beyond_doubt(folder: Path) -> None:
    checked = check(SHIPPED, folder / "opos.yaml")
    assert (len(checked.kinds), checked.faults, checked.warnings) == (10, [], [])


@pytest.mark.parametrize("sender", sorted(mappings.SHIPPED))
def test_every_mapping_that_opos_ships_sets_fields_of_the_kinds_that_opos_ships(sender: str) -> None:
    kinds, source = load_company(SHIPPED).kinds, Source(scheme=sender, secrets=("SECRET",))
    for mapping in mappings.shipped(sender, source).values():
        kind = kinds[str(mapping.kind)]
        assert kind.external(sender) is not None
        assert set(mapping.fields) <= set(kind.fields)
