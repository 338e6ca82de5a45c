"""What undoes a change, where the kind has changed since."""

import pytest

from shared.records.body import Body, Clock, empty, with_values
from shared.records.change import Actor, Cause, ChangeDoc, change_doc
from shared.records.history import BLANK
from shared.records.undo import NothingToUndo, undo
from tests.support.kinds import CUSTOMER

ME = Cause(Actor(kind="person", name="me@example.com"))


def changes(*bodies: Body) -> list[ChangeDoc]:
    return [
        change_doc("customer", "r", n, before, after, ME, at=f"2026-11-28T12:00:0{n}.000000Z", trace="")
        for n, (before, after) in enumerate(zip((BLANK, *bodies), bodies, strict=False), 1)
    ]


def body(schema: int, **values: object) -> Body:
    return with_values(empty(schema), values, Clock(at="2026-11-28T12:00:00.000000Z", by="r.1", system="opos"))


def test_an_undo_of_a_change_that_also_brought_the_record_up_to_date_undoes_the_change_alone() -> None:
    history = changes(body(1, label="Ada"), body(3, name="Ada", plan="pro"))
    assert undo(history, 2, CUSTOMER.current).values == {"plan": "free"}


def test_a_change_that_only_brought_the_record_up_to_date_has_nothing_to_undo() -> None:
    history = changes(body(1, label="Ada"), body(3, name="Ada", plan="free"))
    with pytest.raises(NothingToUndo):
        undo(history, 2, CUSTOMER.current)
