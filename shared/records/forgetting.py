"""A history without the person that it was about: which values go, and what is left to be read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from shared.records.body import Body
from shared.records.change import ChangeDoc
from shared.records.identity import FORGOTTEN, Identity, forgotten, identity
from shared.records.kind import Field, Kind
from shared.records.patch import Operation, Patch
from shared.records.scrubbing import scrubbed

_VALUES = "/values"
Made = Callable[[str, Any], Any]
"""What makes the value of a field of its name and the value before."""


class Claimed(NamedTuple):
    """A key or an id that a record has or had."""

    field: Field
    value: Any


def is_kept(kind: Kind, name: str) -> bool:
    """Whether a forgotten record keeps the field: it says nothing of a person, and nobody is found by it.

    A field that the kind no longer declares may say anything.
    """
    field = kind.fields.get(name)
    return field is not None and not field.is_personal and not field.is_claimed


def claimed(kind: Kind, changes: Iterable[ChangeDoc]) -> list[Claimed]:
    """The keys and ids that a record with *changes* has, or had, each once."""
    every = {
        (field.name, field.claimed(value)): Claimed(field, value)
        for change in changes
        for name, value in _values(change)
        for field in kind.claims
        if field.name == name and value not in {None, FORGOTTEN}
    }
    return list(every.values())


def identity_of(kind: Kind, changes: Iterable[ChangeDoc], proposed: Iterable[tuple[str, Any]] = ()) -> Identity:
    """What the person is recognised by of whom *changes* tell. *proposed* are values that were only asked for."""
    said = [*(value for change in changes for value in _values(change)), *proposed]
    going = [(name, value) for name, value in said if not is_kept(kind, name)]
    ids = {field.name for field in kind.claims}
    return identity(
        (value for name, value in going if name in ids), (value for name, value in going if name not in ids)
    )


def without_mentions(kind: Kind, person: Identity, change: ChangeDoc) -> ChangeDoc:
    """*change* without the person in what is kept of it: other values, the reason, and who made it."""

    def kept(name: str, value: Any) -> Any:
        return scrubbed(value, person.scrub(is_near=False)) if is_kept(kind, name) else value

    actor = {**change["actor"], "name": person.scrub(is_near=False)(change["actor"]["name"])}
    said = {"reason": person.scrub(is_near=True)(change["reason"]), "actor": actor}
    return cast("ChangeDoc", {**_each_value(change, kept), **said})


def without_values(kind: Kind, change: ChangeDoc) -> ChangeDoc:
    """*change* without the values that go. It has the same fields, so a history adds up at each of its versions."""
    return _each_value(change, lambda name, value: value if is_kept(kind, name) else forgotten(value))


def emptied(kind: Kind, body: Body) -> Body:
    """*body* without the values that go. Their clocks stay: they say when something was set, and by whom."""
    return Body(**{**body, "values": {name: body["values"][name] for name in body["values"] if is_kept(kind, name)}})


def _each_value(change: ChangeDoc, made: Made) -> ChangeDoc:
    patches = {"patch": with_values(change["patch"], made), "inverse": with_values(change["inverse"], made)}
    return cast("ChangeDoc", {**change, **patches})


def with_values(patch: Patch, made: Made) -> list[Operation]:
    """*patch* with each value as *made* makes it of the name of its field and the value."""
    return [_operation(operation, made) for operation in patch]


def _operation(operation: Operation, made: Made) -> Operation:
    _, part, *names = operation["path"].split("/")
    if f"/{part}" != _VALUES or "value" not in operation:
        return operation
    value = operation["value"]
    named = made(names[0], value) if names else {name: made(name, each) for name, each in value.items()}
    return cast("Operation", {**operation, "value": named})


def _values(change: ChangeDoc) -> Iterator[tuple[str, Any]]:
    """Each value in *change*, before or after it, with the name of its field."""
    for operation in (*change["patch"], *change["inverse"]):
        _, part, *names = operation["path"].split("/")
        if f"/{part}" == _VALUES and "value" in operation:
            value: Any = operation["value"]
            yield from [(names[0], value)] if names else cast("Mapping[str, Any]", value).items()
