"""Errors in the mappings of records, each with its line: keys that lack, and what does not fit the kinds of records."""

from collections.abc import Iterator, Mapping

from shared.config.files.faults import Fault, nearest
from shared.config.files.located_yaml import Located, Where
from shared.config.model import Config
from shared.config.records.fit import Misfit, misfits
from shared.config.records.mapping import RecordMapping
from shared.config.records.mappings import mappings, shipped
from shared.config.sources import Source
from shared.records.kind import Kind

_NEEDED = ("kind", "id")


def incomplete_mappings(name: str, source: Source, located: Located) -> Iterator[Fault]:
    """An error for each mapping of *source* that neither opos.yaml nor opos completes, and for each that is not there
    to be switched off.
    """
    known, by_sender = mappings(name, source), shipped(name, source)
    for called in source.records or ():
        where: Where = ("sources", name, "records", called)
        if called in known:
            yield from _incomplete(known[called], where, located)
        elif called not in by_sender:
            hint = nearest(called, by_sender)
            yield _fault(located, where, "the name of a mapping that opos ships, to switch it off", repr(called), hint)


def _incomplete(mapping: RecordMapping, where: Where, located: Located) -> Iterator[Fault]:
    for key in _NEEDED:
        if getattr(mapping, key) is None:
            yield _fault(located, where, f"the key {key!r}", "none")
    if not mapping.fields and mapping.deleted is None:
        yield _fault(located, where, "the key 'fields', or 'deleted'", "neither")
    for field, said in mapping.fields.items():
        if said.value is None:
            yield _fault(located, (*where, "fields", field), "the key 'value'", "none")


def mapping_faults(config: Config, located: Located, kinds: Mapping[str, Kind]) -> Iterator[Fault]:
    """An error for each place in *config* that does not fit *kinds*."""
    for name, source in config.sources.items():
        for called, mapping in mappings(name, source).items():
            for misfit in misfits(name, source, mapping, called, kinds):
                yield _misfit(located, ("sources", name, "records", called), misfit)


def _misfit(located: Located, where: Where, misfit: Misfit) -> Fault:
    hint = nearest(misfit.actual.strip("'"), misfit.known)
    return _fault(located, (*where, *misfit.path), misfit.expected, misfit.actual, hint)


def _fault(located: Located, where: Where, expected: str, actual: str, hint: str = "") -> Fault:
    return Fault(located.file, located.line(where), ".".join(map(str, where)), expected, actual, hint)
