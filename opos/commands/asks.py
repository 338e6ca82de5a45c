"""`opos asks`."""

import shlex
from collections.abc import Iterator
from typing import Any

import click

from opos.terminal.completion import ids
from opos.terminal.groups import Listing
from opos.terminal.lookup import find
from opos.terminal.next_step import command_line
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.vocabulary import as_option, person
from opos.terminal.width import table, wrapped
from shared.asks.answer import EXPIRED, WITHDRAWN, AnswerDoc
from shared.asks.ask import AskDoc, as_ask, called
from shared.ports import Doc
from shared.records.body import OPERATOR
from shared.records.change import Actor
from shared.records.text import shown
from shared.runtime.entry import retry_conflicts
from shared.services.asks.asks import Stored, count_open, open_asks, with_answer
from shared.services.asks.decisions import decide
from shared.values.kinds import ASK
from shared.values.local_time import age
from shared.values.text import headline

_SHOWN = 50


@click.group("asks", cls=Listing)
def command() -> None:
    """List what waits for your answer; show an ask; answer it. Without a command, list them."""


@command.command("list")
@click.option("--limit", type=click.IntRange(1), default=_SHOWN, show_default=True, help="The most asks to list.")
@with_place
@json_option
@reports_errors
def list_(place: Place, limit: int, *, as_json: bool) -> None:
    """List the open asks: those that expire first, then the oldest."""
    context = place.runtime().context()
    docs, clock = open_asks(context, limit), operator_clock(context)
    lines = list(table([_row(doc, clock) for doc in docs]))
    if len(docs) == limit and (total := count_open(context)) > limit:
        lines.append(f"These are {limit:,} of {total:,} open asks; --limit lists more.")
    show([{"id": doc.id, **doc.data} for doc in docs], lines or "No ask is open.", as_json=as_json)


@command.command("show")
@click.argument("ask", shell_complete=ids(ASK))
@with_place
@json_option
@reports_errors
def show_(ask: str, place: Place, *, as_json: bool) -> None:
    """Show ASK: what it would change, who asks and why, and the answers to choose from."""
    context = place.runtime().context()
    known = with_answer(find(context.store, ASK, ask, preferred=_is_open), context)
    content = {"id": known.id, "state": known.state, **known.ask, "answer": known.answer}
    show(content, list(_lines(known, operator_clock(context))), as_json=as_json)


@command.command("answer")
@click.argument("ask", shell_complete=ids(ASK))
@click.argument("option")
@click.option("--why", default="", help="The reason, which is kept with the answer.")
@as_option
@with_place
@json_option
@reports_errors
def answer(ask: str, option: str, why: str, who: str | None, place: Place, *, as_json: bool) -> None:
    """Answer ASK with OPTION, such as apply or keep; `opos asks show ASK` says what each of them does."""
    runtime = place.runtime()
    doc = find(runtime.store, ASK, ask, preferred=_is_open)
    by = Actor(kind="person", name=person(who))
    said = retry_conflicts(lambda: decide(doc.id, option, by, runtime.context(), device="the command line", reason=why))
    effect = next(known["effect"] for known in as_ask(doc.data)["options"] if known["name"] == option)
    show({"ask": doc.id, **said}, [f"Answered {doc.id[:8]} {option}.", *([effect] if effect else [])], as_json=as_json)


def _is_open(doc: Doc) -> bool:
    return doc.data["place"] is not None


def _row(doc: Doc, clock: OperatorClock) -> tuple[str, ...]:
    ask = as_ask(doc.data)
    expires = f"expires {clock.time_and_age(ask['decide_by'])}" if ask["decide_by"] else ""
    notes = f"  ({expires})" if expires else ""
    title = f"{headline(ask['title'])}{notes}"
    return doc.id[:8], ask["kind"], age(ask["created_at"], clock.now), called(ask["asker"]), title


def _lines(known: Stored, clock: OperatorClock) -> Iterator[str]:
    ask = known.ask
    yield f"{ask['kind']}  {known.id}"
    yield f"  {headline(ask['title'])}"
    yield from wrapped(ask["why"], indent=2)
    yield ""
    yield from (f"  {line}" for line in table(list(_facts(known, clock)), indent=2))
    yield from _changes(ask)
    if known.state == "open":
        yield from _options(known)


def _facts(known: Stored, clock: OperatorClock) -> Iterator[tuple[str, str]]:
    ask = known.ask
    yield "state", _state(known, known.answer, clock)
    yield "about", ask["about"]
    yield "asked by", f"{called(ask['asker'])}, {clock.time_and_age(ask['created_at'])}"
    if ask["cause"]:
        yield "because of", ask["cause"]
    if ask["decide_by"]:
        yield "decide by", clock.time_and_age(ask["decide_by"])


def _state(known: Stored, answer: AnswerDoc | None, clock: OperatorClock) -> str:
    if answer is None:
        return known.state
    what = known.state if answer["option"] in {EXPIRED, WITHDRAWN} else f"answered {answer['option']}"
    why = f": {answer['reason']}" if answer["reason"] else ""
    return f"{what} by {called(answer['by'])} {clock.time_and_age(answer['at'])}{why}"


def _changes(ask: AskDoc) -> Iterator[str]:
    """What each field is now, what is proposed, and whose it is."""
    fields: dict[str, Any] = ask["content"].get("fields") or {}
    if fields:
        yield ""
    for name, field in sorted(fields.items()):
        owner = "you" if field["owner"] == OPERATOR else field["owner"]
        yield f"  {name} (belongs to {owner})"
        yield f"    - {shown(field['now']) or '(unset)'}"
        yield f"    + {shown(field['value']) or '(unset)'}"


def _options(known: Stored) -> Iterator[str]:
    yield ""
    yield from wrapped(f"If you do nothing: {known.ask['otherwise']}", indent=2)
    for option in known.ask["options"]:
        yield from wrapped(f"{option['words']}: {option['effect']}", indent=2)
        yield f"    {command_line(shlex.join(('asks', 'answer', known.id[:8], option['name'])))}"
