"""schema.json has the fields of each version, so that a change which stored records do not survive is a fault."""

import json
from collections.abc import Sequence
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.records import Money, Record, upcast
from shared.records.company_fault import CompanyFault
from shared.records.kind import Kind
from shared.records.model import Upcaster
from shared.records.schema import Schema, compared, noted, read, written
from shared.records.shape import REQUIRED, accepts, example, shapes
from tests.support.kinds import KINDS

PLACE = ("company/records.py", 4)


def kind(version: int = 1, upcasters: Sequence[Upcaster] = (), **fields: Any) -> Kind:
    """A kind with *fields*: a type, or a type and a default."""
    typed = {name: field if isinstance(field, tuple) else (field,) for name, field in fields.items()}
    body = {
        "__annotations__": {name: field[0] for name, field in typed.items()}, "__module__": __name__,
        **{name: field[1] for name, field in typed.items() if len(field) > 1},
    }  # fmt: skip
    model = type("Thing", (Record,), body, kind="thing", version=version)
    for n, upcaster in enumerate(upcasters, 1):
        upcast(model, n)(upcaster)
    return Kind(model, PLACE, {name: PLACE[1] + n for n, name in enumerate(fields, 1)})


def said(before: Kind | Schema, after: Kind) -> tuple[list[str], list[str]]:
    """The faults and the warnings of *after*, in short, where schema.json has *before*."""
    schema = noted({"thing": before}, {}) if isinstance(before, Kind) else before
    faults, warnings = compared({"thing": after}, schema, "company/schema.json")
    return [_short(fault) for fault in faults], [_short(warning) for warning in warnings]


def _short(fault: CompanyFault) -> str:
    return f"{fault.line} {fault.path}: {fault.expected}; {fault.actual}"


UNNOTED = ["4 thing: version 1 of thing in schema.json; other fields of it"]
WORKS = {
    "a new field that may be missing": ({"a": str}, {"a": str, "b": (int, 0)}),
    "a field that may be missing now": ({"a": str}, {"a": (str | None, None)}),
    "one more choice": ({"a": Literal["x"]}, {"a": Literal["x", "y"]}),
    "any text instead of some": ({"a": Literal["x"]}, {"a": str}),
    "any number instead of an integer": ({"a": int}, {"a": float}),
    "one more type": ({"a": str}, {"a": str | int}),
}
BREAKS = {
    "a new field that must not be missing": (
        {"a": str}, {"a": str, "b": int},
        "6 thing.b: a default, since records of version 1 may lack it; a required field",
    ),
    "a field that must not be missing now": (
        {"a": (str | None, None)}, {"a": str},
        "5 thing.a: a default, since records of version 1 may lack it; a required field",
    ),
    "a field less": (
        {"a": str, "b": int}, {"a": str}, "4 thing: the field b, which records of version 1 have; none",
    ),
    "another type": ({"a": str}, {"a": int}, "5 thing.a: text, which version 1 has had; integer"),
    "a choice less": (
        {"a": Literal["x", "y"]}, {"a": Literal["y"]}, "5 thing.a: 'x' or 'y', which version 1 has had; 'y'",
    ),
    "a list instead of a text": ({"a": str}, {"a": list[str]}, "5 thing.a: text, which version 1 has had; a list of text"),
    "members of another type": (
        {"a": list[str]}, {"a": list[int]}, "5 thing.a: a list of text, which version 1 has had; a list of integer",
    ),
}  # fmt: skip


def test_a_kind_that_is_as_it_was_noted_has_nothing_to_say() -> None:
    assert said(kind(a=str), kind(a=str)) == ([], [])


def test_a_kind_that_is_new_is_to_be_noted() -> None:
    assert said({}, kind(a=str)) == ([], ["4 thing: version 1 of thing in schema.json; none"])


@pytest.mark.parametrize("name", WORKS)
def test_a_change_that_every_stored_record_survives_is_only_to_be_noted(name: str) -> None:
    before, after = WORKS[name]
    assert said(kind(**before), kind(**after)) == ([], UNNOTED)


@pytest.mark.parametrize("name", BREAKS)
def test_a_change_that_a_stored_record_may_not_survive_needs_a_version(name: str) -> None:
    before, after, fault = BREAKS[name]
    assert said(kind(**before), kind(**after)) == ([fault], [])


def test_a_fault_of_a_version_says_both_ways_out() -> None:
    ((fault,), _) = compared({"thing": kind(a=int)}, noted({"thing": kind(a=str)}, {}), "company/schema.json")
    assert fault.hint == (
        "make it version 2 with an upcaster from 1; or, if no record of this version is stored anywhere, delete thing"
        " from schema.json"
    )


NOTED = "4 thing: version 2 of thing in schema.json; none"
OLD = {"a": str, "label": str}


@pytest.mark.parametrize(
    ("upcaster", "faults"),
    [
        (lambda values: {"a": values["a"], "b": 1}, []),
        (lambda values: {"a": values["a"]}, ["6 thing.b: an upcaster that gives it to records of version 1; none"]),
        (lambda values: {**values, "b": 1}, ["4 thing: an upcaster that removes label from records of version 1; none"]),
        (
            dict,
            [
                "6 thing.b: an upcaster that gives it to records of version 1; none",
                "4 thing: an upcaster that removes label from records of version 1; none",
            ],
        ),
    ],
)  # fmt: skip
def test_an_upcaster_is_tried_with_an_example_of_the_version_before(upcaster: Upcaster, faults: list[str]) -> None:
    assert said(kind(**OLD), kind(2, [upcaster], a=str, b=int)) == (faults, [NOTED])


