"""Proposals for fields that belong to another system: the asks that a change of a record opens and withdraws.

One ask of each writer about a record is open at a time. Its asks are numbered, and to create the next number is the
fence: of two that propose at once, the second reads what the first one asked.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from shared.asks.answer import COLLECTION as ANSWERS
from shared.asks.answer import WITHDRAWN, as_answer
from shared.asks.ask import COLLECTION, ask_id, digest, place
from shared.asks.ask import AskDoc as Ask
from shared.asks.record_proposal import KEEP, KIND, OTHERWISE, options, title, why
from shared.context import Context
from shared.events import iso
from shared.ports import Condition, Doc, Update, Write
from shared.records.body import Body, changed_fields
from shared.records.change import Cause
from shared.records.kind import Kind
from shared.records.patch import same
from shared.records.proposal import NOTHING, Proposal, Word, questions, still_proposed, with_word
from shared.services.asks.answers import answer_of, answering
from shared.services.asks.asks import open_about, opening
from shared.values.text import headline


class Subject(NamedTuple):
    """A record before and after a change, and why it is changed."""

    kind: Kind
    id: str
    before: Body
    after: Body
    cause: Cause

    @property
    def about(self) -> str:
        return f"{self.kind.name}/{self.id}"

    @property
    def is_changed(self) -> bool:
        return self.before["state"] != self.after["state"] or bool(changed_fields(self.before, self.after))


class Asked(NamedTuple):
    """The ask that has what a writer proposes, None if there is nothing to ask, and the writes that make it so."""

    ask: str | None
    writes: list[Write]


class _Series(NamedTuple):
    """The asks of one writer about one record: the number of the last one, the document if it is open, and what was
    proposed.
    """

    writer: str
    n: int
    open: Doc | None
    proposal: Proposal


def reviewed(subject: Subject, context: Context, *, but: str = "") -> list[Write]:
    """The writes that withdraw what a change has decided, and ask anew what it has changed; not of the ask *but*."""
    docs = _open(subject, context) if subject.is_changed else ()
    return [write for doc in docs if doc.id != but for write in _review(doc, subject, context)]


def proposing(subject: Subject, writer: str, word: Word, context: Context) -> Asked:
    """What `reviewed` does, and the ask of the *writer* after *word*."""
    docs = list(_open(subject, context)) if word.asked or word.agreed or subject.is_changed else []
    own = next((doc for doc in docs if doc.data["content"]["writer"] == writer), None)
    others = [write for doc in docs if doc is not own for write in _review(doc, subject, context)]
    series = _series(own) if own else _closed_series(subject, writer, context) if word.asked else None
    if series is None:
        return Asked(None, others)
    said = with_word(series.proposal, word, subject.after)
    asked = _next(series, said._replace(fields=still_proposed(said.fields, subject.after)), subject, context)
    return Asked(asked.ask, [*others, *asked.writes])


def _open(subject: Subject, context: Context) -> Iterator[Doc]:
    return (doc for doc in open_about(subject.about, context) if doc.data["kind"] == KIND)


def _review(doc: Doc, subject: Subject, context: Context) -> list[Write]:
    series = _series(doc)
    fields = still_proposed(series.proposal.fields, subject.after)
    return _next(series, series.proposal._replace(fields=fields), subject, context).writes


def _series(doc: Doc) -> _Series:
    content = doc.data["content"]
    return _Series(content["writer"], content["n"], doc, Proposal(content["fields"], content["kept"]))


def _closed_series(subject: Subject, writer: str, context: Context) -> _Series:
    """The asks of *writer*, none of which is open. What the operator decided to keep is not proposed again."""
    topic = f"{subject.about}/{writer}"
    where: list[Condition] = [("topic", ">=", f"{topic}/"), ("topic", "<", f"{topic}0")]  # 0 follows the slash
    docs = context.store.query(COLLECTION, where=where, order_by="topic", descending=True, limit=1)
    last = next(iter(docs), None)
    if last is None:
        return _Series(writer, 0, None, NOTHING)
    series, answer = _series(last), context.store.get(f"{ANSWERS}/{last.id}")
    is_kept = answer is not None and as_answer(answer.data)["option"] == KEEP
    kept = {**series.proposal.kept, **(series.proposal.fields if is_kept else {})}
    return series._replace(open=None, proposal=Proposal({}, kept))


def _next(series: _Series, proposal: Proposal, subject: Subject, context: Context) -> Asked:
    """What makes *proposal* the open ask of *series*."""
    known = series.open
    if same(questions(proposal.fields), questions(series.proposal.fields) if known else {}):
        return Asked(known.id if known else None, list(_noted(series, proposal)))
    asks = [_ask(series, proposal, subject, context)] if proposal.fields else []
    reason = f"Ask {asks[0][0][:8]} replaces it." if asks else _settled(subject)
    answer = answer_of(WITHDRAWN, subject.cause.actor, context, reason=reason)
    withdrawn = answering(known, answer) if known else []
    return Asked(asks[0][0] if asks else None, [*withdrawn, *(opening(*ask) for ask in asks)])


def _noted(series: _Series, proposal: Proposal) -> Iterator[Write]:
    """The write of what was said again later, so that what was said in between is known to be earlier."""
    if series.open and proposal != series.proposal:
        content = {"content.fields": proposal.fields, "content.kept": proposal.kept}
        yield Update(series.open.path, content, series.open.version)


def _settled(subject: Subject) -> str:
    is_live = subject.after["state"] == "live"
    return "The record has this value now, or a later one." if is_live else "The record is gone."


def _ask(series: _Series, proposal: Proposal, subject: Subject, context: Context) -> tuple[str, Ask]:
    n, now, cause, fields = series.n + 1, iso(context.now), subject.cause, proposal.fields
    name = headline(subject.kind.title(subject.after["values"]))
    content: dict[str, Any] = {
        "record": subject.id, "kind": subject.kind.name, "writer": series.writer, "n": n, "fields": dict(fields),
        "kept": dict(proposal.kept),
    }  # fmt: skip
    return ask_id(KIND, subject.about, series.writer, str(n)), Ask(
        kind=KIND, about=subject.about, title=title(name, series.writer, fields), why=why(fields),
        otherwise=OTHERWISE, options=options(fields), content=content,
        bound=digest([subject.about, series.writer, questions(fields)]),
        base=digest({field: proposed["now"] for field, proposed in fields.items()}), asker=cause.actor, cause=cause.id,
        chain=[*cause.chain, *([cause.id] if cause.id else [])], trace=context.trace, created_at=now, decide_by=None,
        act_by=None, reminders=[], place=place(None, now), open_about=subject.about,
        topic=f"{subject.about}/{series.writer}/{n:08d}",
    )  # fmt: skip
