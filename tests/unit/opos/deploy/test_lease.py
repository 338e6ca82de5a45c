"""One deploy at a time."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from opos.deploy.lease import LENGTH, PATH, Held, Lease, Lost, leased
from tests.support.fakes import FakeClock, FakeStore


def lease(store: FakeStore, clock: FakeClock, holder: str) -> Lease:
    return Lease(holder, f"{holder}@example.com", store, clock)


def pause(clock: FakeClock) -> Callable[[float], None]:
    return lambda seconds: clock.advance(seconds=seconds)


def test_the_second_is_refused_and_told_who_deploys() -> None:
    store, clock = FakeStore(), FakeClock()
    lease(store, clock, "ann").take()
    with pytest.raises(Held, match=r"ann@example\.com is deploying"):
        lease(store, clock, "bob").take()


def test_who_died_is_followed_once_the_lease_has_ended_and_has_lost_it_then() -> None:
    store, clock = FakeStore(), FakeClock()
    ann, bob = lease(store, clock, "ann"), lease(store, clock, "bob")
    ann.take()
    pause(clock)(LENGTH.total_seconds() + 1)
    bob.take()
    ann.renew()
    with pytest.raises(Lost):
        ann.check()
    bob.check()
    ann.give_back()
    assert store.docs[PATH].data["holder"] == "bob"


def test_a_renewed_lease_goes_on() -> None:
    store, clock = FakeStore(), FakeClock()
    ann = lease(store, clock, "ann")
    ann.take()
    for _ in range(5):
        pause(clock)(LENGTH.total_seconds() - 1)
        ann.renew()
    ann.check()
    with pytest.raises(Held):
        lease(store, clock, "bob").take()


def test_a_lease_that_is_given_back_is_free_at_once() -> None:
    store, clock = FakeStore(), FakeClock()
    with leased(lease(store, clock, "ann"), wait=False, sleep=pause(clock), say=print):
        assert store.docs[PATH].data["holder"] == "ann"
    lease(store, clock, "bob").take()


def test_one_that_nobody_renews_any_more_is_waited_for() -> None:
    store, clock = FakeStore(), FakeClock()
    lease(store, clock, "ann").take()
    began = clock.now()
    with leased(lease(store, clock, "bob"), wait=False, sleep=pause(clock), say=print):
        assert began + LENGTH <= clock.now() <= began + LENGTH + timedelta(seconds=10)


@pytest.mark.parametrize("wait", [True, False])
def test_one_that_is_renewed_is_waited_for_only_when_asked_to(*, wait: bool) -> None:
    store, clock = FakeStore(), FakeClock()
    ann, said = lease(store, clock, "ann"), list[str]()
    ann.take()
    until = clock.now() + timedelta(minutes=5)

    def sleep(seconds: float) -> None:
        pause(clock)(seconds)
        if clock.now() < until:
            ann.renew()

    def deploy() -> None:
        with leased(lease(store, clock, "bob"), wait=wait, sleep=sleep, say=said.append):
            assert clock.now() >= until

    if wait:
        deploy()
        assert said
        assert all("ann@example.com" in line for line in said)
    else:
        with pytest.raises(Held):
            deploy()
        assert clock.now() < until


def test_a_store_that_does_not_answer_for_a_moment_costs_no_lease() -> None:
    store, clock = FakeStore(), FakeClock()
    ann = lease(store, clock, "ann")
    ann.take()
    store.down = True
    ann.renew()
    store.down = False
    ann.renew()
    ann.check()
