"""A source as the checks of its lines see it."""

from typing import NamedTuple

from shared.config.sources import Source
from shared.sources import format_name, scheme
from shared.sources.contract import Scheme
from shared.sources.vocabulary import VOCABULARIES, Vocabulary


class Reader(NamedTuple):
    """A source as opos reads it. `vocabulary` is None if its format is the operator's own mapping."""

    name: str
    source: Source
    scheme: Scheme
    format: str
    vocabulary: Vocabulary | None


class Remark(NamedTuple):
    """What should stand at the dotted `path` within a source, and how to get there."""

    path: str
    expected: str
    hint: str = "remove the line"


def reader_of(name: str, source: Source) -> Reader:
    chosen = format_name(name, source)
    return Reader(name, source, scheme(source), chosen, VOCABULARIES.get(chosen))
