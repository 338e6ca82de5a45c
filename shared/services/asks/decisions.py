"""The operator's decision on an ask of any kind: the answer, and what it does, in one commit where that is possible."""

from collections.abc import Callable, Mapping

from shared.asks.answer import AnswerDoc
from shared.asks.record_proposal import APPLY
from shared.asks.record_proposal import KIND as RECORD_PROPOSAL
from shared.records.change import Actor
from shared.services.asks.answers import answer, answer_of, require_answerable
from shared.services.asks.asks import Stored, stored
from shared.services.records.context import RecordsContext
from shared.services.records.proposal_answers import apply

Effect = Callable[[Stored, AnswerDoc, RecordsContext], None]
EFFECTS: Mapping[tuple[str, str], Effect] = {(RECORD_PROPOSAL, APPLY): apply}
"""What answers with a kind of ask and an option. An option that is not here is only written down."""


def decide(
    id: str, option: str, by: Actor, context: RecordsContext, *, device: str = "", reason: str = "", bound: str = ""
) -> AnswerDoc:
    """Answer the ask *id* with *option*, and carry that out.

    *bound* is the hash that the operator has seen, empty if they have seen none. Raises NoSuchAsk, AlreadyAnswered,
    Expired, NoSuchOption, and Outdated if the ask is about something that has changed.
    """
    ask = stored(id, context)
    require_answerable(ask, option, bound)
    effect = EFFECTS.get((ask.ask["kind"], option))
    if effect is None:
        return answer(id, option, by, context, device=device, reason=reason, bound=bound)
    said = answer_of(option, by, context, device=device, reason=reason)
    effect(ask, said, context)
    return said
