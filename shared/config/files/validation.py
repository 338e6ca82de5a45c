"""Validates a located YAML file, and turns pydantic's errors into configuration errors that an operator understands."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from shared.config.files.faults import SECRET_NAME, ConfigError, Fault, nearest
from shared.config.files.located_yaml import Located, Where

M = TypeVar("M", bound=BaseModel)
_NOTHING = object()
EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "tuple_type": "a list",
    "list_type": "a list",
}


def validated(located: Located, model: type[M]) -> M:
    """The *model* in the file. Raises ConfigError with all errors."""
    try:
        return model.model_validate(located.data)
    except ValidationError as error:
        raise ConfigError(
            [_fault(located, model, problem) for problem in error.errors() if not _follows(problem)]
        ) from None


def _fault(located: Located, model: type[BaseModel], error: Any) -> Fault:
    where = tuple(_within(error["loc"], located.data))
    kind, context = error["type"], error.get("ctx", {})
    path = ".".join(map(str, where))
    line = located.line(where)
    if kind == "extra_forbidden":
        known = list(_fields(model, where[:-1]))
        return Fault(
            located.file,
            line,
            path,
            f"one of {', '.join(known)}",
            f"the key {where[-1]!r}",
            nearest(str(where[-1]), known),
        )
    if kind == "missing":
        missing = str(error["loc"][-1])
        return Fault(located.file, line, path, f"the key {missing!r}", "none")
    if kind == "literal_error":
        known = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        return Fault(
            located.file,
            line,
            path,
            f"one of {', '.join(known)}",
            shown(error["input"]),
            nearest(str(error["input"]), known),
        )
    if kind == "too_short":
        return Fault(located.file, line, path, "at least one entry", shown(error["input"]))
    if error["msg"].endswith(SECRET_NAME):
        return Fault(
            located.file,
            line,
            path,
            SECRET_NAME,
            "something else",
            "put its name here and its value in the environment",
        )
    expected = EXPECTED.get(kind) or error["msg"].removeprefix("Value error, expected ").removeprefix(
        "Input should be "
    )
    return Fault(located.file, line, path, expected, shown(error["input"]))


def _follows(error: Any) -> bool:
    """Whether *error* only follows from others: pydantic also calls a list too short if its entries are not valid."""
    return error["type"] == "too_short" and bool(error["input"])


def shown(value: Any) -> str:
    """*value* as an error shows it: short, with quotes around text."""
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004


def _within(loc: Sequence[str | int], data: Any) -> Iterator[str | int]:
    """The part of pydantic's *loc* that exists in the file; *loc* also names union members and missing keys."""
    for position, step in enumerate(loc, start=1):
        inner = _step(data, step)
        if inner is not _NOTHING and (position == len(loc) or isinstance(inner, dict | list)):
            data = inner
            yield step


def _step(data: Any, step: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(step, _NOTHING)
    known = isinstance(data, list) and isinstance(step, int) and step < len(data)
    return data[int(step)] if known else _NOTHING


def _fields(annotation: Any, where: Where) -> Iterator[str]:
    """The keys that a mapping at *where* may have."""
    for step in where:
        annotation = _inner(annotation, step)
    for model in _models(annotation):
        yield from (field.alias or name for name, field in model.model_fields.items())


def _inner(annotation: Any, step: str | int) -> Any:
    """The annotation at *step* of a model, a mapping or a list."""
    for model in _models(annotation):
        if field := model.model_fields.get(str(step)):
            return field.annotation
    if get_origin(annotation) is Annotated:
        return _inner(get_args(annotation)[0], step)
    if get_origin(annotation) in {Union, UnionType}:
        return next((inner for member in get_args(annotation) if (inner := _inner(member, step))), None)
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    return arguments[-1] if arguments else None


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in `Model`, `Model | None` and `Annotated[Model | Other, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is Annotated:
        yield from _models(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, UnionType}:
        for member in get_args(annotation):
            yield from _models(member)
