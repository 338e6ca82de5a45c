"""The lines of a source that would do nothing, each with the reason: `opos verify` refuses them."""

from collections.abc import Iterator
from typing import Any

from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located
from shared.config.files.validation import shown
from shared.config.sources import Source
from shared.sources.silent_lines import keys, words
from shared.sources.silent_lines.reader import Reader, Remark, reader_of

_ENTRIES = frozenset({"severity", "severity_values"})
"""The keys whose entries have names of the sender, such as an event type."""


def silent_lines(name: str, source: Source, located: Located) -> Iterator[Fault]:
    """An error for each line of *source*, called *name*, that would do nothing."""
    reader = reader_of(name, source)
    for remark in (*keys.remarks(reader), *words.remarks(reader)):
        yield _fault(reader, remark, located)


def doubtful_lines(name: str, source: Source, located: Located) -> Iterator[Fault]:
    """A warning for each line of *source*, called *name*, that may do something, but surely not what is meant."""
    reader = reader_of(name, source)
    for remark in (*keys.doubts(reader), *words.doubts(reader)):
        yield _fault(reader, remark, located)


def _fault(reader: Reader, remark: Remark, located: Located) -> Fault:
    where, value = ["sources", reader.name], located.data["sources"][reader.name]
    for step in remark.path.split(".", 1) if remark.path else ():
        where, value = [*where, step], value.get(step) if isinstance(value, dict) else None
    line, path = located.line(tuple(where)), ".".join(where)
    return Fault(located.file, line, path, remark.expected, _found(remark, value), remark.hint)


def _found(remark: Remark, value: Any) -> str:
    key, _, entry = remark.path.partition(".")
    if not key:
        return "none"
    return shown(entry) if entry and key in _ENTRIES else shown(value)
