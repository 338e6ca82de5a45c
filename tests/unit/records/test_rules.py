"""Each rule of a kind, by the file and the line that break it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.company import SHIPPED
from shared.records.field_rules import NAME
from shared.runtime.company import load_company

HEAD = """\
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal
from pydantic import BeforeValidator, EmailStr, Field
from shared.records import External, Key, Listed, Moment, Money, Personal, Record, Reference, upcast


"""
LINE = HEAD.count("\n") + 1


def faults(folder: Path, code: str) -> list[str]:
    """The faults of *code* below HEAD. The place of each counts from the first line of *code*."""
    (folder / "company").mkdir()
    (folder / "company/records.py").write_text(HEAD + code)
    lines = []
    for fault in load_company(folder / "company").faults:
        assert fault.file == "company/records.py"
        lines.append(f"{fault.line - LINE}: {fault.path}: expected {fault.expected}; found {fault.actual}")
        assert fault.message == f"{fault.file}:{fault.line}: {lines[-1].partition(': ')[2]}"
    return lines


def header(words: str, title: str = "") -> str:
    return f"class Thing(Record, {words}{title and f', title={title!r}'}):\n    name: str\n"


NAMED = "lower-case letters, digits and _, at most 40 and a letter first"
OWN = "none of opos's own words (alert, answer, ask, change, event, record, run)"
HEADERS = {
    'kind="Big"': f"0: Big: expected a kind named by {NAMED}; found 'Big'",
    f'kind="{"a" * 41}"': f"0: {'a' * 41}: expected a kind named by {NAMED}; found '{'a' * 41}'",
    'kind="alert"': f"0: alert: expected {OWN}; found alert",
    'kind="thing", version=0': "0: thing: expected version to be 1 or more; found 0",
    'kind="thing", keep_days=0': "0: thing: expected keep_days to be 1 or more; found 0",
    'kind="thing", segment="Sales!"': f"0: thing: expected a segment named by {NAMED}; found 'Sales!'",
    'kind="thing", plural="a\\nb"': "0: thing: expected plural to be one line of at most 60 characters; found 'a\\nb'",
    'kind="thing", title="{nmae}"': "0: thing: expected title to name fields of the kind; found {nmae}",
    'kind="thing", title="{name|title}"': "0: thing: expected title to name fields of the kind; found {title}",
    'kind="thing", title="Thing"': "0: thing: expected title to name a field in braces, such as {name}; found 'Thing'",
    'kind="thing", title="{name"': "0: thing: expected title to have its fields in braces; found "
    "'{name' (expected '}' before end of string)",
    'kind="thing", version=3': "0: thing: expected an upcaster from version 1 to 2; found none",
}


@pytest.mark.parametrize("words", HEADERS)
def test_a_header_that_cannot_work_is_a_fault_at_its_line(words: str, tmp_path: Path) -> None:
    assert faults(tmp_path, header(words))[0] == HEADERS[words]


KEY = "text or an integer"
ORDERED = "a Listed field that an index can order: text, a number, a date, money, yes or no, or a list of them"
FIELDS = {
    "fullName: str": f"fullName: expected a field named by {NAMED}; found fullName",
    "id: str": "id: expected a name that neither the record itself nor pydantic uses; found id",
    "changed_at: str": "changed_at: expected a name that neither the record itself nor pydantic uses; found changed_at",
    'x: str = Field(alias="y")': "x: expected one name for a field; found an alias",
    "json: str": "json: expected a name that neither the record itself nor pydantic uses; found json",
    'x: Literal["a", "b"] = "c"': "x: expected a default that fits the type (input should be 'a' or 'b'); found 'c'",
    "x: Annotated[str, BeforeValidator(len)] = 3": (
        "x: expected a default that fits the type (TypeError: object of type 'int' has no len()); found 3"
    ),
    "x: Key[float]": f"x: expected a Key to be {KEY}; found number",
    "x: Key[bool]": f"x: expected a Key to be {KEY}; found yes or no",
    "x: Key[Decimal]": f"x: expected a Key to be {KEY}; found text",
    "x: Key[list[str]]": f"x: expected a Key to be {KEY}; found a list of text",
    "x: Key[Money] | None = None": f"x: expected a Key to be {KEY}; found an object (amount, currency)",
    'x: Key[str] = "a"': "x: expected a Key without a default, or None; found 'a'",
    'x: Annotated[float, External("stripe")]': f"x: expected an External id to be {KEY}; found number",
    'x: Annotated[Key[str], External("stripe")]': "x: expected either Key or External; found both",
    'x: Annotated[Personal[str], External("stripe")]': "x: expected an External id that is no personal data; found Personal",
    'x: Annotated[str, Reference("thnig")]': "x: expected a reference to a kind of company/; found 'thnig'",
    'x: Annotated[int, Reference("thing")]': "x: expected a Reference to be text, or a list of text; found integer",
    "x: Listed[dict[str, int]]": f"x: expected {ORDERED}; found an object ()",
    "x: Listed[list[list[str]]]": f"x: expected {ORDERED}; found a list of a list of text",
    "x: Listed[list[dict[str, int]]]": f"x: expected {ORDERED}; found a list of an object ()",
    "x: Listed[timedelta] | None": f"x: expected {ORDERED}; found text (duration)",
}
FINE = [
    "x: Key[int]", "x: Key[EmailStr] | None = None", 'x: Key[Literal["a", "b"]]', "x: Listed[Moment] | None = None",
    "x: Listed[Personal[str]]", "x: Listed[float]", "x: Listed[bool] = True", "x: Money | None = None",
    'x: Annotated[int, External("shopify")]', "x: list[str] = []", "x: list[str] = Field(default_factory=list)",
    'x: Annotated[str, Reference("thing")] | None = None', "x: dict[str, int]", "x: Decimal | None", "x: datetime",
    "x: Listed[Money] | None = None", "x: Listed[tuple[str, ...]] = ()", "x: Listed[Decimal]", "x: Listed[datetime]",
    'x: tuple[Annotated[str, Reference("thing")], ...] = ()', "kind: Listed[str]", "x: Listed[date]", "x: Listed[time]",
]  # fmt: skip


@pytest.mark.parametrize("declared", FIELDS)
@pytest.mark.filterwarnings("ignore:Field name")  # pydantic's own words, when the class is made
def test_a_field_that_cannot_work_is_a_fault_at_its_own_line(declared: str, tmp_path: Path) -> None:
    said = faults(tmp_path, f'class Thing(Record, kind="thing"):\n    name: str\n\n    {declared}\n')
    assert said == [f"3: thing.{FIELDS[declared]}"]


@pytest.mark.parametrize("declared", FINE)
def test_a_field_that_works_is_none(declared: str, tmp_path: Path) -> None:
    assert faults(tmp_path, f'class Thing(Record, kind="thing"):\n    name: str\n    {declared}\n') == []


def test_a_type_that_cannot_be_stored_is_a_fault_at_its_line(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, 'class Thing(Record, kind="thing"):\n    name: str\n    x: "Unknown"\n')
    assert said.startswith("2: thing.x: expected a type that pydantic can read and store as JSON; found ")


def test_two_fields_for_one_system_are_a_fault_at_the_second(tmp_path: Path) -> None:
    code = """\
