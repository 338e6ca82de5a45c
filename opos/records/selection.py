"""Which records of a kind a list has, and in which order."""

from heapq import nlargest
from typing import NamedTuple

import click

from opos.records.where import conditions
from opos.terminal.progress import followed
from shared.records.kind import Kind
from shared.services.records.context import RecordsContext
from shared.services.records.listing import Listing, listed, search
from shared.services.records.record import Stored


class Selection(NamedTuple):
    """What the options of `opos records list` say."""

    where: tuple[str, ...]
    sort: str | None
    words: str | None
    deleted: bool

    def listing(self, kind: Kind, limit: int, context: RecordsContext) -> Listing:
        """The records of *kind* that it chooses. Raises NotListed, InvalidValues or a usage error."""
        if bool(self.words) + bool(self.where or self.sort) + self.deleted > 1:
            raise click.UsageError("expected only one of --search, --deleted, and --where with or without --sort")
        if self.words:
            return search(kind, self.words, context, limit=limit)
        return _deleted(kind, limit, context) if self.deleted else self._listed(kind, limit, context)

    def _listed(self, kind: Kind, limit: int, context: RecordsContext) -> Listing:
        order, where = self.sort or "-changed_at", conditions(kind, self.where, context)
        is_descending, field = order.startswith("-"), order.removeprefix("-")
        return listed(kind, context, where=where, order_by=field, descending=is_descending, limit=limit)


def _deleted(kind: Kind, limit: int, context: RecordsContext) -> Listing:
    """Deleted records, the one that was deleted last first: no index has them."""
    docs = (doc for doc in followed(context.store.query(kind.collection), "record") if doc.data["state"] == "deleted")
    last = nlargest(limit + 1, docs, key=lambda doc: str(doc.data["changed_at"]))
    return Listing([Stored(kind, doc) for doc in last[:limit]], len(last) > limit)
