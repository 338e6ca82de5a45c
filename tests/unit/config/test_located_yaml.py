"""YAML as plain data: the type of each value, its line, and rejected YAML."""

import pytest

from shared.config.files.faults import ConfigError
from shared.config.files.located_yaml import parse_yaml


def data_of(text: str) -> object:
    return parse_yaml(text, "f.yaml").data


def faults_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        parse_yaml(text, "f.yaml")
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True), ("False", False), ("TRUE", True),
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("No", "No"), ("y", "y"), ("tRue", "tRue"), ('"true"', "true"),
        ("12", 12), ("-3", -3), ("010", 10), ("0x1F", "0x1F"), ("1_000", "1_000"), ("1.5", 1.5), ("1e3", 1000.0),
        ("2026-01-01", "2026-01-01"), ("12:30", "12:30"), ("5m", "5m"), (".inf", ".inf"),
        ("null", None), ("~", None), ("", None), ('""', ""),
    ],
)  # fmt: skip
def test_only_what_yaml_1_2_and_json_agree_on_is_more_than_text(written: str, read: object) -> None:
    data = data_of(f"a: {written}\n")
    assert data == {"a": read}
    assert isinstance(data, dict)
    assert type(data["a"]) is type(read)


def test_every_value_knows_its_line() -> None:
    located = parse_yaml("a: 1\nb:\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n", "f.yaml")
    expected = {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "c", 0): 4, ("b", "c", 1, "d"): 5, ("b", "c", 1, "e"): 6}
    assert {where: located.line(where) for where in expected} == expected


def test_what_is_not_in_the_file_has_the_line_of_what_is_around_it() -> None:
    located = parse_yaml("a: 1\nb:\n  c: 2\n", "f.yaml")
    assert located.line(("b", "c", "d", 4)) == 3
    assert located.line(("z",)) == 1


def test_an_alias_stands_for_its_anchor() -> None:
    assert data_of("a: &x {n: 1}\nb: *x\n") == {"a": {"n": 1}, "b": {"n": 1}}


def test_a_mapping_takes_over_what_it_does_not_say_itself() -> None:
    located = parse_yaml("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n", "f.yaml")
    assert located.data["b"] == {"x": 1, "y": 3}
    assert (located.line(("b", "x")), located.line(("b", "y"))) == (1, 4)


def test_of_several_mappings_taken_over_the_first_counts_and_each_may_take_over_others() -> None:
    text = "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: &c {x: 9, y: 9, z: 9}\nd: {<<: [*b, *c]}\n"
    data = data_of(text)
    assert isinstance(data, dict)
    assert data["d"] == {"x": 1, "y": 2, "z": 9}


def test_a_quoted_merge_key_is_a_key_like_any_other() -> None:
    assert data_of('a: {"<<": 1}\n') == {"a": {"<<": 1}}


FAULTS = {
    "what is taken over is no mapping": (
        "a: {<<: 5}",
        "f.yaml:1: a.<<: expected a mapping to merge; found something else",
    ),
    "a list that holds itself": ("a: 1\nb: &b [*b]", "f.yaml:2: expected at most 50 levels; found more, or a value that contains itself"),
    "a mapping that takes itself over": (
        "a: &a {<<: *a}",
        "f.yaml:1: expected at most 50 levels; found more, or a value that contains itself",
    ),
    "brackets without end": ("a: " + "[" * 5000, "f.yaml:1: expected valid YAML; found more than 50 levels"),
    "indentation without end": (
        "\n".join("  " * n + "a:" for n in range(3000)),
        "f.yaml:50: expected valid YAML; found more than 50 levels",
    ),
    "a tag that makes a bool": ("a: 1\nb: !!bool yes", "f.yaml:2: expected valid YAML; found a tag, which opos does not read"),
    "a tag that does not fit": ("a: !!int abc", "f.yaml:1: expected valid YAML; found a tag, which opos does not read"),
    "a tag that would run code": (
        "a: !!python/object/apply:os.system [ls]",
        "f.yaml:1: expected valid YAML; found a tag, which opos does not read",
    ),
    "an undefined alias": ("a: 1\nb: *x", "f.yaml:2: expected valid YAML; found undefined alias 'x'"),
    "a second document": ("a: 1\n---\nb: 2", "f.yaml:2: expected valid YAML; found another document"),
    "a control character": (
        "a: 1\nb: \0",
        "f.yaml:2: expected valid YAML; found unacceptable character #x0000: special characters are not allowed",
    ),
    "half of a surrogate pair": ('a: 1\nb: "\\ud800"', "f.yaml:2: b: expected text; found half of a surrogate pair"),
    "a list as a key": ("? [hunter2]\n: 1", "f.yaml:1: expected a key that is text; found a list"),
    "a mapping as a key": ("{{hunter2: 1}: 2}", "f.yaml:1: expected a key that is text; found a mapping"),
    "a comment only": ("# nothing\n", "f.yaml:1: expected a mapping of keys to values; found an empty file"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_no_operator_means_is_refused_where_it_stands(name: str) -> None:
    text, expected = FAULTS[name]
    assert faults_of(text) == [expected]


def test_every_key_that_stands_twice_is_named() -> None:
    assert [fault.split(": ")[0] for fault in faults_of("a: 1\na: 2\nb: {c: 1, c: 2}\na: 3\n")] == [
        "f.yaml:2",
        "f.yaml:3",
        "f.yaml:4",
    ]


@pytest.mark.parametrize("link", ["k{n}: *{old}", "<<: *{old}"])
def test_mappings_that_multiply_are_refused(link: str) -> None:
    bomb = "a: &a {x: 1}\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True):
        links = ", ".join(link.format(n=n, old=old) for n in range(10))
        bomb += f"{new}: &{new} {{{links}}}\n"
    assert "expected at most 100000 values; found more" in faults_of(bomb)[0]


def test_as_text_a_value_stays_what_stands_in_the_file_and_only_nothing_is_nothing() -> None:
    text = 'a: 1.10\nb: 0500\nc: yes\nd: true\ne:\nf: ~\ng: "null"\nh: 1e3\ntrue: [2024-01-01, 09:00]\n'
    located = parse_yaml(text, "a.yaml", as_text=True)
    assert located.data == {
        "a": "1.10", "b": "0500", "c": "yes", "d": "true", "e": None, "f": None, "g": "null", "h": "1e3",
        "true": ["2024-01-01", "09:00"],
    }  # fmt: skip
    assert located.line(("true", 1)) == 9
