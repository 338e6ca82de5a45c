"""The value of a flag, its reason, and that flagd puts each user into the same bucket."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.config.files.loader import parse_flags
from shared.errors import OposError
from shared.flags import ABSENT, FlagBroken, FlagNotFound, FlagSet
from shared.flags.bucketing import bucket_of, value_bucket
from shared.flags.checked_definition import CheckedDefinition
from shared.flags.file import flag_set
from shared.flags.shorthand import WHOLE, Flag, lowered

USER = {"targetingKey": "u1"}
VECTORS = [
    ("new_checkout", "u1", 55946),
    ("new_checkout", "u2", 31441),
    ("new_checkout", "u3", 24126),
    ("new_checkout", "alice@example.com", 91547),
    ("new_checkout", "00000000-0000-0000-0000-000000000000", 61947),
    ("new_checkout", "ünïcödé-✓-😀", 44144),
    ("new_checkout", " ", 15323),
    ("new_checkout", "0", 4265),
    ("new_checkout", "user with spaces", 82143),
    ("new_checkout", "a" * 23, 96520),
    ("new_checkout", "a" * 24, 77510),
    ("new_checkout", "a" * 300, 86841),
    ("dark_mode", "u1", 40769),
    ("été", "u1", 77095),
    ("f" * 30, "u1", 81950),
    ("a b/c", "u1", 68478),
]
"""From openfeature-flagd-core 2.0.0, `fractional` in its shorthand with weights w and 100000 - w: the largest w at which
the flag is still off for the user. At the lengths 23, 24 and 300 the length prefix of CBOR grows."""


def answer(
    flag: Flag | CheckedDefinition, context: dict[str, Any], now: datetime | None = None
) -> tuple[Any, str | None, str]:
    evaluation = flag_set({"f": flag}).evaluate("f", context, int((now or NOON).timestamp()))
    return evaluation.value, evaluation.variant, evaluation.reason


NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFF = (False, "off", "TARGETING_MATCH")
ON = (True, "on", "TARGETING_MATCH")


@pytest.mark.parametrize(("flag", "user", "expected"), VECTORS)
def test_a_user_is_in_the_bucket_that_flagd_computes(flag: str, user: str, expected: int) -> None:
    assert bucket_of(flag, WHOLE)(user) == value_bucket([flag, user], WHOLE) == expected


@pytest.mark.parametrize(("key", "user", "place"), VECTORS)
def test_a_flag_is_on_for_a_user_from_the_rollout_at_which_flagd_turns_it_on(key: str, user: str, place: int) -> None:
    def is_on(weight: int) -> bool:
        flags = flag_set({key: Flag(enabled=True, rollout=weight * 100 / WHOLE)})
        return bool(flags.evaluate(key, {"targetingKey": user}).value)

    assert not is_on(place)
    assert is_on(place + 1)


def test_an_enabled_flag_is_on_for_everyone() -> None:
    assert answer(Flag(enabled=True), {}) == (True, "on", "STATIC")


@pytest.mark.parametrize("rollout", [0, 50, 100])
def test_a_disabled_flag_is_off_whatever_else_it_says(rollout: float) -> None:
    flag = Flag(enabled=False, rollout=rollout, requires_auth=True)
    assert answer(flag, USER) == answer(flag, {}) == (False, "off", "STATIC")


def test_a_rollout_of_0_is_off_for_everyone() -> None:
    assert answer(Flag(enabled=True, rollout=0), USER) == (False, "off", "STATIC")


def test_a_partial_rollout_is_on_for_some_users() -> None:
    answers = {answer(Flag(enabled=True, rollout=50), {"targetingKey": f"u{n}"}) for n in range(50)}
    assert answers == {ON, OFF}


@pytest.mark.parametrize(
    "context", [{}, {"targetingKey": ""}, {"targetingKey": 5}, {"targetingKey": "\ud800"}, {"user": "u1"}]
)
def test_a_partial_rollout_is_off_without_a_user(context: dict[str, Any]) -> None:
    assert answer(Flag(enabled=True, rollout=99), context) == (False, "off", "DEFAULT")


@pytest.mark.parametrize("rollout", [50, 100])
def test_a_flag_that_requires_auth_is_off_without_a_valid_token(rollout: float) -> None:
    flag = Flag(enabled=True, rollout=rollout, requires_auth=True)
    assert answer(flag, USER) == answer(flag, {"user": ""}) == answer(flag, {}) == OFF


def test_a_flag_that_requires_auth_is_on_for_an_authenticated_user() -> None:
    assert answer(Flag(enabled=True, requires_auth=True), {"user": {"sub": "u1"}}) == ON


def test_a_flag_is_on_between_its_times_the_first_included() -> None:
    flag = Flag.model_validate({"enabled": True, "from": "2026-11-20T12:00", "until": "2026-11-20T14:00+01:00"})
    answers = [answer(flag, {}, NOON + minutes * timedelta(minutes=1)) for minutes in (-1, 0, 59, 60)]
    assert answers == [OFF, ON, ON, OFF]


def test_each_step_of_a_rollout_adds_users_and_loses_none() -> None:
    steps = {"2026-11-20": 10, "2026-11-21": 50, "2026-11-22": 100}
    flag = Flag.model_validate({"enabled": True, "steps": steps})

    def enabled(day: int) -> set[str]:
        users = (f"u{n}" for n in range(300))
        return {user for user in users if answer(flag, {"targetingKey": user}, datetime(2026, 11, day, tzinfo=UTC))[0]}

    before, first, second, last = (enabled(day) for day in (19, 20, 21, 22))
    assert before == set() < first < second < last
    assert len(last) == 300


def test_a_flag_that_requires_another_is_on_only_for_users_who_have_both() -> None:
    flags = flag_set(
        {"base": Flag(enabled=True, rollout=50), "more": Flag(enabled=True, requires=("base",)), "never": Flag(enabled=False),
         "most": Flag(enabled=True, requires=("more", "never"))}
    )  # fmt: skip
    for n in range(50):
        user = {"targetingKey": f"u{n}"}
        assert flags.evaluate("more", user).value is flags.evaluate("base", user).value
        assert flags.evaluate("most", user).value is False


def test_an_environment_can_have_values_of_its_own() -> None:
    flag = Flag.model_validate(
        {"enabled": False, "rollout": 25, "environments": {"staging": {"enabled": True, "rollout": 100}}}
    )
    assert flag_set({"f": flag}, environment="staging").evaluate("f", {}).value is True
    assert flag_set({"f": flag}, environment="production").evaluate("f", {}).value is False


def test_the_shorthand_is_lowered_to_a_definition_that_flagd_reads() -> None:
    flag = Flag.model_validate(
        {"enabled": True, "rollout": 25, "requires_auth": True, "owner": "me", "expires": "2027-01-31"}
    )
    assert lowered(flag).as_flagd() == {
        "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
        "targeting": {"if": [{"!!": [{"var": "user"}]}, {"fractional": [["on", 25_000], ["off", 75_000]]}, "off"]},
        "metadata": {"owner": "me", "expires": "2027-01-31"},
    }  # fmt: skip


def definition(**more: Any) -> CheckedDefinition:
    return CheckedDefinition.model_validate({"state": "ENABLED", "variants": {"red": "#f00", "none": None}, **more})


def test_a_disabled_definition_has_no_value() -> None:
    assert answer(definition(state="DISABLED", defaultVariant="red"), {}) == (ABSENT, None, "DISABLED")


def test_a_definition_without_a_default_has_no_value() -> None:
    assert answer(definition(), {}) == (ABSENT, None, "DEFAULT")


@pytest.mark.parametrize("rule", [{"var": "a"}, {"/": [1, 0]}, {"cat": ["no", "ne"]}])
def test_a_rule_that_fails_or_returns_no_variant_breaks_the_flag(rule: dict[str, Any]) -> None:
    with pytest.raises(FlagBroken) as error:
        answer(definition(targeting=rule), {"a": "blue"})
    assert error.value.code == "GENERAL"


def test_a_rule_can_read_the_time_and_the_name_of_its_flag() -> None:
    rule = {
        "if": [{"and": [{"==": [{"var": "$flagd.flagKey"}, "f"]}, {">": [{"var": ["$flagd.timestamp"]}, 5]}]}, "red"]
    }
    assert answer(definition(targeting=rule), {"$flagd": {"flagKey": "forged"}})[1] == "red"


def test_an_unknown_flag_is_not_found() -> None:
    with pytest.raises(FlagNotFound) as error:
        FlagSet({}).evaluate("f", USER)
    assert (error.value.code, error.value.http_status) == ("FLAG_NOT_FOUND", 404)
    assert isinstance(error.value, OposError)


def test_a_rollout_may_be_a_thousandth_of_a_percent() -> None:
    flags = parse_flags("flags: {new_checkout: {enabled: true, rollout: 4.265}, more: {enabled: true, rollout: 0.001}}")
    assert flags.evaluate("new_checkout", {"targetingKey": "0"}).value is False
    flags = parse_flags("flags: {new_checkout: {enabled: true, rollout: 4.266}}")
    assert flags.evaluate("new_checkout", {"targetingKey": "0"}).value is True


@pytest.mark.parametrize(
    "change",
    [
        {"enabled": False}, {"rollout": 26}, {"requires_auth": True}, {"owner": "me"}, {"description": "d"},
    ],
)  # fmt: skip
def test_the_version_changes_with_every_change_and_only_then(change: dict[str, Any]) -> None:
    before = {"enabled": True, "rollout": 25}
    version = flag_set({"f": Flag.model_validate(before)}).version
    assert flag_set({"f": Flag.model_validate(before)}).version == version
    assert flag_set({"f": Flag.model_validate(before | change)}).version != version
    assert flag_set({"g": Flag.model_validate(before)}).version != version


@pytest.mark.parametrize(("rollout", "loaded"), [(100, "False"), (25, "True")])
def test_hashing_is_loaded_only_for_a_flag_that_splits_users(rollout: float, loaded: str) -> None:
    program = (
        "import sys; from shared.flags.file import flag_set; from shared.flags.shorthand import Flag;"
        f"flag_set({{'f': Flag(enabled=True, rollout={rollout})}}).evaluate('f', {{'targetingKey': 'u1'}});"
        "print('mmh3' in sys.modules); assert not {'cbor2', 'semver'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == loaded
