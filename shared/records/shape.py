"""The shape of a field: the types that its stored values have, as plain data that can be kept in a file and compared.

A type is a word such as `text` or `text (email)`, or one allowed value as Python writes it, such as `'free'`, or
`{"list": types of the members}`, or `{"object": shapes of the parts}`. A shape also has REQUIRED if no record lacks a
value.
"""

from ast import literal_eval
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError

from shared.records.kind import Field, Kind

Type = str | dict[str, Any]
Shape = Sequence[Type]
REQUIRED = "required"
_WORDS = {"string": "text", "integer": "integer", "number": "number", "boolean": "yes or no"}
_EXAMPLES: Mapping[str, Any] = {
    "text": "text", "text (email)": "ada@example.com", "text (date)": "2026-01-01", "integer": 1, "number": 1.5,
    "text (date-time)": "2026-01-01T00:00:00.000000Z", "text (uri)": "https://example.com/", "yes or no": True,
}  # fmt: skip


class NoShape(ValueError):
    """pydantic cannot read or store values of a type."""


def shapes(kind: Kind) -> dict[str, list[Type]]:
    """The shape of each field. Raises NoShape."""
    return {
        name: [*types(field), *([REQUIRED] if field.info.is_required() else [])] for name, field in kind.fields.items()
    }


def types(field: Field) -> list[Type]:
    """The types of *field*, except that of None. Raises NoShape."""
    try:
        schema = field.adapter.json_schema(mode="serialization")
    except (PydanticInvalidForJsonSchema, PydanticUserError, NameError, TypeError, ImportError) as fault:
        raise NoShape(str(fault).partition("\n")[0]) from fault
    return list(_types(schema, schema.get("$defs", {})))


def accepts(now: Shape, before: Shape) -> bool:
    """Whether every value of a type of *before* has a type of *now*."""
    return all(type in now or _general(type) in now for type in before if type != REQUIRED)


def example(shape: Shape) -> Any:
    """A value of *shape*; None if it is not known to have any."""
    type = next((type for type in shape if type != REQUIRED), "")
    if isinstance(type, dict):
        parts = type.get("object")
        return [] if parts is None else {name: example(part) for name, part in parts.items()}
    return _EXAMPLES[type] if type in _EXAMPLES else _value(type)


def in_words(shape: Shape) -> str:
    return " or ".join(_in_words(type) for type in shape if type != REQUIRED) or "nothing"


def _types(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Type]:
    if reference := schema.get("$ref", "").rpartition("/")[2]:
        rest = {name: part for name, part in definitions.items() if name != reference}  # a type may contain itself
        yield from _types(definitions.get(reference, {"type": "object"}), rest)
    elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
        for alternative in alternatives:
            yield from _types(alternative, definitions)
    elif "enum" in schema or "const" in schema:
        yield from map(repr, schema.get("enum", [schema.get("const")]))
    elif (name := schema.get("type", "")) != "null":
        yield _type(name, schema, definitions)


def _type(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Type:
    if name == "array":
        members = [*schema.get("prefixItems", ()), schema.get("items", {})]
        return {"list": [type for member in members if member for type in _types(member, definitions)]}
    if name == "object":
        required = schema.get("required", ())
        parts = {
            part: [*_types(shape, definitions), *([REQUIRED] if part in required else [])]
            for part, shape in schema.get("properties", {}).items()
        }
        return {"object": parts}
    word = _WORDS.get(name, "anything")
    return f"{word} ({schema['format']})" if "format" in schema else word


def _general(type: Type) -> Type:
    """The type whose values include those of *type*."""
    if isinstance(type, dict):
        return type
    if type == "integer":
        return "number"
    value = _value(type)
    if isinstance(value, bool):
        return "yes or no"
    return "integer" if isinstance(value, int) else "text" if type.startswith("text") or value is not None else type


def _value(type: str) -> Any:
    """The value that *type* allows; None if it is a word."""
    try:
        return literal_eval(type)
    except (ValueError, SyntaxError):
        return None


def _in_words(type: Type) -> str:
    if isinstance(type, str):
        return type
    return f"a list of {in_words(type['list'])}" if "list" in type else f"an object ({', '.join(type['object'])})"
