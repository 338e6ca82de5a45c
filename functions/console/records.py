"""The records of a kind: what is true about the company, the last changed first."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import RECORDS, record_path, records_path
from functions.console.rows import Row, at
from shared.errors import NotFound, OposError
from shared.records.kind import Field, Kind
from shared.records.text import choices, control, label, read, shown
from shared.services.records.listing import Listing, listed, search
from shared.services.records.record import Stored, by_key, kind_named, stored
from shared.values.http import HttpRequest
from shared.values.text import one_line

PAGE = 50
NEWEST = "changed_at"
_LONGEST = 200
_FACTS, _LONGEST_FACT = 3, 60


def show(request: HttpRequest, context: ConsoleContext, name: str = "") -> Page:
    kinds = context.kinds
    if not kinds:
        return Page("records.html", {"kinds": [], "kind": None}, RECORDS)
    kind = kind_named(name, context) if name else next(iter(kinds.values()))
    asked = _asked(request, kind)
    if asked.words and (record := by_key(kind, asked.words, context)):
        return Page("", {}, location=record_path(kind.name, record.id))
    listing, mistake = _answer(kind, asked, context)
    view = {
        "kind": kind, "kinds": [_chip(other, kind) for other in kinds.values()], "path": records_path(kind.name),
        "asked": asked, "mistake": mistake or asked.left_out,
        "shown_filters": [_filter(field, asked) for field in _filters(kind)],
        "sorts": [(NEWEST, "Last changed"), *((field.name, label(field.name)) for field in _sorts(kind))],
        "rows": [_row(record, context) for record in listing.records], "more": _more(asked, listing),
        "is_whole": listing.is_whole,
    }  # fmt: skip
    return Page("records.html", view, RECORDS)


class Asked(NamedTuple):
    """The question: words of titles, or values of fields in the order of the last change, or one order for all."""

    words: str
    where: Mapping[str, str]
    sort: str
    after: str
    """The id of the last record of the page before."""

    @property
    def left_out(self) -> str:
        """What the page does not do for this question, in words."""
        if self.words and self.where:
            return "Words are searched in all records: the other filters are left out."
        is_sorted = self.sort != NEWEST and bool(self.words or self.where)
        return "A filtered list is in the order of the last change." if is_sorted else ""

    @property
    def query(self) -> dict[str, str]:
        fields = {f"v.{name}": value for name, value in self.where.items()}
        return {"q": self.words, **fields, "sort": self.sort}


def _asked(request: HttpRequest, kind: Kind) -> Asked:
    texts = {name: one_line(value, _LONGEST) for name, value in request.query.items()}
    named = [field.name for field in _filters(kind)]
    where = {name: texts[f"v.{name}"] for name in named if texts.get(f"v.{name}")}
    return Asked(texts.get("q", ""), where, texts.get("sort") or NEWEST, texts.get("after", ""))


def _answer(kind: Kind, asked: Asked, context: ConsoleContext) -> tuple[Listing, str]:
    """The records asked for, and what is wrong with the question."""
    try:
        return _listing(kind, asked, context), ""
    except NotFound:
        raise
    except OposError as error:
        return Listing([], has_more=False), ". ".join(filter(None, [error.message, error.hint]))


def _listing(kind: Kind, asked: Asked, context: ConsoleContext) -> Listing:
    if asked.words:
        return search(kind, asked.words, context, limit=PAGE)
    where = [(name, _value(kind, kind.fields[name], text)) for name, text in asked.where.items()]
    last = stored(kind, asked.after, context) if asked.after.isalnum() else None
    order = NEWEST if where else asked.sort
    return listed(kind, context, where=where, order_by=order, descending=order == NEWEST, limit=PAGE, after=last)


def _value(kind: Kind, field: Field, text: str) -> Any:
    """What the filter *text* means; of a list, one of its entries. Raises InvalidValues."""
    return text if control(field) == "list" else kind.parsed({field.name: read(field, text)})[field.name]


def _filters(kind: Kind) -> list[Field]:
    return [field for field in kind.fields.values() if field.is_listed]


def _sorts(kind: Kind) -> list[Field]:
    return [field for field in _filters(kind) if not field.refers_to and control(field) != "list"]


def _chip(kind: Kind, here: Kind) -> Row:
    return {"words": label(kind.plural), "path": records_path(kind.name), "is_current": kind is here}


def _filter(field: Field, asked: Asked) -> Row:
    values = ["yes", "no"] if control(field) == "yes or no" else [str(value) for value in choices(field)]
    return {"name": field.name, "label": label(field.name), "values": values, "value": asked.where.get(field.name, "")}


def _more(asked: Asked, listing: Listing) -> str:
    """The query of the next page; empty if there is none."""
    if not listing.has_more or asked.words:
        return ""
    return urlencode({**{name: value for name, value in asked.query.items() if value}, "after": listing.records[-1].id})


def _row(record: Stored, context: ConsoleContext) -> Row:
    return {
        "path": record_path(record.kind.name, record.id), "title": record.title or record.id[:8],
        "more": ", ".join([*_facts(record), f"version {record.n}"]), "at": at(record.doc.data["changed_at"], context),
    }  # fmt: skip


def _facts(record: Stored) -> Iterator[str]:
    """The first values that the title does not say."""
    values = record.complete
    plain = [name for name, field in record.kind.fields.items() if not field.system and not field.refers_to]
    words = [one_line(shown(values[name]), _LONGEST_FACT) for name in plain if name in values]
    yield from [word for word in words if word and word not in record.title][:_FACTS]
