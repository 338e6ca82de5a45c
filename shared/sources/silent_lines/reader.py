"""A source as the checks of its lines see it."""

from typing import NamedTuple

from shared.config.sources import FormatName, Source
from shared.sources import format_name, scheme
from shared.sources.alert_types import ALERT_TYPES, AlertTypes
from shared.sources.contract import Scheme


class Reader(NamedTuple):
    """A source as opos reads it. `alert_types` are those of its built-in format; a mapping has none of its own."""

    name: str
    source: Source
    scheme: Scheme
    format: FormatName
    alert_types: AlertTypes


class Remark(NamedTuple):
    """What should stand at the dotted `path` within a source, and how to get there."""

    path: str
    expected: str
    hint: str = "remove the line"


def reader_of(name: str, source: Source) -> Reader:
    chosen = format_name(name, source)
    return Reader(name, source, scheme(source), chosen, ALERT_TYPES.get(chosen, AlertTypes()))
