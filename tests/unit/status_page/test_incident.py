"""A public incident from its opening to its end, and two changes of it at the same time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import AlreadyExists, Conflict, NotFound
from shared.ports import Doc
from shared.services.status_page.incidents import change, declare, listed
from shared.status_page.incident import (
    FOREVER,
    LONGEST,
    RECENT,
    IncidentDoc,
    as_incident,
    ended,
    opened,
    phase,
    planned,
    public_text,
    state_at,
    updated,
    withdrawn,
    writes,
)
from tests.support.fakes import FakeContext

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def incident() -> IncidentDoc:
    return opened("Checkout fails", "We look.", components=["checkout"], impact="down", now=NOW)


def window(begins: timedelta = HOUR, ends: timedelta = 2 * HOUR) -> IncidentDoc:
    times = {"starts_at": NOW + begins, "ends_at": NOW + ends}
    return planned("Moving", "Read-only.", components=["checkout"], now=NOW, **times)


def test_an_incident_is_open_from_its_first_update_until_it_is_resolved() -> None:
    assert (incident()["progress"], incident()["updates"], incident()["shown_until"]) == ("investigating", 1, FOREVER)
    assert state_at(incident(), NOW) == "down"
    resolved = ended(incident(), "Fixed.", now=NOW + HOUR)
    assert (resolved["progress"], state_at(resolved, NOW + HOUR)) == ("resolved", "operational")


@pytest.mark.parametrize("end", [lambda of: ended(of, "Fixed.", now=NOW), lambda of: withdrawn(of, now=NOW)])
def test_what_has_ended_takes_no_more_updates(end: Callable[[IncidentDoc], IncidentDoc]) -> None:
    with pytest.raises(ValueError, match="expected an open incident"):
        updated(end(incident()), "One more.", now=NOW)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (0, ("scheduled", "operational")),
        (60, ("scheduled", "maintenance")),
        (119, ("scheduled", "maintenance")),
        (120, ("completed", "operational")),
    ],
)
def test_a_window_begins_and_ends_by_the_clock(after: int, expected: tuple[str, str]) -> None:
    at = NOW + timedelta(minutes=after)
    assert (phase(window(), at), state_at(window(), at)) == expected


@pytest.mark.parametrize(("begins", "ends"), [(HOUR, HOUR), (2 * HOUR, HOUR), (-2 * HOUR, -HOUR)])
def test_a_window_ends_after_its_start_and_in_the_future(begins: timedelta, ends: timedelta) -> None:
    with pytest.raises(ValueError, match="expected an end in the future, after the start"):
        window(begins, ends)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "found none"), (" \n\u200b", "found none"), ("x" * (LONGEST + 1), "at most 2,000 characters, found 2,001")],
)
def test_a_text_that_nobody_can_read_is_refused(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        public_text(text)


@given(st.integers(1, 60))
def test_the_incident_holds_the_latest_updates_whatever_their_number(number: int) -> None:
    long = incident()
    for n in range(number):
        long = updated(long, f"Update {n}", now=NOW)
    numbers = [update["number"] for update in long["latest"]]
    assert long["updates"] == number + 1
    assert numbers == list(range(max(1, number + 2 - RECENT), number + 2))


@given(st.permutations([0, 0, 1, 1, 2, 2]), st.booleans())
def test_of_changes_at_the_same_time_each_is_kept_or_refused_and_numbers_have_no_gap(
    order: list[int],
    resolves: bool,  # noqa: FBT001
) -> None:
    """Three operators read, then commit, in any order; whoever commits on an older version conflicts."""
    context = FakeContext()
    id = declare(incident(), context, by="a")
    path, reads, refused = f"public_incidents/{id}", dict[int, Doc](), 0
    for operator in order:
        if operator not in reads:
            reads[operator] = context.store.docs[path]
            continue
        known = as_incident(reads[operator].data)
        try:
            becomes = ended(known, "Fixed.", now=NOW) if resolves and not operator else updated(known, "x", now=NOW)
            context.store.commit(writes(id, becomes, reads[operator], by="a"))
        except (Conflict, AlreadyExists, ValueError):
            refused += 1
    stored = context.store.docs[path].data
    kept = sorted(name.rpartition(".")[2] for name in context.store.docs if name.startswith("incident_updates/"))
    assert stored["updates"] == 4 - refused > 1
    assert kept == [f"{number:04}" for number in range(1, stored["updates"] + 1)]


def test_a_change_of_an_incident_that_does_not_exist_says_so() -> None:
    with pytest.raises(NotFound):
        change("0a1b", lambda known: known, FakeContext(), by="a")


def test_open_incidents_are_listed_before_those_that_ended() -> None:
    context = FakeContext()
    past = declare(incident(), context, by="a")
    change(past, lambda known: ended(known, "Fixed.", now=context.now), context, by="a")
    now = declare(incident(), context, by="a")
    assert [doc.id for doc in listed(context)] == [now, past]
