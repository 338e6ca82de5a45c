"""An ask: a question that waits for the operator, and binds what an answer to it would do.

Only its answer changes an ask: it takes it out of the index of open ones, so `place` and `open_about` are None from
then on. A kind of ask may also note something in `content`, as long as what an answer is bound to stays the same.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from shared.events import document_id
from shared.records.change import Actor

COLLECTION = "asks"
_NEVER = "9999"
"""After every time: the deadline of an ask that has none."""


class Option(TypedDict):
    """A way to answer. `words` are those of its button, a verb and its object; `effect` says what it does."""

    name: str
    words: str
    effect: str


class AskDoc(TypedDict):
    """A document in `asks/`. Times are ISO 8601 in UTC."""

    kind: str
    """What kind of question it is, such as `record proposal`."""
    about: str
    """What it is about: a kind of thing and its id, such as `customer/9c1d`."""
    title: str
    """The question, on one line."""
    why: str
    """What the operator has to know to answer, in sentences."""
    otherwise: str
    """What happens if nobody answers."""
    options: list[Option]
    bound: str
    """The hash of what an answer is given to. An answer to anything else is refused."""
    base: str
    """The hash of what was observed when it was asked."""
    content: dict[str, Any]
    """What the kind of the ask needs to show it and to carry out its answer."""
    asker: Actor
    cause: str
    """The id of the event, run or answer that led to it; empty if a person did it directly."""
    chain: list[str]
    trace: str
    created_at: str
    decide_by: str | None
    """Until when it can be answered; None means that it waits."""
    act_by: str | None
    """Until when an answer may be carried out; None means at any time."""
    reminders: list[str]
    """When the operator is reminded."""
    place: str | None
    """By which the open asks are read in order: those with the nearest deadline first, then the oldest."""
    open_about: str | None
    """`about` while it is open."""
    topic: str | None
    """What numbers the asks of one asker about one thing, of which only the last is open."""


CLOSED: Mapping[str, Any] = {"place": None, "open_about": None}
"""What an answer writes into its ask."""


def ask_id(kind: str, *key: str) -> str:
    """The id of an ask. Whoever asks for the same *key* at the same time opens one ask."""
    return document_id("ask", kind, *key)


def digest(content: Any) -> str:
    """The hash of *content*, which is data as JSON has it: for `bound` and `base`."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def place(decide_by: str | None, created_at: str) -> str:
    return f"{decide_by or _NEVER} {created_at}"


def open_after(now: str) -> str:
    """What the places of the asks that are open at *now* come after."""
    return f"{now} ~"


def called(actor: Actor, owner: str = "") -> str:
    """*actor* in words: the *owner* as you, another person or a source by name, a run or an agent with its kind."""
    if owner and actor["name"] == owner:
        return "you"
    return actor["name"] if actor["kind"] in {"person", "source"} else f"{actor['kind']} {actor['name']}"


def as_ask(data: Mapping[str, Any]) -> AskDoc:
    return cast("AskDoc", data)
