"""Asks in tests: one of no kind that does anything, and what feeds propose for a record."""

from typing import Any

from shared.asks.ask import AskDoc, Option, ask_id, digest, place
from shared.context import Context
from shared.events import iso
from shared.ports import Doc
from shared.records.change import Actor
from shared.records.observation import Observation
from shared.services.asks.asks import open_asks
from shared.services.records.edits import create
from shared.services.records.observations import observe
from tests.support.fakes import FakeContext
from tests.support.kinds import CUSTOMER, OWNERS
from tests.support.records import ME

ME_ACTOR = ME.actor
RUN = Actor(kind="run", name="3068")
CONTENT = {"refund": 12900}


def question(context: Context, **changes: Any) -> tuple[str, AskDoc]:
    """The id and the document of an approval that a run asks for."""
    now = iso(context.now)
    options = [
        Option(name="approve", words="Refund", effect="It is refunded."),
        Option(name="deny", words="Deny", effect=""),
    ]
    ask = AskDoc(
        kind="approval", about="run/3068", title="Refund 129.00 EUR?", why="Charged twice.", otherwise="Nothing.",
        options=options, bound=digest(CONTENT), base="", content=dict(CONTENT), asker=RUN, cause="e1", chain=["e1"],
        trace=context.trace, created_at=now, decide_by=None, act_by=None, reminders=[], place=place(None, now),
        open_about="run/3068", topic=None,
    )  # fmt: skip
    asked: Any = {**ask, **changes}
    return ask_id("approval", asked["about"], asked["bound"]), {**asked, "place": place(asked["decide_by"], now)}


def second(number: int) -> str:
    return f"2026-11-20T08:00:{number:02}.000000Z"


def said(system: str, at: int, event: str = "", /, **values: Any) -> Observation:
    """What *system* says of its object at the second *at* of an hour before the test."""
    return Observation("customer", system, f"{system}_1", second(at), event or f"event-{system}-{at}", values)


def customer(context: FakeContext) -> str:
    """The id of a record that Stripe owns in part, and Shopify feeds, too."""
    first = said("stripe", 0, name="Ada", email="ada@x.io")
    record = observe(first, OWNERS, context).record
    assert observe(said("shopify", 0, email="ada@x.io"), OWNERS, context).record == record
    return record


def own(context: FakeContext) -> str:
    """The id of a record that belongs to nobody else."""
    return create(CUSTOMER, {"name": "Grace"}, ME, context).record


def opened(context: FakeContext) -> list[Doc]:
    return open_asks(context, 50)


def proposed(context: FakeContext) -> dict[tuple[str, str], Any]:
    """What the open asks propose, by writer and field."""
    return {
        (doc.data["content"]["writer"], field): value["value"]
        for doc in opened(context)
        for field, value in doc.data["content"]["fields"].items()
    }
