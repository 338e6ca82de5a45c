"""Receivers that answer slowly hold neither the bundle nor a message, and get no message twice.

The deadlines are scaled down; `python -m tests.torture.slow_receivers` measures with those of production.
"""

import threading
import time
from collections.abc import Callable

import pytest

from shared.adapters.channels.apprise import AppriseService
from shared.process.shares import Shares
from shared.services.outbox.sends import Sends
from tests.support.bundle import Bundle
from tests.support.slow_receivers import ENDLESS, OK, Dripping, Slow, SlowMail, serving
from tests.torture.slow_receivers import Attack

LONG = 30.0
"""Seconds that a test waits at most for what has to happen."""


def eventually(happened: Callable[[], bool]) -> bool:
    began = time.monotonic()
    while time.monotonic() - began < LONG:
        if happened():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def attack(embedded: Bundle) -> Attack:
    embedded.runtime.__dict__["sends"] = Sends(Shares(deadline=0.3, soon=0.1))
    return Attack(embedded)


def test_a_critical_for_a_healthy_channel_does_not_wait_for_eight_receivers_that_drip(attack: Attack) -> None:
    """Each byte comes in time for every time-out of a socket, and there are as many receivers as workers."""
    for number in range(8):
        attack.add(f"phone{number}", Dripping(0.05, answer=ENDLESS))
    attack.bundle.pump.start()
    with serving(*attack.receivers.values()):
        attack.begin()
        assert eventually(lambda: all(phone.accepted == 1 for phone in attack.receivers.values()))
        assert attack.seconds_to_page("healthy", patience=LONG) is not None
    attack.bundle.pump.stop()


@pytest.mark.parametrize("receiver", [Dripping(0.8 / len(OK)), SlowMail(0.12)], ids=["drip", "mail"])
def test_a_message_whose_receipt_comes_after_the_deadline_is_sent_once_and_keeps_it(
    attack: Attack, receiver: Slow
) -> None:
    attack.add("slow", receiver)
    with serving(receiver):
        attack.begin()
        attack.bundle.settle()
        assert attack.state("slow") == "pending"
        for _ in range(3):
            attack.bundle.tick(minutes=1)
        assert eventually(lambda: attack.state("slow") == "sent")
        attack.bundle.tick(minutes=1)
    assert receiver.accepted == 1


@pytest.mark.slow
def test_a_receiver_that_never_ends_its_answer_is_cut_and_tried_again(attack: Attack) -> None:
    """Also in Apprise, whose libraries open connections of their own."""
    attack.add("slow", receiver := Dripping(0.02, answer=ENDLESS))
    runtime = attack.bundle.runtime
    runtime.channels["slow"] = AppriseService(f"json://{receiver.address}/alerts", attack.bundle.clock)
    shares = Shares(deadline=LONG, soon=0.1, life=LONG, patient=threading.Semaphore(0))
    runtime.__dict__["sends"] = Sends(shares)
    with serving(receiver):
        attack.begin()
        attack.bundle.settle()
        assert eventually(lambda: receiver.accepted == 1)
        attack.bundle.tick(minutes=1)
        assert receiver.accepted == 1
        shares.life = 0.0
        assert shares.claim("slow", "cuts the call") is not None
        shares.life = LONG
        assert eventually(lambda: shares.claim("slow", attack.path("slow")) is not None)
