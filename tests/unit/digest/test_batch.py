"""Where a batch ends, and who says that it is full."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.digest.batch import MOST, Batch, Batching, Held, announces, first_batch
from shared.digest.queue_estimate import Tally

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(*minutes: float) -> list[datetime]:
    return [NOON + n * MINUTE for n in minutes]


def batching(size: int | None = 5, window: timedelta = 5 * MINUTE) -> Batching:
    return Batching("digest", "inbox", size, lambda first: first + window)


def never(_: datetime) -> None:
    return None


def quiet(begins: float, ends: float) -> Held:
    begin, end = at(begins, ends)
    return lambda moment: end if begin <= moment < end else None


def partition(since: list[datetime], how: Batching, held: Held = never) -> list[list[datetime]]:
    """All batches, in the end."""
    batches, left = [], since
    while left:
        batch = first_batch(left, how, held)
        batches.append(left[: batch.count])
        left = left[batch.count :]
    return batches


def test_the_fifth_item_closes_a_batch_and_the_sixth_opens_the_next() -> None:
    assert first_batch(at(0, 0, 0, 0, 0, 0), batching(), never) == Batch(5, NOON, "size")
    assert first_batch(at(0), batching(), never) == Batch(1, NOON + 5 * MINUTE, "window")


def test_the_window_starts_at_the_first_item_and_what_comes_at_its_end_opens_the_next() -> None:
    assert first_batch(at(0, 4.9, 5), batching(), never) == Batch(2, NOON + 5 * MINUTE, "window")


def test_a_fifth_item_after_the_window_does_not_fill_a_batch_that_is_over() -> None:
    for last in (5, 6):
        assert first_batch(at(0, 1, 2, 3, last), batching(), never) == Batch(4, NOON + 5 * MINUTE, "window")


def test_what_is_held_back_is_released_as_one_batch_however_many_it_is() -> None:
    since = at(*range(58))
    batch = first_batch(since, batching(), quiet(1, 60))
    assert batch == Batch(58, NOON + 60 * MINUTE, "release")
    assert not batch.is_due(NOON + 59 * MINUTE, quiet(1, 60))
    assert batch.is_due(NOON + 60 * MINUTE, quiet(1, 60))


def test_a_batch_that_was_closed_before_is_not_sent_into_the_quiet_either() -> None:
    batch = first_batch(at(0, 0, 0, 0, 0, 1), batching(), quiet(1, 60))
    assert (batch.count, batch.reason) == (5, "size")
    assert not batch.is_due(NOON + 2 * MINUTE, quiet(1, 60))


def test_a_batch_never_holds_more_than_one_commit_can_write() -> None:
    assert first_batch(at(*[0] * 999), batching(size=None), never).count == MOST < 500


SINCE = st.lists(st.integers(0, 3600), min_size=1, max_size=60).map(
    lambda seconds: [NOON + timedelta(seconds=n) for n in sorted(seconds)]
)


@given(SINCE, st.integers(1, 10) | st.none(), st.integers(1, 600))
def test_every_item_is_in_one_batch_that_is_not_too_big_and_lasts_no_longer_than_its_window(
    since: list[datetime], size: int | None, window: int
) -> None:
    how = batching(size, timedelta(seconds=window))
    batches = partition(since, how)
    assert [moment for batch in batches for moment in batch] == since
    assert all(len(batch) <= (size or MOST) for batch in batches)
    assert all(batch[-1] - batch[0] < timedelta(seconds=window) for batch in batches)
    for batch, following in pairwise(batches):
        assert len(batch) == size or following[0] >= batch[0] + timedelta(seconds=window)


@given(since=SINCE, size=st.integers(1, 10), looks=st.lists(st.integers(0, 7200), max_size=40), held=st.booleans())
def test_when_and_how_often_somebody_looks_changes_no_batch(
    since: list[datetime], size: int, looks: list[int], *, held: bool
) -> None:
    """At each look only what has come by then is known; whoever looks last finds everything."""
    how, objection = batching(size), quiet(20, 40) if held else never
    sent: list[list[datetime]] = []
    for look in [*sorted(looks), 10_000]:
        now = NOON + timedelta(seconds=look)
        left = [moment for moment in since if moment <= now][sum(map(len, sent)) :]
        while left and (batch := first_batch(left, how, objection)).is_due(now, objection):
            sent.append(left[: batch.count])
            left = left[batch.count :]
    assert sent == partition(since, how, objection)


@given(st.integers(1, 100), st.lists(st.integers(1, 5), min_size=1, max_size=200))
def test_whoever_fills_a_batch_says_so(size: int, arrivals: list[int]) -> None:
    waiting = 0
    for joined in arrivals:
        before, waiting = waiting, waiting + joined
        if waiting // size > before // size:
            assert announces(joined, waiting, size)
        if waiting < size:
            assert not announces(joined, waiting, size)


def test_a_flood_announces_each_batch_and_not_each_item() -> None:
    told = sum(announces(1, waiting, 100) for waiting in range(1, 3001))
    assert told == 100 + 29


@given(st.integers(1, 20), st.lists(st.integers(1, 3), min_size=1, max_size=100))
def test_a_process_that_queues_alone_counts_once_a_batch_and_misses_none(size: int, arrivals: list[int]) -> None:
    tally, waiting, counts = Tally(), 0, 0
    for joined in arrivals:
        waiting += joined
        new = tally.joined("digest", joined, size=size)
        if new is None:
            assert waiting < size
            continue
        counts += 1
        tally.counted("digest", waiting, size=size)
        if announces(new, waiting, size):
            waiting %= size
        assert waiting < size
    assert counts <= 1 + sum(arrivals) // size


@pytest.mark.parametrize("size", [1, 5])
def test_a_process_that_knows_nothing_counts_at_its_first_item(size: int) -> None:
    assert Tally().joined("digest", 1, size=size) == 1


def test_a_batch_whose_end_is_past_has_its_first_item_so_that_the_batches_come_to_an_end() -> None:
    backwards = batching(size=None, window=-60 * MINUTE)
    assert [len(batch) for batch in partition(at(0, 1, 2), backwards)] == [1, 1, 1]
