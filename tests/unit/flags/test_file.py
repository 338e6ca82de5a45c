"""flags.yaml: all configuration errors are reported together, each with its line, and both forms are valid."""

import pytest

from shared.config.files.faults import ConfigError
from shared.config.files.loader import parse_flags

WRONG = """
$evaluators: {staff: {ends_wth: [{var: email}, "@acme.com"]}}
flags:
  a: {enabled: true, requires: [b], rollout: 5}
  b: {enabled: true, requires: [a]}
  c: {enabled: on, requires: [x]}
  d: {state: ENABLED, variants: {red: 1, blue: {x: 2}}, defaultVariant: rd}
  e: {state: ENABLED, variants: {red: 1}, targeting: {if: [{$ref: stuff}, red, {varr: x}]}}
  f: {state: ENABLED, variants: {}, defautVariant: x}
  g: {enabled: true, steps: {soon: 10}, from: 2027-01-02, until: 2027-01-01}
  h: {enabled: true, steps: {2027-01-01: 10}, rollout: 5}
  i: {state: on, variants: {on: true}}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        parse_flags(text)
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize(
    "expected",
    [
        "2: $evaluators.staff.ends_wth: expected an operation of JsonLogic or flagd; found 'ends_wth' (did you mean 'ends_with'?)",
        "4: flags.a: expected a flag that does not require itself, directly or through others; found 'a'",
        "5: flags.b: expected a flag that does not require itself, directly or through others; found 'b'",
        "6: flags.c.enabled: expected true or false; found 'on'",
        "6: flags.c.requires.0: expected a flag of this file; found 'x'",
        "7: flags.d: expected defaultVariant to be one of red, blue; found a mapping",
        "8: flags.e.targeting.if.0.$ref: expected an entry of $evaluators; found 'stuff' (did you mean 'staff'?)",
        "8: flags.e.targeting.if.2.varr: expected an operation of JsonLogic or flagd; found 'varr' (did you mean 'var'?)",
        "9: flags.f.variants: expected at least one entry; found an empty mapping",
        "10: flags.g.steps: expected a time such as 2027-01-31 or 2027-01-31T08:00+01:00; found 'soon'",
        "11: flags.h: expected either rollout or steps; found a mapping",
        "12: flags.i.state: expected one of ENABLED, DISABLED; found 'on'",
    ],
)
def test_every_error_is_reported_with_its_line(expected: str) -> None:
    assert f"flags.yaml:{expected}" in faults(WRONG)


def test_an_unknown_key_is_reported_with_the_nearest_valid_one() -> None:
    assert any("found the key 'defautVariant' (did you mean 'defaultVariant'?)" in fault for fault in faults(WRONG))


def test_a_file_can_mix_both_forms() -> None:
    flags = parse_flags(
        "flags: {a: {enabled: true}, b: {state: ENABLED, variants: {on: 1, off: 0}, defaultVariant: on}, "
        "c: {state: ENABLED, variants: {yes: 1}, targeting: {if: [{==: [{flag: a}, on]}, yes]}}}"
    )
    assert [flags.evaluate(key, {}).value for key in flags.definitions] == [True, 1, 1]


def test_an_unquoted_on_is_the_variant_of_that_name() -> None:
    flags = parse_flags("flags: {a: {state: ENABLED, variants: {on: yes, off: no}, defaultVariant: on}}")
    assert flags.evaluate("a", {}).value == "yes"


def test_rules_that_contain_each_other_are_an_error() -> None:
    text = "$evaluators: {a: {$ref: b}, b: {$ref: a}}\nflags: {f: {state: ENABLED, variants: {on: 1}, targeting: {$ref: a}}}"
    assert [fault.partition(": ")[2] for fault in faults(text)] == [
        f"$evaluators.{name}: expected a rule that does not contain itself, directly or through others; found '{name}'"
        for name in ("a", "b")
    ]


def test_ten_thousand_flags_can_be_read_and_evaluated() -> None:
    text = "flags:\n" + "".join(f"  flag-{n}: {{enabled: true, rollout: {n % 99 + 1}}}\n" for n in range(10_000))
    flags = parse_flags(text)
    assert flags.evaluate("flag-9999", {"targetingKey": "u1"}).variant in {"on", "off"}
    assert len(flags.definitions) == 10_000
