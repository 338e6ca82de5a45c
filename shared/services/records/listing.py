"""Lists of the records of a kind, in order, by the values of their listed fields or the words of their titles.

A list of 50 reads 50 documents and one more, whatever the number of records. One that goes by a listed field also reads
up to two documents that tell whether all records are listed as the kind is declared today.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice, product
from typing import Any, NamedTuple

from pydantic import ValidationError

from shared.errors import OposError
from shared.ports import Condition, Doc, Operator
from shared.ports.field_paths import field as value_at
from shared.ports.indexes import LEADS_TO, WORDS, then_by
from shared.records.body import Body
from shared.records.derived import ListedField, derived, listed_fields
from shared.records.kind import InvalidValues, Kind
from shared.records.sort_key import NOTHING
from shared.services.records.context import RecordsContext
from shared.services.records.record import Stored, stored
from shared.services.records.relisting import outdated
from shared.values.words import words

MOST = 500
"""How many records with the longest word a search looks through, for the other words and for their order."""


class NotListed(OposError):
    """A list cannot go by this field, or not by these fields together."""

    code = "not_listed"


class Listing(NamedTuple):
    records: Sequence[Stored]
    has_more: bool
    is_whole: bool = True
    """False while records that were stored before the kind changed are listed anew: the list may lack some of them."""


def listed(
    kind: Kind,
    context: RecordsContext,
    *,
    where: Sequence[tuple[str, Any]] = (),
    order_by: str = "changed_at",
    descending: bool = True,
    limit: int,
    after: Stored | None = None,
) -> Listing:
    """The live records of *kind* that have all values in *where*, ordered by a listed field or `changed_at`.

    A value is as `Kind.parsed` takes it; None asks for records without one. Of a field that is a list it is an element.
    A record without a value counts as the least. Equal values are ordered by the time of the last change, and then id.
    *after* is the last record of the page before. Raises NotListed, and InvalidValues.
    """
    fields = {field.name: field for field in listed_fields(kind)}
    _require_served(kind, fields, [name for name, _ in where], order_by)
    options = [_conditions(kind, fields[name], value, context) for name, value in where]
    cursor = _cursor(after) if after else None
    pages = [
        context.store.query(
            kind.collection, where=conditions, order_by=f"listed.{order_by}", descending=descending,
            limit=limit + 1, after=cursor,
        )
        for conditions in product(*options)
    ]  # fmt: skip
    docs = list(islice(_merged(kind, pages, order_by, descending=descending), limit + 1))
    is_whole = (not where and order_by == "changed_at") or not outdated(kind, context)
    return Listing([Stored(kind, doc) for doc in docs[:limit]], len(docs) > limit, is_whole)


def search(kind: Kind, text: str, context: RecordsContext, *, limit: int) -> Listing:
    """The live records with all words of *text* in their titles, the one that changed last first.

    It looks through at most MOST records that have the longest word. If there are more, `has_more` is True.
    """
    wanted = sorted(set(words(text)), key=len)
    if not wanted:
        return Listing([], has_more=False)
    where: list[Condition] = [(WORDS, "contains", wanted[-1])]
    docs = list(context.store.query(kind.collection, where=where, limit=MOST))
    matching = [Stored(kind, doc) for doc in docs if set(doc.data["terms"]).issuperset(wanted)]
    matching.sort(key=lambda record: (record.doc.data["changed_at"], record.id), reverse=True)
    return Listing(matching[:limit], len(matching) > limit or len(docs) == MOST, not outdated(kind, context))


def _require_served(kind: Kind, fields: Mapping[str, ListedField], names: Sequence[str], order_by: str) -> None:
    orders = ["changed_at", *(name for name, field in fields.items() if not field.is_list)]
    for name in names:
        _require(name in fields, f"a listed field of {kind.name} ({', '.join(fields) or 'it has none'})", name, kind)
    _require(order_by in orders, f"an order by {', '.join(orders)}", order_by, kind)
    if names and order_by != "changed_at":
        alone = f"A list without a filter can be ordered by {order_by}."
        raise NotListed(f"expected a filtered list to be ordered by changed_at, found {order_by}", hint=alone)
    lists = [name for name in names if fields[name].is_list]
    if lists and len(names) > 1:
        raise NotListed(f"expected the element of {lists[0]} to be the only filter, found {', '.join(names)}")


def _require(is_served: bool, expected: str, name: str, kind: Kind) -> None:  # noqa: FBT001
    if not is_served:
        hint = f"To list {kind.plural} by {name}, declare it as Listed[...]." if name in kind.fields else None
        raise NotListed(f"expected {expected}, found {name}", hint=hint)


def _conditions(kind: Kind, listed: ListedField, value: Any, context: RecordsContext) -> list[Condition]:
    """The conditions of which one must hold: for a reference one for each id that leads to its record."""
    operator: Operator = "contains" if listed.is_list else "=="
    return [(f"listed.{listed.name}", operator, key) for key in _keys(kind, listed, value, context)]


def _keys(kind: Kind, listed: ListedField, value: Any, context: RecordsContext) -> Iterable[str]:
    if value is None:
        return [NOTHING]
    parsed = _parsed(kind, listed, value)
    known = context.kinds.get(listed.field.refers_to)
    return [_key(listed, id) for id in _ids(known, parsed, context)] if known else [_key(listed, parsed)]


def _parsed(kind: Kind, listed: ListedField, value: Any) -> Any:
    if not listed.is_list:
        return kind.parsed({listed.name: value})[listed.name]
    try:
        return listed.field.parsed([value])[0]
    except (ValidationError, IndexError):
        raise InvalidValues(kind.name, {listed.name: f"expected an element of it, found {value!r}"}) from None


def _key(listed: ListedField, value: Any) -> str:
    key = listed.key([value] if listed.is_list else value)
    return key if isinstance(key, str) else key[0]


def _ids(kind: Kind, id: str, context: RecordsContext) -> list[str]:
    """The ids that lead to the record that *id* leads to: its own, and those of all that were merged into it."""
    record = stored(kind, id, context)
    ids = [record.id if record else id]
    for known in ids:  # which grows meanwhile
        merged = context.store.query(kind.collection, where=[(LEADS_TO, "==", known)])
        ids += [doc.id for doc in merged if doc.id not in ids]
    return ids


def _cursor(after: Stored) -> Doc:
    """Where the record stands; one that has been deleted meanwhile, where it would stand."""
    if after.doc.data["listed"]:
        return after.doc
    body = Body(**{**after.body, "state": "live"})
    return Doc(after.doc.path, derived(after.kind, body, after.doc.data["changed_at"]), "")


def _merged(kind: Kind, pages: Sequence[Iterator[Doc]], order_by: str, *, descending: bool) -> Iterator[Doc]:
    name = f"listed.{order_by}"
    names = [name, *filter(None, [then_by(kind.collection, name)])]

    def place(doc: Doc) -> list[Any]:
        return [*(value_at(doc.data, part) for part in names), doc.path]

    seen: set[str] = set()
    for doc in merge(*pages, key=place, reverse=descending):
        if doc.path not in seen:
            yield doc
        seen.add(doc.path)
