"""The states of an alert, and what each happening makes of them: the whole machine in one table.

docs/architecture.md shows this table; a test keeps the two the same.
"""

from typing import Literal, NamedTuple, get_args

State = Literal["unknown", "firing", "acknowledged", "snoozed", "resolved"]
Happening = Literal[
    "fires", "fires louder", "resolves", "speaks late", "is acknowledged", "is snoozed", "its time comes"
]
"""`fires louder`: with a higher severity. `speaks late`: says what was so before what is known. `its time comes`: a
wait is over, or an acknowledgement or a snooze has ended."""
Effect = Literal["tell", "count", "close", "wait", "record", "nothing"]
"""`tell`: it wants attention, and the routes say which. `count`: one more of the same. `close`: it is over. `wait`:
nothing calls until its time comes. `record`: only written down."""

STATES: tuple[State, ...] = get_args(State)
HAPPENINGS: tuple[Happening, ...] = get_args(Happening)


class Transition(NamedTuple):
    to: State
    effect: Effect


TABLE: dict[State, dict[Happening, Transition]] = {
    "unknown": {
        "fires": Transition("firing", "tell"),
        "fires louder": Transition("firing", "tell"),
        "resolves": Transition("resolved", "record"),
        "speaks late": Transition("unknown", "nothing"),
        "is acknowledged": Transition("unknown", "nothing"),
        "is snoozed": Transition("unknown", "nothing"),
        "its time comes": Transition("unknown", "nothing"),
    },
    "firing": {
        "fires": Transition("firing", "count"),
        "fires louder": Transition("firing", "tell"),
        "resolves": Transition("resolved", "close"),
        "speaks late": Transition("firing", "record"),
        "is acknowledged": Transition("acknowledged", "wait"),
        "is snoozed": Transition("snoozed", "wait"),
        "its time comes": Transition("firing", "tell"),
    },
    "acknowledged": {
        "fires": Transition("acknowledged", "count"),
        "fires louder": Transition("firing", "tell"),
        "resolves": Transition("resolved", "close"),
        "speaks late": Transition("acknowledged", "record"),
        "is acknowledged": Transition("acknowledged", "nothing"),
        "is snoozed": Transition("snoozed", "wait"),
        "its time comes": Transition("firing", "tell"),
    },
    "snoozed": {
        "fires": Transition("snoozed", "count"),
        "fires louder": Transition("firing", "tell"),
        "resolves": Transition("resolved", "close"),
        "speaks late": Transition("snoozed", "record"),
        "is acknowledged": Transition("acknowledged", "wait"),
        "is snoozed": Transition("snoozed", "wait"),
        "its time comes": Transition("firing", "tell"),
    },
    "resolved": {
        "fires": Transition("firing", "tell"),
        "fires louder": Transition("firing", "tell"),
        "resolves": Transition("resolved", "record"),
        "speaks late": Transition("resolved", "record"),
        "is acknowledged": Transition("resolved", "nothing"),
        "is snoozed": Transition("resolved", "nothing"),
        "its time comes": Transition("resolved", "nothing"),
    },
}
OPEN: frozenset[State] = frozenset({"firing", "acknowledged", "snoozed"})


def as_markdown() -> str:
    """The table as it stands in docs/architecture.md."""
    head = ["| | " + " | ".join(HAPPENINGS) + " |", "|---" * (len(HAPPENINGS) + 1) + "|"]
    return "\n".join([*head, *(f"| **{state}** | {_cells(state)} |" for state in STATES)])


def _cells(state: State) -> str:
    return " | ".join(f"{TABLE[state][one].to}: {TABLE[state][one].effect}" for one in HAPPENINGS)
