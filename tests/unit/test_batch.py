"""When a batch is full, and who says so."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.digest.batch import Batching, announces


def of_size(size: int) -> Batching:
    return Batching("desk", size=size, window=timedelta(minutes=5), severity="info")


@given(st.integers(1, 100), st.lists(st.integers(1, 5), min_size=1, max_size=200))
def test_whoever_fills_a_batch_says_so(size: int, arrivals: list[int]) -> None:
    waiting = 0
    for joined in arrivals:
        before, waiting = waiting, waiting + joined
        if waiting // size > before // size:
            assert announces(joined, waiting, of_size(size))
        if waiting < size:
            assert not announces(joined, waiting, of_size(size))


def test_a_flood_announces_each_batch_and_not_each_item() -> None:
    told = sum(announces(1, waiting, of_size(100)) for waiting in range(1, 3001))
    assert told == 100 + 29
