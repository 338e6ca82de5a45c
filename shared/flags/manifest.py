"""The manifest from which the OpenFeature CLI generates typed accessors.

Source: open-feature/cli, schema/v0/flag-manifest.json. `defaultValue` is what an accessor returns if no server answers.
"""

from collections.abc import Mapping
from typing import Any

from shared.flags.checked_definition import CheckedDefinition
from shared.flags.shorthand import Flag

SCHEMA = "https://raw.githubusercontent.com/open-feature/cli/refs/heads/main/schema/v0/flag-manifest.json"
_TYPES: Mapping[type, str] = {bool: "boolean", int: "integer", float: "float", str: "string"}


def manifest(flags: Mapping[str, Flag | CheckedDefinition]) -> dict[str, Any]:
    """The manifest of *flags*. A flag that is on or off is off if no server answers."""
    return {"$schema": SCHEMA, "flags": {key: _entry(flag) for key, flag in flags.items()}}


def _entry(flag: Flag | CheckedDefinition) -> dict[str, Any]:
    if isinstance(flag, Flag):
        return _described({"flagType": "boolean", "defaultValue": False}, flag.description)
    values = [value for value in flag.variants.values() if value is not None]
    default = flag.variants[flag.default_variant] if flag.default_variant else None
    entry = {"flagType": _type(values), "defaultValue": _default(values) if default is None else default}
    return _described(entry, str(flag.metadata.get("description", "")))


def _type(values: list[Any]) -> str:
    types = {type(value) for value in values}
    return "float" if types == {int, float} else _TYPES.get(type(values[0]), "object") if values else "object"


def _default(values: list[Any]) -> Any:
    """The empty value of the type of *values*, for a flag that leaves its default to the caller."""
    return type(values[0])() if values else {}


def _described(entry: dict[str, Any], description: str) -> dict[str, Any]:
    return entry | ({"description": description} if description else {})
