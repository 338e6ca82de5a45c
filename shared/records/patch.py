"""JSON Patch between two bodies of a record. Source: RFC 6902, and RFC 6901 for the paths.

A field is changed as a whole, so a patch has at most one operation for each: that is what has one owner and one clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

Data = Mapping[str, Any]


class Operation(TypedDict):
    """`op` is add, replace or remove. `path` is of a part of a body, or of an entry of a part that is an object."""

    op: str
    path: str
    value: NotRequired[Any]


Patch = Sequence[Operation]


def difference(before: Data, after: Data) -> list[Operation]:
    """What makes *after* of *before*. Two levels deep: parts that are objects on both sides are compared by entry."""
    return list(_difference(before, after, ""))


def _difference(before: Data, after: Data, place: str) -> Iterator[Operation]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Operation(op="remove", path=place + pointer(name))
        elif name not in before:
            yield Operation(op="add", path=place + pointer(name), value=after[name])
        elif before[name] is after[name]:  # most parts are, and a comparison would look into each
            continue
        elif not place and isinstance(before[name], dict) and isinstance(after[name], dict):
            yield from _difference(before[name], after[name], pointer(name))
        elif not same(before[name], after[name]):
            yield Operation(op="replace", path=place + pointer(name), value=after[name])


def same(value: Any, other: Any) -> bool:
    """Whether two JSON values are equal. Python says that True is 1; JSON does not."""
    if value is other:
        return True
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(same(value[name], other[name]) for name in value)
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(same, value, other))
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)


def applied(before: Data, patch: Patch) -> dict[str, Any]:
    """*before* with *patch*. Raises KeyError if the patch was not made for it."""
    after = {name: dict(part) if isinstance(part, Mapping) else part for name, part in before.items()}
    for operation in patch:
        *parents, name = _names(operation["path"])
        holder = after[parents[0]] if parents else after
        if (name in holder) == (operation["op"] == "add"):
            raise KeyError(operation["path"])
        if operation["op"] == "remove":
            del holder[name]
        else:
            holder[name] = operation["value"]
    return after


def entries(patch: Patch, part: str) -> set[str]:
    """The names of the entries of *part* that *patch* changes."""
    paths = (_names(operation["path"]) for operation in patch)
    return {path[1] for path in paths if path[0] == part and len(path) > 1}


def pointer(*names: str) -> str:
    """The path of the entry *names* lead to (RFC 6901)."""
    return "".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in names)


def _names(path: str) -> list[str]:
    return [name.replace("~1", "/").replace("~0", "~") for name in path.split("/")[1:]]
