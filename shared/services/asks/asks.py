"""Asks as they are stored: opened once, listed while they are open, and counted."""

from collections.abc import Iterator
from typing import NamedTuple

from shared.asks.answer import COLLECTION as ANSWERS
from shared.asks.answer import AnswerDoc, State, as_answer, state
from shared.asks.ask import COLLECTION as ASKS
from shared.asks.ask import AskDoc, as_ask, open_after
from shared.context import Context
from shared.errors import AlreadyExists, NotFound
from shared.events import iso
from shared.ports import Condition, Create, Doc

MOST_ABOUT = 50
"""How many open asks about one thing are read."""


class Stored(NamedTuple):
    """An ask, its answer if it has one, and its state now."""

    doc: Doc
    answer: AnswerDoc | None
    state: State

    @property
    def id(self) -> str:
        return self.doc.id

    @property
    def ask(self) -> AskDoc:
        return as_ask(self.doc.data)


class NoSuchAsk(NotFound):
    code = "no_such_ask"


def opening(id: str, ask: AskDoc) -> Create:
    """The write that opens *ask*. It fails with AlreadyExists if somebody has asked the same."""
    return Create(f"{ASKS}/{id}", ask)


def open_ask(id: str, ask: AskDoc, context: Context) -> bool:
    """Open *ask*, and say whether it is new. What was asked before stays as it is, answered or not."""
    try:
        context.store.commit([opening(id, ask)])
    except AlreadyExists:
        return False
    return True


def stored(id: str, context: Context) -> Stored:
    """The ask *id*. Raises NoSuchAsk."""
    doc = context.store.get(f"{ASKS}/{id}")
    if doc is None:
        raise NoSuchAsk(f"expected the id of an ask, found none with {id}", hint="`opos asks` lists the open ones.")
    return with_answer(doc, context)


def with_answer(doc: Doc, context: Context) -> Stored:
    answer = context.store.get(f"{ANSWERS}/{doc.id}")
    said = as_answer(answer.data) if answer else None
    return Stored(doc, said, state(as_ask(doc.data), said, iso(context.now)))


def open_asks(context: Context, limit: int, after: Doc | None = None) -> list[Doc]:
    """The open asks, those with the nearest deadline first, then the oldest."""
    return list(context.store.query(ASKS, where=_open(context), order_by="place", limit=limit, after=after))


def count_open(context: Context) -> int:
    return context.store.count(ASKS, where=_open(context))


def open_about(about: str, context: Context) -> Iterator[Doc]:
    """The asks about a thing that have no answer yet."""
    return context.store.query(ASKS, where=[("open_about", "==", about)], limit=MOST_ABOUT)


def _open(context: Context) -> list[Condition]:
    return [("place", ">", open_after(iso(context.now)))]
