"""The open alerts, the worst first, with true counts: whatever their number, a page reads little more than it shows."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from shared.context import Context
from shared.ports import Condition, Doc, Store
from shared.ports.earlier_documents import PROGRESS, is_rewritten
from shared.ports.terms import OPEN, STATES, URGENCIES, Urgency, place, term, urgency_of
from shared.services.search.filters import Filters
from shared.services.search.listing import Listing

MOST = 1000
"""How many documents a list by words, a source or labels reads."""
PAGE = 100


def open_alerts(filters: Filters, context: Context, limit: int = 50, after: str = "") -> Listing:
    """The open alerts, the worst first: by state, severity, and then the newest. *after* is `more` of the page before.

    By state, severity and day alone, a page reads its own documents, and all counts are exact. By words, a source, a
    type or labels, it reads at most MOST alerts: those that have the rarest word, or all. Only if these are more, it
    goes through the open alerts in order, and counts nothing.

    Until the sweeper has rewritten the documents of an earlier release, which no index has, it reads at most MOST
    alerts of each state.
    """
    if not is_rewritten(context.store.get(PROGRESS)):
        return _unindexed(filters, context.store, limit, after)
    if not _looks_inside(filters):
        return _ordered(filters, context.store, limit, after)
    docs = _candidates(filters, context.store)
    if docs is None:
        return _through(filters, context.store, limit, after)
    return _page(list(filter(_wanted(filters), docs)), limit, after)


def _ordered(filters: Filters, store: Store, limit: int, after: str) -> Listing:
    """The page as the index has it, without what is there by mistake. A page of all that match is counted itself."""
    read = list(_in_order(filters, store, after, limit + 1))
    docs = list(filter(_wanted(filters), read[:limit]))
    if not after and len(read) <= limit:
        return _page(docs, limit, "")
    counts = _counts(filters, store)
    return Listing(docs, counts, sum(counts.values()), _more(read, limit))


def _unindexed(filters: Filters, store: Store, limit: int, after: str) -> Listing:
    """The open alerts by their states. Of more than MOST of a state these are any, and nobody counts them."""
    states = [state for state in STATES if filters.state in {None, state}]
    read = [list(store.query("alerts", where=[("state", "==", state)], limit=MOST)) for state in states]
    docs = list(chain.from_iterable(read))
    listing = _page(list(filter(_wanted(filters), docs)), limit, after)
    is_cut = any(len(part) == MOST for part in read)
    return replace(listing, counts=Counter(), total=None, looked_through=len(docs)) if is_cut else listing


def _looks_inside(filters: Filters) -> bool:
    return bool(filters.words or filters.source or filters.type or filters.labels)


def _page(docs: list[Doc], limit: int, after: str) -> Listing:
    """The page of *docs*, which are all that match."""
    docs.sort(key=_place, reverse=True)
    counts = Counter(urgency for doc in docs if (urgency := urgency_of(doc.data)))
    rows = [doc for doc in docs if not after or _place(doc) < (_last(after).data["urgency"], _last(after).path)]
    return Listing(rows[:limit], counts, len(docs), _more(rows, limit))


def _candidates(filters: Filters, store: Store) -> Iterator[Doc] | None:
    """Alerts with all that match among them, at most MOST; None if there is no such choice."""
    docs = _with_rarest(filters.needles, store)
    if docs is None and sum(_counts(filters, store).values()) <= MOST:
        return _in_order(filters, store, "", MOST)
    return docs or _with_rarest(filters.label_needles, store)


def _with_rarest(needles: Sequence[str], store: Store) -> Iterator[Doc] | None:
    """The open alerts that have the rarest of *needles*; None if they are too many, or if there are no needles."""
    where: list[list[Condition]] = [[("terms", "contains", term(word, OPEN))] for word in needles]
    counted = [(store.count("alerts", where=condition), number) for number, condition in enumerate(where)]
    fewest, rarest = min(counted, default=(MOST + 1, 0))
    return store.query("alerts", where=where[rarest]) if fewest <= MOST else None


def _through(filters: Filters, store: Store, limit: int, after: str) -> Listing:
    includes, rows, read, last = _wanted(filters), list[Doc](), 0, None
    for last in _in_order(filters, store, after, MOST):
        read += 1
        rows += [last] if includes(last) else []
        if len(rows) > limit:
            return Listing(rows[:limit], more=_cursor(rows[limit - 1]))
    is_cut = read >= MOST and last is not None
    return Listing(rows, more=_cursor(last) if is_cut and last else "", looked_through=read if is_cut else 0)


def _wanted(filters: Filters) -> Callable[[Doc], bool]:
    """Whether an alert matches. One that an earlier release resolved during a deploy may still have its place."""

    def includes(doc: Doc) -> bool:
        began = str(doc.data.get("first_seen") or "")
        return doc.data["state"] in STATES and filters.includes_alert(doc.data, began)

    return includes


def _urgencies(filters: Filters) -> Iterator[Urgency]:
    """Those to list, the most urgent first."""
    for urgency in URGENCIES:
        if filters.state in {None, urgency.state} and filters.severity in {None, urgency.severity}:
            yield urgency


def _range(urgency: Urgency, filters: Filters) -> list[Condition]:
    begin = urgency.begin
    return [("urgency", ">=", f"{begin}{filters.since or ''}"), ("urgency", "<", f"{begin}{filters.until or '~'}")]


def _counts(filters: Filters, store: Store) -> Counter[Urgency]:
    ranges = {urgency: _range(urgency, filters) for urgency in _urgencies(filters)}
    return Counter({urgency: store.count("alerts", where=where) for urgency, where in ranges.items()})


def _in_order(filters: Filters, store: Store, after: str, most: int) -> Iterator[Doc]:
    """The open alerts of a state, severity and day, the worst first: the next *most* after the page before."""
    last = _last(after) if after else None
    for urgency in _urgencies(filters):
        begin = urgency.begin
        if last is None or last.data["urgency"][: len(begin)] >= begin:
            for doc in islice(_in_range(_range(urgency, filters), store, last, most), most):
                most, last = most - 1, doc
                yield doc


def _in_range(where: Sequence[Condition], store: Store, last: Doc | None, most: int) -> Iterator[Doc]:
    """The alerts of a range, read a PAGE at a time, because some readers stop early."""
    while page := list(
        store.query(
            "alerts", where=where, order_by="urgency", descending=True, limit=min(most, PAGE),
            after=last if last and last.data["urgency"] < where[1][2] else None,
        )
    ):  # fmt: skip
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1]


def _place(doc: Doc) -> tuple[str, str]:
    """By what the alert is: an index that an upgrade has left behind has another place for it, or none."""
    return place(doc.data) or "", doc.path


def _more(rows: list[Doc], limit: int) -> str:
    return _cursor(rows[limit - 1]) if len(rows) > limit else ""


def _cursor(doc: Doc) -> str:
    return f"{doc.data.get('urgency') or place(doc.data)}/{doc.id}"


def _last(cursor: str) -> Doc:
    """The last alert of the page before, as far as its place says it."""
    urgency, _, id = cursor.rpartition("/")
    return Doc(f"alerts/{id}", {"urgency": urgency}, "")
