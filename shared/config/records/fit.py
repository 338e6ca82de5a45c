"""Whether a mapping fits the kinds of records. A shipped mapping sets what your kinds have; what you write must fit."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.config.records.mapping import RecordMapping
from shared.config.records.mappings import systems
from shared.config.sources import Source
from shared.records.kind import Field, Kind


class Misfit(NamedTuple):
    """What does not fit at `path`, the keys below the mapping in opos.yaml."""

    path: tuple[str, ...]
    expected: str
    actual: str
    known: tuple[str, ...] = ()
    """The words that would fit."""


def id_field(name: str, source: Source, kind: Kind) -> Field | None:
    """The field of *kind* for the ids that *source*, called *name*, sends; None if there is none."""
    return next((field for system in systems(name, source) if (field := kind.external(system))), None)


def misfits(name: str, source: Source, mapping: RecordMapping, called: str, kinds: Mapping[str, Kind]) -> list[Misfit]:
    """What in the part of *mapping*, called *called*, that opos.yaml says does not fit *kinds*."""
    own = source.records.get(called) if source.records else None
    if not isinstance(own, RecordMapping):
        return []
    kind = kinds.get(mapping.kind or "")
    if kind is None:
        return [Misfit(("kind",), f"a kind of record ({', '.join(kinds)})", repr(mapping.kind), tuple(kinds))]
    return [*_without_id(name, source, kind), *_unknown(own, kind)]


def _without_id(name: str, source: Source, kind: Kind) -> Iterator[Misfit]:
    if id_field(name, source, kind) is None:
        system = systems(name, source)[-1]
        field = f'{system.replace("-", "_")}_id: Annotated[str, External("{system}")] | None = None'
        yield Misfit(("kind",), f"a kind with a field for ids of {system}, such as {field}", f"none in {kind.name}")


def _unknown(own: RecordMapping, kind: Kind) -> Iterator[Misfit]:
    for field in own.fields:
        if field not in kind.fields:
            expected = f"a field of {kind.name} ({', '.join(kind.fields)})"
            yield Misfit(("fields", field), expected, repr(field), tuple(kind.fields))
