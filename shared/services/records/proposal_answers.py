"""What an answer to proposed fields does. `apply` sets them by a change of the operator, in the answer's commit."""

from collections.abc import Sequence

from shared.asks.answer import AnswerDoc
from shared.ports import Write
from shared.records.body import Body
from shared.records.change import Cause
from shared.records.patch import same
from shared.services.asks.answers import Outdated, answering, require_answerable
from shared.services.asks.asks import Stored as StoredAsk
from shared.services.asks.asks import stored as stored_ask
from shared.services.records.context import RecordsContext
from shared.services.records.edits import override
from shared.services.records.proposals import Subject, reviewed
from shared.services.records.record import Stored, kind_named


def apply(ask: StoredAsk, answer: AnswerDoc, context: RecordsContext) -> None:
    """Set what *ask* proposes. Its cause is the ask, and its clock is later than that of the fields' owners.

    Raises Outdated if the record has changed since, and what `require_answerable` raises.
    """
    content, bound = ask.ask["content"], ask.ask["bound"]
    kind = kind_named(content["kind"], context)
    cause = Cause(answer["by"], ask.id, answer["reason"], tuple(ask.ask["chain"]))

    def also(record: Stored, after: Body) -> Sequence[Write]:
        present = stored_ask(ask.id, context)
        require_answerable(present, answer["option"], bound)
        _require_base(present, record)
        others = reviewed(Subject(kind, record.id, record.body, after, cause), context, but=ask.id)
        return [*answering(present.doc, answer), *others]

    values = {name: proposed["value"] for name, proposed in content["fields"].items()}
    override(kind, content["record"], values, cause, context, also)


def _require_base(ask: StoredAsk, record: Stored) -> None:
    fields = ask.ask["content"]["fields"]
    changed = [name for name, proposed in fields.items() if not same(record.values.get(name), proposed["now"])]
    if changed:
        names = ", ".join(sorted(changed))
        hint = "Nothing was changed. Edit the record again: that asks anew, with what it says now."
        raise Outdated(f"expected {names} as the ask shows it, found that the record has changed since", hint=hint)
