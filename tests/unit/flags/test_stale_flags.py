"""Which flags have one value for everyone, and since when."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.flags.checked_definition import CheckedDefinition
from shared.flags.shorthand import Flag
from shared.flags.stale_flags import ALWAYS, settled

NOW = datetime(2026, 11, 20, tzinfo=UTC)
BEFORE, AFTER = "2026-11-01", "2026-12-01"
PAST = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ("on", ALWAYS)), ({"enabled": False, "rollout": 5}, ("off", ALWAYS)), ({"rollout": 0}, ("off", ALWAYS)),
        ({"rollout": 99.9}, None), ({"requires": ["other"]}, None), ({"requires_auth": True}, None),
        ({"from": BEFORE}, ("on", PAST)), ({"from": AFTER}, None), ({"until": BEFORE}, ("off", PAST)), ({"until": AFTER}, None),
        ({"from": "2026-10-01", "until": BEFORE}, ("off", PAST)), ({"from": BEFORE, "rollout": 25}, None),
        ({"steps": {"2026-10-01": 5, BEFORE: 100}}, ("on", PAST)), ({"steps": {BEFORE: 5, AFTER: 100}}, None),
        ({"steps": {BEFORE: 5}}, None), ({"steps": {"2026-10-01": 100, BEFORE: 0}}, ("off", PAST)),
    ],
)  # fmt: skip
def test_a_flag_is_settled_if_neither_the_caller_nor_the_future_changes_its_value(
    fields: dict[str, Any], expected: tuple[str, datetime] | None
) -> None:
    assert settled(Flag.model_validate({"enabled": True, **fields}), NOW) == expected


def test_a_definition_is_settled_if_it_has_no_rule_and_another_variant() -> None:
    fields: dict[str, Any] = {"state": "ENABLED", "variants": {"a": 1, "b": 2}, "defaultVariant": "a"}
    assert settled(CheckedDefinition.model_validate(fields), NOW) == ("a", ALWAYS)
    assert settled(CheckedDefinition.model_validate({**fields, "targeting": {"if": [True, "b"]}}), NOW) is None
    assert settled(CheckedDefinition.model_validate({**fields, "variants": {"a": 1}}), NOW) is None
