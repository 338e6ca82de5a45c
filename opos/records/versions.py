"""The versions of a record, as `opos records` numbers them: version N is the record after its change N."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import click

from opos.terminal.times import moment
from shared.errors import NotFound
from shared.events import iso
from shared.records import history
from shared.records.body import Body
from shared.records.change import ChangeDoc
from shared.services.records.context import RecordsContext
from shared.services.records.edits import changes_of
from shared.services.records.record import Stored
from shared.values.text import counted


class Version(NamedTuple):
    """A record after one of its changes. `values` are as the kind has them today."""

    change: ChangeDoc
    body: Body
    values: Mapping[str, Any]


def versions_of(record: Stored, context: RecordsContext) -> list[Version]:
    """Every version of *record*, the first one first. Raises Outdated and Gap."""
    return [
        Version(change, body, record.kind.current(body["values"], body["schema"]))
        for change, body, _ in history.versions(changes_of(record.id, context))
    ]


def version_at(point: str, versions: Sequence[Version]) -> Version:
    """The version with the number *point*, or the one at the time *point*. Raises NotFound if there was none."""
    if point.isdecimal():
        if 1 <= int(point) <= len(versions):
            return versions[int(point) - 1]
        raise NotFound(f"expected the number of one of its {counted(len(versions), 'change')}, found {point}")
    return latest_by(iso(moment(point)), versions)


def latest_by(at: str, versions: Sequence[Version]) -> Version:
    """The last version that was made by *at*. Raises NotFound if there was none."""
    past = [version for version in versions if version.change["at"] <= at]
    if not past:
        raise NotFound(f"expected a time after {versions[0].change['at']}, when the record was created, found {at}")
    return past[-1]


def require_point(_ctx: click.Context, _param: click.Parameter, point: str | None) -> str | None:
    """*point* if it is a number or a time; a usage error if not."""
    if point and not point.isdecimal():
        moment(point)
    return point
