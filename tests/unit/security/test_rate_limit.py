"""How often the limiter admits a caller, with a clock that the test sets."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from shared.security import rate_limit as limiting
from shared.security.rate_limit import Limiter


@dataclass
class Seconds:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_minutes_worth_is_let_in_at_once_and_then_as_time_passes() -> None:
    seconds = Seconds()
    limiter = Limiter(6, seconds)
    assert [limiter.wait("a") for _ in range(8)] == [0] * 6 + [10, 10]
    seconds.now += 10
    assert [limiter.wait("a"), limiter.wait("a")] == [0, 10]
    seconds.now += 3600
    assert [limiter.wait("a") for _ in range(7)] == [0] * 6 + [10]


def test_each_caller_has_its_own_measure() -> None:
    limiter = Limiter(1, Seconds())
    assert [limiter.wait("a"), limiter.wait("b"), limiter.wait("a")] == [0, 0, 60]


def test_no_more_callers_are_remembered_than_memory_is_meant_for() -> None:
    limiter = Limiter(1, Seconds())
    for n in range(limiting.CALLERS + 5):
        limiter.wait(str(n))
    assert limiter.wait(str(limiting.CALLERS)) == 60
    assert limiter.wait("0") == 0


def test_who_comes_for_the_first_time_is_let_in_whatever_floating_point_makes_of_the_time() -> None:
    now = 1002.6711513482481
    assert now + 60 - now > 60
    assert Limiter(1, Seconds(now)).wait("a") == 0


@given(per_minute=st.integers(1, 600), waits=st.lists(st.floats(0, 20), max_size=200))
def test_in_no_minute_are_more_than_two_minutes_worth_let_in_and_who_waits_as_told_gets_in(
    per_minute: int, waits: list[float]
) -> None:
    seconds = Seconds()
    limiter, let_in = Limiter(per_minute, seconds), list[float]()
    for pause in waits:
        seconds.now += pause
        if (wait := limiter.wait("a")) == 0:
            let_in.append(seconds.now)
        else:
            assert 1 <= wait <= 61
    for moment in let_in:
        assert sum(moment <= later < moment + 60 for later in let_in) <= 2 * per_minute
    if wait := limiter.wait("a"):
        seconds.now += wait
        assert limiter.wait("a") == 0
