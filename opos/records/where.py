"""`--where FIELD=VALUE`, which chooses records of a kind, and the records that it chooses."""

from collections.abc import Iterable, Iterator
from typing import Any

import click

from opos.records.assignments import texts, values_of
from opos.records.lookup import find_record
from shared.records.kind import Field, Kind
from shared.records.text import control
from shared.services.records.context import RecordsContext
from shared.services.records.listing import listed
from shared.services.records.record import Stored

Where = list[tuple[str, Any]]
_PAGE = 200
where_option = click.option(
    "--where",
    metavar="FIELD=VALUE",
    multiple=True,
    help="Only records with this value; repeat it for more. FIELD= means without a value.",
)


def conditions(kind: Kind, words: Iterable[str], context: RecordsContext) -> Where:
    """What *words* ask for, for `listed`. What refers to a record may name it by a key. Raises InvalidValues."""
    return [(name, _value(kind, name, text, context)) for name, text in texts(words).items()]


def chosen(kind: Kind, where: Where, context: RecordsContext) -> Iterator[Stored]:
    """Every record of *kind* that *where* chooses, as long as nobody changes what it chooses meanwhile."""
    last, has_more = None, True
    while has_more:
        records, has_more, _ = listed(kind, context, where=where, limit=_PAGE, after=last)
        yield from records
        last = records[-1] if records else None


def _value(kind: Kind, name: str, text: str, context: RecordsContext) -> Any:
    field = kind.fields.get(name)
    if field is None or not text:
        return text or None
    return _element(field, text, context) if control(field) == "list" else values_of(kind, {name: text}, context)[name]


def _element(field: Field, text: str, context: RecordsContext) -> str:
    kind = context.kinds.get(field.refers_to)
    return find_record(kind, text, context).id if kind else text
