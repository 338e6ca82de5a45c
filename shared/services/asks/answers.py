"""Answering an ask. Whoever creates the answer first wins; everybody else is told who was quicker."""

from collections.abc import Sequence

from shared.asks.answer import COLLECTION, EXPIRED, WITHDRAWN, AnswerDoc
from shared.asks.ask import CLOSED
from shared.context import Context
from shared.errors import AlreadyExists, Conflict, OposError
from shared.events import OWN_SOURCE, iso
from shared.ports import Create, Doc, Update, Write
from shared.records.change import Actor
from shared.services.asks.asks import Stored, stored

TRIES = 5
OPOS = Actor(kind="source", name=OWN_SOURCE)


class AlreadyAnswered(OposError):
    """Somebody was quicker: `answer` is theirs."""

    code = "already_answered"
    http_status = 409

    def __init__(self, answer: AnswerDoc) -> None:
        super().__init__(f"This ask {said_of(answer)}", hint="Nothing was changed.")
        self.answer = answer


class Expired(OposError):
    """The time to decide has ended."""

    code = "ask_expired"
    http_status = 409


class Outdated(OposError):
    """The ask is about something else than the operator, or whoever acts, has seen."""

    code = "ask_outdated"
    http_status = 409


class NoSuchOption(OposError):
    code = "no_such_option"
    http_status = 400


def said_of(answer: AnswerDoc) -> str:
    """What became of an ask: `was answered apply by me@example.com at 2026-11-28T12:00:00.000000Z: I know it`."""
    ends = {WITHDRAWN: "was withdrawn", EXPIRED: "expired"}
    what = ends.get(answer["option"], f"was answered {answer['option']}")
    why = f": {answer['reason']}" if answer["reason"] else ""
    return f"{what} by {answer['by']['name']} at {answer['at']}{why}"


def answering(doc: Doc, answer: AnswerDoc) -> list[Write]:
    """The writes that answer the ask *doc*. They fail if it has an answer, or was written since it was read."""
    return [Create(f"{COLLECTION}/{doc.id}", answer), Update(doc.path, CLOSED, doc.version)]


def answer_of(option: str, by: Actor, context: Context, *, device: str = "", reason: str = "") -> AnswerDoc:
    return AnswerDoc(option=option, by=by, device=device, at=iso(context.now), reason=reason)


def require_answerable(ask: Stored, option: str, bound: str = "") -> None:
    """Raises AlreadyAnswered, Expired, NoSuchOption, or Outdated if it does not have *bound*, which was seen."""
    if ask.answer:
        raise AlreadyAnswered(ask.answer)
    if ask.state == "expired":
        raise Expired(f"This ask expired at {ask.ask['decide_by']}", hint=ask.ask["otherwise"])
    names = [known["name"] for known in ask.ask["options"]]
    if option not in names:
        raise NoSuchOption(f"expected an option of the ask ({', '.join(names)}), found {option}")
    if bound and bound != ask.ask["bound"]:
        raise Outdated("This ask has changed since you read it", hint="Nothing was changed.")


def answer(
    id: str, option: str, by: Actor, context: Context, *, device: str = "", reason: str = "", bound: str = ""
) -> AnswerDoc:
    """Answer the ask *id* with *option*. *bound* is the hash that the operator has seen, if they have seen one.

    Raises NoSuchAsk, and what `require_answerable` raises.
    """
    said = answer_of(option, by, context, device=device, reason=reason)
    for _ in range(TRIES):
        ask = stored(id, context)
        require_answerable(ask, option, bound)
        if _committed(answering(ask.doc, said), context):
            return said
    raise Conflict(f"asks/{id}")


def withdraw(id: str, by: Actor, context: Context, *, reason: str) -> AnswerDoc:
    """Take the ask back. Returns the answer that it has now, which is another one if that was quicker."""
    return _ended(id, answer_of(WITHDRAWN, by, context, reason=reason), context)


def expire(id: str, context: Context) -> AnswerDoc | None:
    """The answer of the ask *id*: EXPIRED from now on if its time to decide has ended. None while it is open.

    Whoever does what follows from silence calls this first, so that no late answer can say otherwise.
    """
    if stored(id, context).state == "open":
        return None
    return _ended(id, answer_of(EXPIRED, OPOS, context), context)


def _ended(id: str, said: AnswerDoc, context: Context) -> AnswerDoc:
    for _ in range(TRIES):
        ask = stored(id, context)
        if ask.answer:
            return ask.answer
        if _committed(answering(ask.doc, said), context):
            return said
    raise Conflict(f"asks/{id}")


def _committed(writes: Sequence[Write], context: Context) -> bool:
    try:
        context.store.commit(writes)
    except (AlreadyExists, Conflict):
        return False
    return True
