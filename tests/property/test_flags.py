"""What is true for every flag and every user."""

from hypothesis import given
from hypothesis import strategies as st

from shared.flags.bucketing import bucket_of
from shared.flags.file import flag_set
from shared.flags.shorthand import WHOLE as WEIGHTS
from shared.flags.shorthand import Flag

users = st.text(min_size=1, max_size=30).filter(lambda text: text.encode("utf-8", "replace").decode() == text)
rollouts = st.floats(0.001, 99.999)


def is_on(user: str, rollout: float, key: str = "checkout") -> bool:
    flags = flag_set({key: Flag(enabled=True, rollout=rollout)})
    return bool(flags.evaluate(key, {"targetingKey": user}).value)


@given(user=users, low=rollouts, high=rollouts)
def test_a_user_enabled_at_a_small_rollout_stays_enabled_at_every_larger_one(
    user: str, low: float, high: float
) -> None:
    low, high = sorted((low, high))
    assert not is_on(user, low) or is_on(user, high)


@given(user=users, rollout=rollouts)
def test_one_user_always_gets_the_same_value(user: str, rollout: float) -> None:
    assert is_on(user, rollout) is is_on(user, rollout)


@given(user=users)
def test_a_rollout_of_0_is_off_and_of_100_is_on_for_everyone(user: str) -> None:
    assert not is_on(user, 0)
    assert is_on(user, 100)


def test_the_percentage_is_within_three_sigma_of_the_rollout() -> None:
    count, bucket_in = 1_000_000, bucket_of("checkout", WEIGHTS)
    buckets = [bucket_in(f"user-{n}") for n in range(count)]
    for share in (0.01, 0.25, 0.5):
        enabled = sum(bucket < share * WEIGHTS for bucket in buckets)
        sigma = (count * share * (1 - share)) ** 0.5
        assert abs(enabled - count * share) <= 3 * sigma


def test_two_flags_select_their_users_independently() -> None:
    first, second = bucket_of("a", WEIGHTS), bucket_of("b", WEIGHTS)
    both = sum(first(f"u{n}") < WEIGHTS / 2 and second(f"u{n}") < WEIGHTS / 2 for n in range(20_000))
    assert abs(both - 5000) <= 3 * (20_000 * 0.25 * 0.75) ** 0.5
