"""What a process remembers of its attempts to send messages."""

from datetime import UTC, datetime

from shared.errors import DeliveryError
from shared.ports import Doc, Receipt
from shared.services.outbox.outcome import not_sent, sent
from shared.services.outbox.sends import MOST, Sends

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_receipts_that_nobody_asks_for_leave_room_for_new_ones() -> None:
    sends, receipt = Sends(), sent(Receipt("accepted", NOW))
    for number in range(MOST + 5):
        sends.keep(f"outbox/{number}", receipt)
    assert len(sends.receipts) == MOST
    assert f"outbox/{MOST + 4}" in sends.receipts


def test_only_receipts_are_remembered() -> None:
    sends = Sends()
    sends.keep("outbox/a", not_sent(Doc("outbox/a", {"attempts": 1}, "1"), DeliveryError("timeout"), NOW))
    assert sends.receipts == {}
