"""The versions of a record, as `opos records` numbers them: version N is the record after its change N."""

from collections.abc import Sequence

import click

from opos.terminal.times import moment
from shared.errors import NotFound
from shared.events import iso
from shared.records.history import Version, versions
from shared.services.records.changes import changes_of
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored
from shared.values.text import counted


def versions_of(record: Stored, context: RecordsContext) -> list[Version]:
    """Every version of *record*, the first one first, with values as the kind has them today. Raises Outdated."""
    return list(versions(changes_of(record.id, context, last=record.n), record.kind.current))


def version_at(point: str, known: Sequence[Version]) -> Version:
    """The version with the number *point*, or the one at the time *point*. Raises NotFound if there was none."""
    if point.isdecimal():
        if 1 <= int(point) <= len(known):
            return known[int(point) - 1]
        raise NotFound(f"expected the number of one of its {counted(len(known), 'change')}, found {point}")
    return latest_by(iso(moment(point)), known)


def latest_by(at: str, known: Sequence[Version]) -> Version:
    """The last version that was made by *at*. Raises NotFound if there was none."""
    past = [version for version in known if version.change["at"] <= at]
    if not past:
        raise NotFound(f"expected a time after {known[0].change['at']}, when the record was created, found {at}")
    return past[-1]


def require_point(_ctx: click.Context, _param: click.Parameter, point: str | None) -> str | None:
    """*point* if it is a number or a time; a usage error if not."""
    if point and not point.isdecimal():
        moment(point)
    return point
