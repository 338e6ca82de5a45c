"""A search over everything that opos knows: by words, by filters, and by ids or the beginning of an id."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain, islice
from typing import Any, NamedTuple, Protocol

from shared.context import Context
from shared.errors import OposError
from shared.events import OWN_SOURCE, iso
from shared.ports import Condition, Doc
from shared.services.flags.context import FlagContext
from shared.services.records.context import RecordsContext
from shared.services.search.alerts import open_alerts
from shared.services.search.events import MOST, events, page
from shared.services.search.filters import Filters, parse
from shared.services.search.listing import Listing, Reader
from shared.services.search.records import kinds, records
from shared.services.search.walk import Walk
from shared.values.text import headline
from shared.values.words import words

SILENCED = timedelta(days=90)
"""How long ago a silence may have ended."""
RECENT = 200
"""How many of the latest messages, digests and silences are looked through: they have no terms."""
KEPT = timedelta(days=401)
"""How long closed alerts stay."""
_NO_WORD = 8
"""From this length on, what looks like an id is taken for one only: shorter ones may be words, such as `dead`."""
_ID = re.compile(r"[0-9a-f]{4,32}")
_BY_ID = ("alerts", "asks", "events", "outbox", "digests", "silences", "groups", "dead_letters")
KINDS: Mapping[str, str] = {
    "alerts": "alert", "asks": "ask", "events": "event", "outbox": "message", "digests": "digest",
    "silences": "silence", "groups": "group", "dead_letters": "dead letter", "flags": "flag",
    "heartbeats": "heartbeat", "sources": "source",
}  # fmt: skip
"""What the documents of a collection, and the entries of a section of the files, are called."""


class SearchContext(FlagContext, RecordsContext, Protocol):
    """What a search over everything reads."""


class Hit(NamedTuple):
    """Something that a search finds: its `kind` is one of KINDS or a kind of record, its `path` is `collection/id`.

    `at` is a stored time, or empty for what opos.yaml and flags.yaml define.
    """

    kind: str
    id: str
    title: str
    at: str
    path: str


class Results(NamedTuple):
    """What a search finds: first what your files define, then the newest. `is_whole`: it misses nothing."""

    hits: list[Hit]
    is_whole: bool


def search(text: str, context: SearchContext, limit: int = 30) -> Results:
    """What *text* finds: words, filters and ids. Raises BadQuery.

    The first 8 characters of an id find its document alone, of whatever kind; 4 find it before everything else.

    Messages, digests and silences are found among the latest RECENT of each.
    """
    named = by_id(text.strip().lower(), context)
    if named and len(text.strip()) >= _NO_WORD:
        return Results(named[:limit], len(named) <= limit)
    filters = parse(text, context)
    if not (filters.event_needles or filters.label_needles or _narrows(filters)):
        return Results(named, is_whole=True)
    lists = list(_listings(filters, context, limit))
    docs = chain(_records(text, filters, context, limit), *(listing.rows for listing in lists))
    stored = sorted(map(_hit, docs), key=lambda hit: hit.at, reverse=True)
    hits = list(dict.fromkeys([*named, *_defined(filters, context), *stored]))
    is_cut = any(listing.more or listing.looked_through for listing in lists)
    return Results(hits[:limit], len(hits) <= limit and not is_cut)


def _records(text: str, filters: Filters, context: SearchContext, limit: int) -> Iterator[Doc]:
    if filters == Filters(words=filters.words):
        yield from (record.doc for record in records(text.strip(), context, limit))


def by_id(prefix: str, context: SearchContext) -> list[Hit]:
    """The documents whose id begins with *prefix*, at most five of each kind; none if it is too short for an id."""
    if not _ID.fullmatch(prefix):
        return []
    collections = [*_BY_ID, *(kind.collection for kind in kinds(context))]
    docs = (doc for collection in collections for doc in _beginning(f"{collection}/{prefix}", context))
    return [_hit(doc) for doc in docs]


def _beginning(path: str, context: Context) -> Iterator[Doc]:
    named = context.store.get(path)
    following = context.store.query(path.partition("/")[0], after=Doc(path, {}, ""), limit=5)
    return chain([named] if named else [], (doc for doc in list(following) if doc.path.startswith(path)))


def _narrows(filters: Filters) -> bool:
    return bool(filters.type or filters.state or filters.severity or filters.outcome or filters.since)


def _listings(filters: Filters, context: Context, limit: int) -> Iterator[Listing]:
    if filters.of_events:
        yield events(filters, context, limit)
    if filters.of_alerts:
        yield open_alerts(filters, context, limit)
        yield _closed_alerts(filters, context, limit)
    if filters == Filters(words=filters.words):
        yield from (_recent(name, filters, context) for name in _RECENT)


def _closed_alerts(filters: Filters, context: Context, limit: int) -> Listing:
    """The latest that have resolved. Business events are left out: their events are found."""
    if filters.state not in {None, "resolved"}:
        return Listing([])
    now = context.now
    since, until = max(filters.since or "", iso(now - KEPT)), min(filters.until or "~", iso(now + timedelta(hours=1)))
    walk = Walk("alerts", [*filters.needles, *filters.label_needles], since, until, Reader(context.store, MOST))

    def includes(doc: Doc) -> bool:
        return doc.data["state"] == "resolved" and filters.includes_alert(doc.data, doc.data["last_seen"])

    return page(walk, includes, limit, "")


def _recent(collection: str, filters: Filters, context: Context) -> Listing:
    order, descending, texts = _RECENT[collection]
    since: list[Condition] = [] if descending else [(order, ">", iso(context.now - SILENCED))]
    docs = list(context.store.query(collection, where=since, order_by=order, descending=descending, limit=RECENT))
    rows = [doc for doc in docs if set(words(" ".join(texts(doc.data)))) >= set(filters.words)]
    return Listing(rows, looked_through=len(docs) if len(docs) == RECENT else 0)


def _message(data: Mapping[str, Any]) -> Iterator[str]:
    notice = data.get("notice") or {}
    yield from (str(notice.get("title", "")), str(notice.get("text", "")), str(data.get("channel", "")))


def _silence(data: Mapping[str, Any]) -> Iterator[str]:
    yield from (*map(str, data["matchers"]), str(data["author"]), str(data["comment"]))


_RECENT: Mapping[str, tuple[str, bool, Callable[[Mapping[str, Any]], Iterable[str]]]] = {
    "outbox": ("created_at", True, _message),
    "digests": ("created_at", True, _message),
    "silences": ("ends_at", False, _silence),
}
"""The index by which to read each, whether backwards, and its texts."""


def _defined(filters: Filters, context: FlagContext) -> Iterator[Hit]:
    """The sources, heartbeats and flags of the operator's files that have all words."""
    if filters != Filters(words=filters.words):
        return
    for section, entries in _sections(context):
        for name, text in entries.items():
            if set(words(f"{name} {text}")) >= set(filters.words):
                title = headline(f"{name}: {text}" if text else name)
                yield Hit(KINDS[section], name, title, "", f"{section}/{name}")


