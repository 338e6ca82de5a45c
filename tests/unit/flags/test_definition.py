"""What a flag's metadata says about its expiry, in either form and after a build."""

import json
from datetime import date
from typing import Any

import pytest

from shared.config.files.loader import parse_flags
from shared.flags import Definition

FLAGS = """flags:
  short: {enabled: true, expires: 2027-01-31}
  full: {state: ENABLED, variants: {a: 1}, metadata: {expires: "2027-01-31"}}
"""


@pytest.mark.parametrize("key", ["short", "full"])
def test_both_forms_of_a_flag_name_the_day_on_which_it_expires(key: str) -> None:
    definition = parse_flags(FLAGS).definitions[key]
    assert definition.expires == date(2027, 1, 31)
    assert Definition(*json.loads(json.dumps(definition))).expires == date(2027, 1, 31)


@pytest.mark.parametrize("metadata", [{}, {"expires": "soon"}, {"expires": 5}, {"expires": True}])
def test_a_flag_without_a_day_in_its_metadata_does_not_expire(metadata: dict[str, Any]) -> None:
    assert Definition("ENABLED", {"a": 1}, "a", None, metadata).expires is None
