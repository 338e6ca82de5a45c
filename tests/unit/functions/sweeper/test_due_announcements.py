"""A change of a record that was not announced is announced by a sweep, and no other."""

from functions.sweeper.handler import sweep
from shared.errors import Unavailable
from shared.events import Message, RecordChanged, Tick
from shared.services.records.changes import changes_of
from shared.services.records.edits import create
from tests.support.company import KINDS
from tests.support.fakes import FakeBus, FakeContext
from tests.support.fed import fed
from tests.support.records import ME


class Refusing(FakeBus):
    """Takes every message but a change of a record."""

    def publish(self, message: Message, *, later: bool = False) -> str:
        if isinstance(message, RecordChanged):
            raise Unavailable("refused")
        return super().publish(message, later=later)


def announced(context: FakeContext) -> list[str]:
    return [message.id for message in context.bus.published if isinstance(message, RecordChanged)]


def test_a_sweep_announces_what_the_bus_did_not_take_and_only_once() -> None:
    context = fed()
    context.bus.down = True
    record = create(KINDS["customer"], {"name": "Ada"}, ME, context).record
    context.bus.down = False
    context.clock.advance(seconds=30)
    sweep(Tick(), context)
    assert announced(context) == []  # the writer may still be at it
    for _ in range(2):
        context.clock.advance(minutes=1)
        sweep(Tick(), context)
    assert announced(context) == [f"{record}.00000001"]
    (change,) = changes_of(record, context)
    assert change["due_at"] is None
    (message,) = [message for message in context.bus.published if isinstance(message, RecordChanged)]
    assert message.type == "opos.record.customer.changed"


def test_a_change_that_cannot_be_announced_stays_due() -> None:
    context = fed()
    context.bus.down = True
    record = create(KINDS["customer"], {"name": "Ada"}, ME, context).record
    context.clock.advance(minutes=2)
    context.bus = Refusing()
    sweep(Tick(), context)
    assert changes_of(record, context)[0]["due_at"] is not None
    context.bus = FakeBus()
    sweep(Tick(), context)
    assert announced(context) == [f"{record}.00000001"]
