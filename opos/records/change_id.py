"""A change by its id, or by the beginning of its record's id: `0a1b2c3d.3`."""

import click

from opos.terminal.lookup import Ambiguous
from shared.errors import NotFound
from shared.ports import Doc
from shared.records.change import CHANGES, change_id
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored, kind_named, stored
from shared.values.text import well_formed

_HINT = "`opos records history KIND RECORD` shows the changes of a record."


def shown_id(record: str, n: int) -> str:
    return f"{record[:8]}.{n}"


def find_change(wanted: str, context: RecordsContext) -> tuple[Stored, int]:
    """The record of the change *wanted*, and its number. Raises NotFound, Ambiguous or a usage error."""
    beginning, _, n = well_formed(wanted).rpartition(".")
    if not n.isdecimal() or not beginning.isalnum():
        raise click.UsageError(f"expected a change, such as 0a1b2c3d.3, found {wanted!r}")
    doc = context.store.get(f"{CHANGES}/{change_id(_record(beginning, wanted, context), int(n))}")
    if doc is None:
        raise NotFound(f"expected a change, found none with the id {wanted}.", hint=_HINT)
    record = stored(kind_named(doc.data["kind"], context), doc.data["record"], context)
    if record is None or record.id != doc.data["record"]:
        into = f"was merged into {record.id[:8]}" if record else "is not there any more"
        raise NotFound(f"expected a change of a record that is its own, found that {doc.data['record'][:8]} {into}.")
    return record, int(n)


def _record(beginning: str, wanted: str, context: RecordsContext) -> str:
    """The id of the only record that has changes and whose id begins with *beginning*."""
    record = _next_record(beginning, context)
    if not record.startswith(beginning):
        raise NotFound(f"expected a change, found none with the id {wanted}.", hint=_HINT)
    if (other := _next_record(f"{record}.:", context)).startswith(beginning):  # a colon follows the digits
        text = f"expected the beginning of one record's id, found that {record} and {other} begin with {beginning}."
        raise Ambiguous(text, hint="Give more of its id.")
    return record


def _next_record(place: str, context: RecordsContext) -> str:
    """The record of the first change whose id comes after *place*."""
    docs = context.store.query(CHANGES, after=Doc(f"{CHANGES}/{place}", {}, ""), limit=1)
    return next((str(doc.data["record"]) for doc in docs), "")
