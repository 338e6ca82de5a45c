"""The values of an unchecked definition, each with what the models expect at its place.

Values that do not fit are left out: the models report them. So one check after the other can look at what is there, and
an operator gets the faults of all of them at once.
"""

from collections.abc import Callable, Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import Discriminator, Tag

from shared.config.files.located_yaml import Where
from shared.workflows.document import Workflow
from shared.workflows.part import Mark, Part


class Node(NamedTuple):
    """A mapping with its model, or a text with its mark, which is None for plain text."""

    where: Where
    value: Any
    model: type[Part] | None = None
    mark: Mark | None = None


def nodes(data: Any) -> tuple[Node, ...]:
    """The mappings and texts of *data*, a whole definition, in its order."""
    return tuple(_nodes(Workflow, data, (), None))


def _nodes(annotation: Any, value: Any, where: Where, mark: Mark | None) -> Iterator[Node]:
    annotation, mark = meant(annotation, value, mark)
    container = get_origin(annotation) or annotation
    if isinstance(value, dict) and is_part(container):
        yield Node(where, value, container)
        yield from _of_model(container, value, where)
    elif isinstance(value, str) and container in {str, Any, Literal}:
        yield Node(where, value, None, mark)
    elif isinstance(value, list | dict) and container in {type(value), Any}:
        inner = Any if container is Any else get_args(annotation)[-1]
        for step, item in enumerate(value) if isinstance(value, list) else value.items():
            yield from _nodes(inner, item, (*where, step), mark)


def _of_model(model: type[Part], value: dict[str, Any], where: Where) -> Iterator[Node]:
    types, extras = field_types(model), getattr(model, "extras", None)
    for key, item in value.items():
        if key in types:
            yield from _nodes(types[key], item, (*where, key), None)
        elif extras is not None:
            yield from _nodes(Any, item, (*where, key), extras)


def meant(annotation: Any, value: Any, mark: Mark | None) -> tuple[Any, Mark | None]:
    """The type that *annotation* has for *value*, without what stands around it, and the innermost mark."""
    choose: Callable[[Any], Any] | None = None
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *metadata = get_args(annotation)
            mark = next((part for part in metadata if isinstance(part, Mark)), mark)
            choose = next((_choice(part) for part in metadata if isinstance(part, Discriminator)), choose)
        elif get_origin(annotation) in {Union, UnionType}:
            annotation = _member(annotation, choose(value) if choose else "")
            choose = None
        else:
            return annotation, mark


def _choice(discriminator: Discriminator) -> Callable[[Any], Any]:
    choose = discriminator.discriminator
    assert callable(choose)  # noqa: S101  (the unions of the models choose by functions)
    return choose


def _member(union: Any, tag: str) -> Any:
    """The member of *union* with the *tag*, or of `X | None` the X; None if there is none."""
    members = (member for member in get_args(union) if member is not NoneType)
    return next((member for member in members if not tag or _tag(member) == tag), None)


def is_part(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Part)


def _tag(member: Any) -> str:
    return next((part.tag for part in get_args(member) if isinstance(part, Tag)), "")


@cache
def field_types(model: type[Part]) -> dict[str, Any]:
    """The annotations of the fields of *model*, by the keys that a definition uses."""
    hints = get_type_hints(model, include_extras=True)
    return {field.alias or name: hints[name] for name, field in model.model_fields.items()}


@cache
def optional_keys(model: type[Part]) -> tuple[str, ...]:
    """The keys of *model* that may be left out, and whose values may not be null."""
    optional = {field.alias or name for name, field in model.model_fields.items() if not field.is_required()}
    return tuple(
        key for key, type in field_types(model).items() if key in optional and meant(type, None, None)[0] != Any
    )
