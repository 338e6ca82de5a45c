"""The records that a search finds: by words of their titles, by a key, and by an id in another system."""

from collections.abc import Iterable, Iterator

from shared.records.company_fault import CompanyFault
from shared.records.kind import Kind
from shared.services.records.context import RecordsContext
from shared.services.records.listing import search
from shared.services.records.record import Stored, by_key


def kinds(context: RecordsContext) -> Iterable[Kind]:
    """The kinds to search. A fault in `company/` must not hide what else a search finds, so there are none then."""
    try:
        return context.kinds.values()
    except CompanyFault:
        return ()


def records(text: str, context: RecordsContext, limit: int) -> Iterator[Stored]:
    """At most *limit* records of each kind, and those that *text* is a key of."""
    for kind in kinds(context):
        if named := by_key(kind, text, context):
            yield named
        yield from search(kind, text, context, limit=limit).records