def _sections(context: FlagContext) -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "sources", {**dict.fromkeys(context.config.sources, ""), OWN_SOURCE: ""}
    yield "heartbeats", dict.fromkeys(context.config.heartbeats, "")
    yield "flags", _flags(context)


def _flags(context: FlagContext) -> Mapping[str, str]:
    """The flags with their descriptions; none if flags.yaml is not valid, which must not hide the rest."""
    try:
        definitions = context.flags.definitions
    except OposError:
        return {}
    return {name: str(definition.metadata.get("description", "")) for name, definition in definitions.items()}


def _hit(doc: Doc) -> Hit:
    collection, data = doc.path.partition("/")[0], doc.data
    notice = data.get("notice") or {}
    title = data.get("title") or data.get("subject") or notice.get("title") or data.get("type") or _other(data)
    times = ("received_at", "last_seen", "changed_at", "created_at", "made_at", "starts_at", "called_at", "due_at")
    at = next((str(data[name]) for name in times if data.get(name)), "")
    return Hit(KINDS.get(collection) or str(data["kind"]), doc.id, headline(title), at, doc.path)


def _other(data: Mapping[str, Any]) -> str:
    """A silence by its matchers, a dead letter by its subscription, a group by its labels."""
    matchers = ", ".join(map(str, islice(data.get("matchers") or (), 5)))
    labels = ", ".join(f"{name} {value}" for name, value in (data.get("labels") or {}).items())
    return matchers or str(data.get("subscription") or "") or labels
