"""What the models find wrong with a definition, in words that an operator understands."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import ValidationError

from shared.config.files.faults import Fault, nearest
from shared.config.files.located_yaml import Located, Where
from shared.config.files.validation import EXPECTED, shown
from shared.workflows.authentication import INLINE, SECRET
from shared.workflows.document import Workflow
from shared.workflows.kinds import REFUSED, Kind, tag
from shared.workflows.nodes import Node, field_types, optional_keys
from shared.workflows.part import LIST, MAPPING, NEITHER, TEXT
from shared.workflows.pointers import pointer
from shared.workflows.refusals import RULED

TAGS = frozenset(
    {TEXT, MAPPING, LIST, NEITHER, SECRET, INLINE, REFUSED, *(tag(kind) for kind in get_args(Kind))}
)  # fmt: skip
_SHAPES = {TEXT: "text", MAPPING: "a mapping of keys to values", LIST: "a list"}
_Words = tuple[str, str, str]


def fault(located: Located, where: Where, expected: str, actual: str, hint: str = "") -> Fault:
    """A fault of the value at *where*, with its JSON pointer."""
    return Fault(located.file, located.line(where), pointer(where), expected, actual, hint)


def shape_faults(located: Located, nodes: tuple[Node, ...]) -> list[Fault]:
    """Everything that the models refuse, and every key without a value."""
    empty = [fault(located, where, "a value", "nothing", "leave the key out") for where in _empty(nodes)]
    try:
        Workflow.model_validate(located.data)
    except ValidationError as error:
        return empty + [_fault(located, nodes, problem) for problem in error.errors(include_url=False)]
    return empty


def _empty(nodes: tuple[Node, ...]) -> Iterator[Where]:
    """The optional keys with null, which no model refuses, though only free values may be null."""
    for node in nodes:
        for key in optional_keys(node.model) if node.model else ():
            if node.value.get(key, key) is None:
                yield (*node.where, key)


def _fault(located: Located, nodes: tuple[Node, ...], error: Any) -> Fault:
    where: Where = tuple(step for step in error["loc"] if step not in TAGS)
    if error["type"] == "missing":
        return fault(located, where[:-1], f"the key {str(where[-1])!r}", "none")
    if error["type"] == "extra_forbidden":
        return fault(located, where, *_unknown_key(where, nodes))
    return fault(located, where, *_words(error))


def _unknown_key(where: Where, nodes: tuple[Node, ...]) -> _Words:
    models = (node.model for node in nodes if node.where == where[:-1] and node.model)
    known = [key for key in field_types(next(models)) if key != "function"]
    key, expected = str(where[-1]), f"one of {', '.join(known)}" if known else "no keys"
    return expected, f"the key {key!r}", nearest(key, known)


def _words(error: Any) -> _Words:
    """What was expected, what was found, and how to mend it."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == RULED:
        return context["expected"], context["actual"], context["hint"]
    if kind == "union_tag_invalid":
        shapes = [words for tag, words in _SHAPES.items() if tag in context["expected_tags"]]
        return " or ".join(shapes), shown(value), ""
    if kind == "literal_error":
        known = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        return f"one of {', '.join(known)}", shown(value), nearest(str(value), known)
    if kind in {"too_short", "too_long"}:
        return _words_on_size(kind, value, context)
    hint = "put quotes around it" if kind == "string_type" and isinstance(value, int | float) else ""
    return EXPECTED.get(kind) or _plain(error["msg"]), shown(value), hint


def _words_on_size(kind: str, value: Any, context: Any) -> _Words:
    if isinstance(value, dict):
        hint = "begin each name with `- `" if len(value) > 1 else ""
        return "one name with its content", ", ".join(value) or "an empty mapping", hint
    return "at least one entry" if kind == "too_short" else f"at most {context['max_length']} entries", shown(value), ""


def _plain(message: str) -> str:
    return message.removeprefix("Value error, expected ").removeprefix("Input should be ")