class Thing(Record, kind="thing"):
    a: Annotated[str, External("stripe")] | None = None
    b: Annotated[str, External("stripe")] | None = None
"""
    assert faults(tmp_path, code) == ["2: thing.b: expected one field with the id in stripe; found a and b"]


def test_an_upcaster_that_bridges_nothing_is_a_fault(tmp_path: Path) -> None:
    code = header('kind="thing", version=2') + "\n\n"
    code += "@upcast(Thing, 1)\ndef a(values): return values\n\n\n@upcast(Thing, 5)\ndef b(values): return values\n"
    assert faults(tmp_path, code) == ["0: thing: expected upcasters from versions before 2; found one from version 5"]


def test_every_fault_of_every_kind_comes_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    code = 'class A(Record, kind="a", version=2):\n    x: Key[float]\n    y: Listed[dict[str, int]]\n\n\n'
    code += 'class B(Record, kind="event"):\n    n: int\n'
    places = [said.rpartition(": expected")[0] for said in faults(tmp_path, code)]
    assert places == ["0: a", "1: a.x", "2: a.y", "5: event", "6: event.n"]


def test_a_fault_says_what_was_meant(tmp_path: Path) -> None:
    (tmp_path / "company").mkdir()
    (tmp_path / "company/records.py").write_text(HEAD + header('kind="thing"', "{nmae}"))
    (fault,) = load_company(tmp_path / "company").faults
    assert fault.hint == "did you mean name?"


def test_the_kinds_that_opos_ships_have_no_fault() -> None:
    company = load_company(SHIPPED)
    assert company.faults == ()
    assert list(company.kinds) == [
        "customer", "product", "project", "content", "decision", "payment", "note", "draft", "template", "funnel",
    ]  # fmt: skip


@given(st.text(max_size=50))
def test_a_name_of_a_kind_is_a_name_of_a_collection_and_of_a_python_argument(name: str) -> None:
    if NAME.fullmatch(name):
        assert name.isidentifier()
        assert name.isascii()
        assert name == name.lower()
        assert len(name) <= 40
