"""What can never be meant in flags.yaml is refused, with its line."""

from pathlib import Path

import pytest

from shared.config.files.faults import ConfigError
from shared.config.files.loader import parse_flags
from shared.verification import verify

FLAG = "{{state: ENABLED, variants: {{on: true, off: false}}, defaultVariant: off, targeting: {rule}}}"
CONFIG = "owner: me@example.com\ntimezone: UTC\nsources: {}\nchannels: {desk: {console: true}}\nroute: {channel: desk}\ndigest: {channel: desk}\n"
WEIGHT = "expected a whole number as the weight (for 12.5 % and 87.5 %, 125 and 875); found"
SHARE = "expected a variant and its weight, such as [on, 50]; found"


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_flags(text, "flags.yaml")
    return [str(fault).removeprefix("flags.yaml:") for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("{fractional: [[on, 12.5], [off, 1]]}", f"fractional.0.1: {WEIGHT} 12.5"),
        ("{fractional: [[on, '50'], [off, 1]]}", f"fractional.0.1: {WEIGHT} '50'"),
        ("{fractional: [[on, -1], [off, 2]]}", f"fractional.0.1: {WEIGHT} -1"),
        ("{fractional: [[on, true], [off, 1]]}", f"fractional.0.1: {WEIGHT} true"),
        ("{fractional: [[on, 0], [off, 0]]}", "fractional: expected weights whose sum is 1 to 2147483647; found 0"),
        ("{fractional: [[on, 1, 2], [off, 1]]}", f"fractional.0: {SHARE} a list of 3"),
        ("{fractional: [{var: email}, on]}", f"fractional.1: {SHARE} 'on'"),
        ("{fractional: [email, [on, 1]]}", "fractional.0: expected a rule that gives the text by which to split, such as {var: email}; found 'email'"),
        ("{fractional: [[onn, 50], [off, 50]]}", "fractional.0.0: expected a variant of the flag (on, off); found 'onn' (did you mean 'on'?)"),
        ("{if: [{var: a}, onn, {fractional: [[off, 1], [on, 1]]}]}", "if.1: expected a variant of the flag (on, off); found 'onn' (did you mean 'on'?)"),
        ("{if: [{sem_ver: [{var: v}, '>=', 2.x]}, on, off]}", "if.0.sem_ver.2: expected a version such as 2.1.0, or 2.1 (^ and ~ compare ranges); found '2.x'"),
        ("{if: [{sem_ver: [{var: v}, '>=', 2.0.0.0]}, on, off]}", "if.0.sem_ver.2: expected a version such as 2.1.0, or 2.1 (^ and ~ compare ranges); found '2.0.0.0'"),
        ("{if: [{sem_ver: [{var: v}, '*', 2.0.0]}, on, off]}", "if.0.sem_ver.1: expected one of = != < <= > >= ^ ~; found '*'"),
        ("{if: [{sem_ver: [{var: v}, '>=']}, on, off]}", "if.0.sem_ver: expected a version, an operator and a version, such as [{var: version}, '>=', 2.1.0]; found a list of 2"),
        ("{if: [{starts_with: [{var: id}, 0]}, on, off]}", "if.0.starts_with.1: expected a text; found 0"),
        ("{if: [{ends_with: [{var: id}]}, on, off]}", "if.0.ends_with: expected two texts; found a list of 1"),
        ("{if: [{'==': [{var: $flagd.invalidProp}, 1]}, on, off]}", "if.0.==.0.var: expected one of $flagd.timestamp $flagd.flagKey; found '$flagd.invalidProp'"),
        ("{if: [{'<': [{var: a}, 1e999]}, on, off]}", "if.0.<.1: expected a number that JSON can write; found inf"),
    ],
)  # fmt: skip
def test_a_rule_that_can_never_work_is_refused(rule: str, fault: str) -> None:
    assert faults(f"flags:\n  a: {FLAG.format(rule=rule)}\n")[0] == f"2: flags.a.targeting.{fault}"


@pytest.mark.parametrize(
    "rule",
    [
        "{fractional: [[on], [off]]}", "{fractional: [[{if: [{var: a}, on]}, 1], [off, 1]]}",
        "{fractional: [{cat: [{var: $flagd.flagKey}, {var: email}]}, [on, {var: weight}], [off, 1]]}",
        "{fractional: [[on, 0], [off, 1]]}", "{if: [{sem_ver: [{var: v}, '^', v2]}, on, null]}",
        "{if: [{ends_with: [{var: email}, {var: domain}]}, {if: [{var: a}, on]}, off]}",
        "{if: [{'<': [{var: $flagd.timestamp}, 1]}, on]}",
    ],
)  # fmt: skip
def test_a_rule_that_works_is_accepted(rule: str) -> None:
    parse_flags(f"flags:\n  a: {FLAG.format(rule=rule)}\n", "flags.yaml")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{state: ENABLED, variants: {on: true, off: 0}}", "flags.a.variants: expected values of one type, since each client asks for one; found 'a number and true or false'"),
        ("{state: ENABLED, variants: {on: true, off: 'false'}}", "flags.a.variants: expected values of one type, since each client asks for one; found 'a text and true or false'"),
        ("{state: ENABLED, variants: {none: 1e999, some: 10}}", "flags.a.variants.none: expected a number that JSON can write; found inf"),
        ("{enabled: true, requires: [banner]}", "flags.a.requires.0: expected a flag with the variant on; found 'banner'"),
        ("{state: ENABLED, variants: {}}", "flags.a.variants: "),
        ("{}", "flags.a: expected the key 'enabled'"), ("{state: WILL-FAIL, variants: {on: true}}", "flags.a.state: "),
        ("{state: ENABLED}", "flags.a: expected the key 'variants'"),
        ("{state: ENABLED, variants: {on: true}, metadata: {invalid: {key: value}}}", "flags.a.metadata.invalid"),
        ("{state: ENABLED, variants: {on: true}, targeting: {not-a-real-rule: [1, 2]}}", "flags.a.targeting.not-a-real-rule: "),
    ],
)  # fmt: skip
def test_a_flag_that_no_client_can_use_is_refused(text: str, fault: str) -> None:
    banner = "{state: ENABLED, variants: {none: '', sale: x}, defaultVariant: sale}"
    assert faults(f"flags:\n  banner: {banner}\n  a: {text}\n")[0].startswith(f"3: {fault}")


@pytest.mark.parametrize("text", ["flags: [{key: a}]\n", "flags: {}\nmetadata: {invalid: {key: value}}\n"])
def test_a_file_of_another_shape_is_refused(text: str) -> None:
    assert faults(text)


def test_a_rule_that_reads_the_user_needs_an_issuer_of_tokens(tmp_path: Path) -> None:
    config, flags = tmp_path / "opos.yaml", tmp_path / "flags.yaml"
    config.write_text(CONFIG)
    rule = "{if: [{in: [{var: [user.plan]}, pro]}, on]}"
    flags.write_text(f"flags:\n  a: {FLAG.format(rule=rule)}\n  b: {{enabled: 5}}\n")
    said = [str(fault).removeprefix(f"{flags}:") for fault in verify(config, flags, {})]
    expected = "flags.identity in opos.yaml, since the rule reads user"
    assert said[0].startswith("3: flags.b.enabled: ")
    assert said[1] == f"2: flags.a.targeting: expected {expected}; found none (see docs/flags.md)"
    config.write_text(CONFIG + "flags: {identity: [{issuer: a, audience: b, secret: KEY}]}\n")
    assert [fault for fault in verify(config, flags, {"KEY": "k" * 32}) if fault.expected == expected] == []
