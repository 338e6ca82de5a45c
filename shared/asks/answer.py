"""The answer to an ask. There is one: the operator, the deadline and the asker compete to create it."""

from collections.abc import Mapping
from typing import Any, Literal, TypedDict, cast

from shared.asks.ask import AskDoc
from shared.records.change import Actor

COLLECTION = "answers"
EXPIRED, WITHDRAWN = "expired", "withdrawn"
"""The answers that nobody chooses: the time to decide has ended, or there is nothing left to decide."""
State = Literal["open", "answered", "expired", "withdrawn"]


class AnswerDoc(TypedDict):
    """A document in `answers/`, with the id of its ask. `option` is the name of an option, EXPIRED or WITHDRAWN."""

    option: str
    by: Actor
    device: str
    """The browser or the program, in words; empty if it is not known."""
    at: str
    reason: str


def state(ask: AskDoc, answer: AnswerDoc | None, now: str) -> State:
    """The state of *ask* at *now*. No tick is needed for it to expire."""
    if answer:
        ends: Mapping[str, State] = {EXPIRED: "expired", WITHDRAWN: "withdrawn"}
        return ends.get(answer["option"], "answered")
    return "expired" if ask["decide_by"] and ask["decide_by"] <= now else "open"


def may_act(ask: AskDoc, answer: AnswerDoc | None, option: str, bound: str, now: str) -> bool:
    """Whether *option* of *ask* may be carried out on what *bound* is the hash of.

    Without the answer, with another one, for anything else than was asked about, or too late, it may not.
    """
    is_in_time = not ask["act_by"] or now < ask["act_by"]
    return answer is not None and answer["option"] == option and ask["bound"] == bound and is_in_time


def as_answer(data: Mapping[str, Any]) -> AnswerDoc:
    return cast("AnswerDoc", data)
