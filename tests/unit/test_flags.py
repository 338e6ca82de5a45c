"""What a flag answers, why, and that flagd would put each user into the same share."""

import subprocess
import sys
from typing import Any

import pytest

from shared.flags import Flag, FlagNotFound, FlagSet, TargetingKeyMissing
from shared.flags.bucketing import WEIGHTS, bucket
from shared.loading import parse_flags

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
the user is still out. The lengths 23, 24 and 300 are where CBOR's length prefix grows."""


def answer(flag: Flag, context: dict[str, Any]) -> tuple[bool, str, str]:
    found = FlagSet({"f": flag}).evaluate("f", context)
    return found.value, found.variant, found.reason


@pytest.mark.parametrize(("flag", "user", "expected"), VECTORS)
def test_a_user_falls_where_flagd_puts_them(flag: str, user: str, expected: int) -> None:
    assert bucket(flag, user) == expected


@pytest.mark.parametrize(("key", "user", "place"), VECTORS)
def test_a_user_is_in_from_the_rollout_on_at_which_flagd_takes_them_in(key: str, user: str, place: int) -> None:
    def is_in(weight: int) -> bool:
        flags = FlagSet({key: Flag(enabled=True, rollout=weight * 100 / WEIGHTS)})
        return flags.evaluate(key, {"targetingKey": user}).value

    assert not is_in(place)
    assert is_in(place + 1)


def test_an_enabled_flag_is_on_for_everybody() -> None:
    assert answer(Flag(enabled=True), {}) == (True, "on", "STATIC")


@pytest.mark.parametrize("rollout", [0, 50, 100])
def test_a_disabled_flag_is_off_whatever_else_it_says(rollout: float) -> None:
    flag = Flag(enabled=False, rollout=rollout, requires_auth=True)
    assert answer(flag, USER) == answer(flag, {}) == (False, "off", "DISABLED")


def test_a_rollout_to_nobody_needs_no_user() -> None:
    assert answer(Flag(enabled=True, rollout=0), {}) == (False, "off", "STATIC")


def test_a_rollout_to_some_says_that_it_split() -> None:
    in_and_out = {answer(Flag(enabled=True, rollout=50), {"targetingKey": f"u{n}"}) for n in range(50)}
    assert in_and_out == {(True, "on", "SPLIT"), (False, "off", "SPLIT")}


@pytest.mark.parametrize(
    "context", [{}, {"targetingKey": ""}, {"targetingKey": 5}, {"targetingKey": "\ud800"}, {"user": "u1"}]
)
def test_a_rollout_to_some_needs_a_user(context: dict[str, Any]) -> None:
    with pytest.raises(TargetingKeyMissing) as error:
        answer(Flag(enabled=True, rollout=50), context)
    assert (error.value.code, error.value.http_status) == ("TARGETING_KEY_MISSING", 400)


@pytest.mark.parametrize("rollout", [50, 100])
def test_a_flag_for_users_only_is_off_for_who_names_none(rollout: float) -> None:
    flag = Flag(enabled=True, rollout=rollout, requires_auth=True)
    assert answer(flag, {}) == answer(flag, {"targetingKey": ""}) == (False, "off", "TARGETING_MATCH")


def test_a_flag_for_users_only_is_on_for_whoever_names_one() -> None:
    assert answer(Flag(enabled=True, requires_auth=True), USER) == (True, "on", "STATIC")


def test_an_unknown_flag_is_not_found() -> None:
    with pytest.raises(FlagNotFound) as error:
        FlagSet({}).evaluate("f", USER)
    assert (error.value.code, error.value.http_status) == ("FLAG_NOT_FOUND", 404)


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
    version = FlagSet({"f": Flag.model_validate(before)}).version
    assert FlagSet({"f": Flag.model_validate(before)}).version == version
    assert FlagSet({"f": Flag.model_validate(before | change)}).version != version
    assert FlagSet({"g": Flag.model_validate(before)}).version != version


@pytest.mark.parametrize(("rollout", "loaded"), [(100, "False"), (25, "True")])
def test_hashing_is_loaded_only_for_a_flag_that_splits(rollout: float, loaded: str) -> None:
    program = (
        "import sys; from shared.flags import Flag, FlagSet;"
        f"FlagSet({{'f': Flag(enabled=True, rollout={rollout})}}).evaluate('f', {{'targetingKey': 'u1'}});"
        "print('mmh3' in sys.modules or 'cbor2' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == loaded
