"""Records of deployments: what they say, and which one is gone back to."""

from typing import Any

import pytest

from opos.deploy.rollback import NothingBefore, as_of, before_current, origin
from shared.deployments import Deployment, from_doc, latest, to_doc, words
from shared.ports import Set
from tests.support.fakes import FakeStore

BEGAN = "2026-11-20T10:00:00.000000Z"


def deployed(number: int, **more: Any) -> Deployment:
    after = {"health": f"health-d{number}-abc", "sweeper": f"sweeper-d{number}-abc"}
    return Deployment(**{
        "number": number, "target": "staging", "phase": "done", "by": "ann", "began_at": BEGAN,
        "commit": "1234567890", "after": after, **more,
    })  # fmt: skip


def test_a_record_comes_back_as_it_was_written() -> None:
    one = deployed(3, failing=("store-slow",), before={"health": {"health-1": 100}}, figures={"steps": []})
    assert from_doc(to_doc(one)) == one


def test_a_record_of_a_later_version_is_read_for_what_is_known_of_it() -> None:
    assert from_doc({**to_doc(deployed(3)), "weather": "fine"}) == deployed(3)


def test_the_latest_come_first() -> None:
    store = FakeStore()
    for number, day in enumerate(("18", "19", "20"), start=9):
        one = deployed(number, began_at=f"2026-11-{day}T10:00:00.000000Z")
        store.commit([Set(one.path, to_doc(one))])
    assert [one.number for one in latest(store, 5)] == [11, 10, 9]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "Deployment 3 (1234567) by ann"),
        ({"dirty": True}, "Deployment 3 (1234567 with uncommitted changes) by ann"),
        ({"phase": "shift"}, "Deployment 3 (1234567) by ann, not finished"),
        ({"phase": "rolled_back", "reason": "smoke\nmore"}, "Deployment 3 (1234567) by ann, rolled back: smoke"),
        ({"phase": "left", "reason": "smoke"}, "Deployment 3 (1234567) by ann, failed and not rolled back: smoke"),
        ({"back_to": 1}, "Deployment 3 (rollback to 1) by ann"),
    ],
)
def test_a_line_says_what_was_deployed_and_how_it_ended(more: dict[str, Any], said: str) -> None:
    assert words(deployed(3, **more)) == said


@pytest.mark.parametrize(
    ("history", "back_to"),
    [
        ([deployed(2), deployed(1)], 1),
        ([deployed(3, phase="rolled_back"), deployed(2), deployed(1)], 1),
        ([deployed(3, back_to=1), deployed(2), deployed(1)], None),
        ([deployed(4, back_to=2), deployed(3), deployed(2), deployed(1)], 1),
        ([deployed(1)], None),
        ([], None),
        # 3 was gone back from: what ran before 5 is 2, as the rollback left it.
        ([deployed(5), deployed(4, back_to=2), deployed(3), deployed(2), deployed(1)], 2),
    ],
)
def test_without_a_number_it_goes_back_to_what_ran_before_the_present_one(
    history: list[Deployment], back_to: int | None
) -> None:
    if back_to is None:
        with pytest.raises(NothingBefore):
            before_current(history)
    else:
        assert origin(before_current(history)) == back_to


def test_each_function_goes_back_to_the_revision_that_it_had_then() -> None:
    only_health = deployed(3, after={"health": "health-d3-abc"})
    history = [deployed(4), only_health, deployed(2, phase="rolled_back"), deployed(1)]
    assert as_of(history, 3) == {"health": "health-d3-abc", "sweeper": "sweeper-d1-abc"}


def test_what_was_rolled_back_from_does_not_come_back() -> None:
    rolled_back = deployed(3, back_to=1, after=deployed(1).after)
    only_health = deployed(4, after={"health": "health-d4-abc"})
    history = [deployed(5), only_health, rolled_back, deployed(2), deployed(1)]
    assert as_of(history, before_current(history).number) == {"health": "health-d4-abc", "sweeper": "sweeper-d1-abc"}
