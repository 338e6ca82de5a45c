"""What holds for every flag and every user."""

from hypothesis import given
from hypothesis import strategies as st

from shared.flags.bucketing import bucket_of
from shared.flags.file import flag_set
from shared.flags.shorthand import WHOLE as WEIGHTS
from shared.flags.shorthand import Flag

users = st.text(min_size=1, max_size=30).filter(lambda text: text.encode("utf-8", "replace").decode() == text)
shares = st.floats(0.001, 99.999)


def is_in(user: str, rollout: float, key: str = "checkout") -> bool:
    flags = flag_set({key: Flag(enabled=True, rollout=rollout)})
    return bool(flags.evaluate(key, {"targetingKey": user}).value)


@given(user=users, low=shares, high=shares)
def test_who_is_in_at_a_small_share_is_in_at_every_larger_one(user: str, low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert not is_in(user, low) or is_in(user, high)


@given(user=users, share=shares)
def test_the_same_user_always_gets_the_same_answer(user: str, share: float) -> None:
    assert is_in(user, share) is is_in(user, share)


@given(user=users)
def test_nobody_is_in_at_none_and_everybody_at_all(user: str) -> None:
    assert not is_in(user, 0)
    assert is_in(user, 100)


def test_the_share_is_within_three_sigma_of_what_was_asked_for() -> None:
    count, place = 1_000_000, bucket_of("checkout", WEIGHTS)
    places = [place(f"user-{n}") for n in range(count)]
    for share in (0.01, 0.25, 0.5):
        found = sum(one < share * WEIGHTS for one in places)
        sigma = (count * share * (1 - share)) ** 0.5
        assert abs(found - count * share) <= 3 * sigma


def test_two_flags_choose_their_users_independently() -> None:
    one, other = bucket_of("a", WEIGHTS), bucket_of("b", WEIGHTS)
    both = sum(one(f"u{n}") < WEIGHTS / 2 and other(f"u{n}") < WEIGHTS / 2 for n in range(20_000))
    assert abs(both - 5000) <= 3 * (20_000 * 0.25 * 0.75) ** 0.5
