"""One receiver that hangs holds a bounded part of the workers, and no other receiver waits for it."""

import threading
from collections.abc import Iterator

import pytest

from shared.process.shares import Claim, Shares

LONG = 30.0


class Hanging:
    """Work that hangs until the test ends it."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def __call__(self) -> str:
        assert self.released.wait(LONG)
        return "accepted"


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    work = Hanging()
    yield work
    work.released.set()


def impatient(deadline: float = 0.0, soon: float = 0.0, most: int = 4, patient: int = 4) -> Shares:
    return Shares(deadline, soon, most=most, patient=threading.Semaphore(patient))


def claimed(shares: Shares, receiver: str, key: str) -> Claim[str]:
    claim: Claim[str] | None = shares.claim(receiver, key)
    assert claim is not None
    return claim


def started(shares: Shares, receiver: str, key: str, work: Hanging) -> Claim[str]:
    claim = claimed(shares, receiver, key)
    claim.start(work)
    return claim


def given_up(claim: Claim[str]) -> bool:
    with pytest.raises(TimeoutError):
        claim.result()
    return claim.given_up


def test_a_receiver_that_hangs_gets_no_more_than_its_share_and_others_get_theirs(hanging: Hanging) -> None:
    shares = impatient(most=2)
    assert all(given_up(started(shares, "phone", key, hanging)) for key in ("a", "b"))
    assert shares.claim("phone", "c") is None
    claimed(shares, "desk", "c").drop()


def test_a_share_that_was_used_up_is_there_again_when_a_call_has_ended(hanging: Hanging) -> None:
    shares = impatient(most=1)
    claim = started(shares, "phone", "a", hanging)
    assert shares.claim("phone", "b") is None
    hanging.released.set()
    shares.soon = LONG
    claimed(shares, "phone", "b").drop()
    assert claim.result() == "accepted"


def test_no_two_calls_for_one_message_are_in_flight(hanging: Hanging) -> None:
    shares = impatient()
    claim = started(shares, "phone", "a", hanging)
    assert given_up(claim)
    assert shares.claim("phone", "a") is None
    assert shares.claim("desk", "a") is None
    hanging.released.set()
    shares.soon = LONG
    assert claim.result() == "accepted"
    claimed(shares, "phone", "a").drop()


def test_a_claim_that_is_dropped_leaves_nothing_behind() -> None:
    shares = impatient(most=1)
    claimed(shares, "phone", "a").drop()
    claimed(shares, "phone", "a").drop()


def test_whoever_waits_for_a_receiver_that_missed_a_deadline_does_not_wait_long(hanging: Hanging) -> None:
    shares = impatient()
    assert given_up(started(shares, "phone", "a", hanging))
    shares.deadline = LONG
    assert given_up(started(shares, "phone", "b", hanging))


def test_only_some_callers_may_wait_long_at_the_same_time(hanging: Hanging) -> None:
    """So the workers of a bundle are not all held, however many receivers hang."""
    assert given_up(started(impatient(deadline=LONG, patient=0), "phone", "a", hanging))


def test_a_call_is_cut_when_its_life_is_over(hanging: Hanging) -> None:
    shares = impatient()
    claim = started(shares, "phone", "a", hanging)
    assert shares.claim("phone", "a") is None
    assert not claim.was_cut
    shares.life = 0.0
    assert shares.claim("phone", "a") is None
    assert claim.was_cut