def test_an_upcaster_must_convert_what_has_another_type() -> None:
    left = ["5 thing.a: an upcaster from version 1 to integer; text, left as it was"]
    assert said(kind(a=str), kind(2, [dict], a=int)) == (left, [NOTED])
    assert said(kind(a=str), kind(2, [lambda values: {"a": len(values["a"])}], a=int)) == ([], [NOTED])


def test_an_upcaster_is_tried_without_the_fields_that_may_be_missing() -> None:
    (fault,), _ = said(kind(a=(str | None, None)), kind(2, [dict], a=str))
    assert fault == "5 thing.a: an upcaster that gives it to records of version 1; none"


def test_an_upcaster_that_an_example_does_not_suit_is_a_warning() -> None:
    upcaster: Upcaster = lambda values: {"a": int(values["a"])}  # noqa: E731
    faults, (_, warning) = said(kind(a=str), kind(2, [upcaster], a=int))
    assert faults == []
    assert warning.startswith("4 thing: upcasters from version 1 that can be tried with example values; ValueError: ")


def test_examples_of_every_version_go_through_every_upcaster_from_there() -> None:
    first, second = kind(a=str), kind(2, [dict], a=str, b=(str | None, None))
    schema = noted({"thing": second}, noted({"thing": first}, {}))
    third = kind(3, [dict, lambda values: {**values, "c": values["b"]}], a=str, b=(str | None, None), c=str)
    faults, warnings = said(schema, third)
    assert (faults, len(warnings)) == ([], 3), "an example without b cannot be tried from version 1 or 2"
    mended = kind(3, [dict, lambda values: {**values, "c": "x"}], a=str, b=(str | None, None), c=str)
    assert said(schema, mended) == ([], ["4 thing: version 3 of thing in schema.json; none"])


def test_a_version_below_one_that_was_noted_is_a_fault() -> None:
    assert said(noted({"thing": kind(3, a=str)}, {}), kind(a=str)) == (
        ["4 thing: version 3 or later, which schema.json has; version 1"],
        [],
    )


def test_a_kind_that_is_gone_is_a_warning_at_the_file_that_has_it() -> None:
    _, (warning,) = compared({}, noted({"thing": kind(a=str)}, {}), "company/schema.json")
    assert str(warning) == "company/schema.json:1: thing: expected the kind in company/; found none"


def test_noting_keeps_what_is_known_of_earlier_versions_and_other_kinds() -> None:
    before = noted({"thing": kind(a=str)}, {"gone": {1: {"a": ["text"]}}})
    after = noted({"thing": kind(2, [dict], a=str, b=(int, 1))}, before)
    assert after == {
        "gone": {1: {"a": ["text"]}},
        "thing": {1: {"a": ["text", REQUIRED]}, 2: {"a": ["text", REQUIRED], "b": ["integer"]}},
    }


def test_a_nested_type_is_kept_with_its_parts() -> None:
    fields = shapes(kind(a=Money, b=(dict[str, list[int]] | None, None), c=tuple[str, ...]))
    assert fields == {
        "a": [{"object": {"amount": ["integer", REQUIRED], "currency": ["text", REQUIRED]}}, REQUIRED],
        "b": [{"object": {}}], "c": [{"list": ["text"]}, REQUIRED],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{\n  x", "company/schema.json:2: expected JSON; found "),
        ('{"a": {"one": {}}}', "company/schema.json:1: a.one.[key]: expected fields by kind and version; found "),
        ("[]", "company/schema.json:1: expected fields by kind and version; found "),
    ],
)
def test_a_file_that_is_no_schema_is_a_fault_that_says_how_to_go_on(text: str, fault: str) -> None:
    with pytest.raises(CompanyFault) as caught:
        read(text, "company/schema.json")
    assert str(caught.value).startswith(fault)
    assert "restore it from version control" in str(caught.value.hint)


TYPES = st.sampled_from(
    [str, int, float, bool, list[str], dict[str, int], Money, Literal["x", "y"], Literal[1, 2], str | None, int | str]
)
FIELDS = st.dictionaries(st.sampled_from("abcde"), TYPES, min_size=1)


@given(FIELDS)
def test_what_is_written_is_read_again_and_accepts_itself(fields: dict[str, Any]) -> None:
    made = kind(**fields)
    schema = noted({"thing": made}, {})
    assert read(written(schema), "schema.json") == schema
    assert json.loads(written(schema))["thing"]["1"].keys() == fields.keys()
    assert said(schema, made) == ([], [])


@given(TYPES, TYPES)
def test_a_type_that_accepts_another_reads_each_example_of_it(before: Any, after: Any) -> None:
    old, new = shapes(kind(a=before))["a"], shapes(kind(a=after))["a"]
    if accepts(new, old):
        kind(a=after).parsed({"a": example(old)})
    kind(a=before).parsed({"a": example(old)})


def test_the_kinds_of_the_tests_can_be_noted() -> None:
    assert compared(KINDS, noted(KINDS, {}), "schema.json") == ([], [])
