"""The states of an alert, and what each input makes of them: the whole machine in one table.

docs/architecture.md shows this table; a test keeps the two the same.
"""

from typing import Literal, NamedTuple, get_args

State = Literal["unknown", "firing", "acknowledged", "snoozed", "resolved"]
Input = Literal[
    "fires", "fires, more severe", "resolves", "arrives out of order", "is acknowledged", "is snoozed", "timer ends"
]
"""`arrives out of order`: the signal is older than what is known. `timer ends`: a hold, an acknowledgement or a snooze
has ended."""
Effect = Literal["notify", "count", "close", "wait", "record", "nothing"]
"""`notify`: the routes say how. `count`: one more repeat. `close`: the alert is resolved. `wait`: nothing notifies you
until the timer ends. `record`: only stored."""

STATES: tuple[State, ...] = get_args(State)
INPUTS: tuple[Input, ...] = get_args(Input)


class Transition(NamedTuple):
    to: State
    effect: Effect


TABLE: dict[State, dict[Input, Transition]] = {
    "unknown": {
        "fires": Transition("firing", "notify"),
        "fires, more severe": Transition("firing", "notify"),
        "resolves": Transition("resolved", "record"),
        "arrives out of order": Transition("unknown", "nothing"),
        "is acknowledged": Transition("unknown", "nothing"),
        "is snoozed": Transition("unknown", "nothing"),
        "timer ends": Transition("unknown", "nothing"),
    },
    "firing": {
        "fires": Transition("firing", "count"),
        "fires, more severe": Transition("firing", "notify"),
        "resolves": Transition("resolved", "close"),
        "arrives out of order": Transition("firing", "record"),
        "is acknowledged": Transition("acknowledged", "wait"),
        "is snoozed": Transition("snoozed", "wait"),
        "timer ends": Transition("firing", "notify"),
    },
    "acknowledged": {
        "fires": Transition("acknowledged", "count"),
        "fires, more severe": Transition("firing", "notify"),
        "resolves": Transition("resolved", "close"),
        "arrives out of order": Transition("acknowledged", "record"),
        "is acknowledged": Transition("acknowledged", "nothing"),
        "is snoozed": Transition("snoozed", "wait"),
        "timer ends": Transition("firing", "notify"),
    },
    "snoozed": {
        "fires": Transition("snoozed", "count"),
        "fires, more severe": Transition("firing", "notify"),
        "resolves": Transition("resolved", "close"),
        "arrives out of order": Transition("snoozed", "record"),
        "is acknowledged": Transition("acknowledged", "wait"),
        "is snoozed": Transition("snoozed", "wait"),
        "timer ends": Transition("firing", "notify"),
    },
    "resolved": {
        "fires": Transition("firing", "notify"),
        "fires, more severe": Transition("firing", "notify"),
        "resolves": Transition("resolved", "record"),
        "arrives out of order": Transition("resolved", "record"),
        "is acknowledged": Transition("resolved", "nothing"),
        "is snoozed": Transition("resolved", "nothing"),
        "timer ends": Transition("resolved", "nothing"),
    },
}
OPEN: frozenset[State] = frozenset({"firing", "acknowledged", "snoozed"})


def as_markdown() -> str:
    """The table as it stands in docs/architecture.md."""
    head = ["| | " + " | ".join(INPUTS) + " |", "|---" * (len(INPUTS) + 1) + "|"]
    return "\n".join([*head, *(f"| **{state}** | {_cells(state)} |" for state in STATES)])


def _cells(state: State) -> str:
    return " | ".join(f"{to}: {effect}" for to, effect in (TABLE[state][input] for input in INPUTS))
