"""`opos digest`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from opos.terminal.completion import ids
from opos.terminal.groups import Listing
from opos.terminal.lookup import find
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.width import fitted
from shared.alerting.alert import as_alert
from shared.digest.batch import first_batch
from shared.digest.content import HEADINGS, Block, Content, Line, compose
from shared.digest.renderers.phrases import rest
from shared.digest.renderers.text import as_text
from shared.events import iso
from shared.ports import Doc
from shared.runtime.container import Runtime
from shared.runtime.invocation import Invocation
from shared.services.alerting.pages import runbook_of
from shared.services.alerting.quiet_hours import held
from shared.services.digest.queue import batching, longest_waiting, waiting
from shared.values.kinds import DIGEST
from shared.values.text import counted


@click.group("digest", cls=Listing)
def command() -> None:
    """Show the digests and explain the rank of each item. Without a command, list them."""


@command.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="How many to list.")
@with_place
@json_option
@reports_errors
def list_(limit: int, place: Place, *, as_json: bool) -> None:
    """List the digests, newest first."""
    runtime = place.runtime()
    docs = list(runtime.store.query("digests", order_by="created_at", descending=True, limit=limit))
    clock = operator_clock(runtime)
    lines = [fitted(_headline(doc, clock)) for doc in docs]
    show([_plain(doc) for doc in docs], lines or "No digest yet.", as_json=as_json)


@command.command("show")
@click.argument("digest", shell_complete=ids(DIGEST))
@with_place
@json_option
@reports_errors
def show_(digest: str, place: Place, *, as_json: bool) -> None:
    """Show the text of DIGEST (its id, or the beginning of its id), without its links."""
    runtime = place.runtime()
    doc = _digest(digest, runtime)
    shown = {**_plain(doc), "content": doc.data.get("content"), "members": doc.data["members"]}
    show(shown, [_headline(doc, operator_clock(runtime)), "", *_lines(doc)], as_json=as_json)


@command.command("explain")
@click.argument("digest", required=False, shell_complete=ids(DIGEST))
@with_place
@json_option
@reports_errors
def explain(digest: str | None, place: Place, *, as_json: bool) -> None:
    """Explain the rank of each item of DIGEST; without DIGEST, of the waiting items, and show when they are sent."""
    runtime = place.runtime()
    clock = operator_clock(runtime)
    if digest:
        doc = _digest(digest, runtime)
        text = [] if "content" in doc.data else ["", *_lines(doc)]
        digests = [{**_plain(doc), "said": _headline(doc, clock), "content": doc.data.get("content") or {"blocks": []}}]
    else:
        text, digests = [], list(_upcoming(runtime.context(), clock))
    lines = [line for shown in digests for line in ("", shown["said"], *_ranked(shown["content"]))]
    show(digests, [*lines[1:], *text] or "No items are waiting for a digest.", as_json=as_json)


def _digest(wanted: str, runtime: Runtime) -> Doc:
    return find(runtime.store, DIGEST, wanted)


def _lines(doc: Doc) -> list[str]:
    """The text of a digest, of a weekly review, or of a digest that an earlier release stored as text only."""
    if "content" in doc.data:
        return as_text(doc.data["content"], {}).splitlines()
    if "review" in doc.data:
        from shared.review.renderers import as_text as review_text

        return review_text(doc.data["review"]).splitlines()
    return str(doc.data["notice"]["text"]).splitlines()


def _plain(doc: Doc) -> dict[str, Any]:
    names = ("channel", "state", "created_at", "closed_by", "receipt", "last_fault")
    head = {"title": doc.data["notice"]["title"], "items": len(doc.data.get("members") or [])}
    return {"id": doc.id, **head, **{name: doc.data.get(name) for name in names}}


def _headline(doc: Doc, clock: OperatorClock) -> str:
    digest = _plain(doc)
    items = counted(digest["items"], "item")
    sent = f"{clock.time_and_age(digest['created_at'])}, {digest['state']} on {digest['channel']}"
    closed = f", closed by {digest['closed_by']}" if digest["closed_by"] else ""
    return f"{doc.id[:8]}  {sent}, {items}{closed}: {digest['title']}"


_CLOSED_BY = {
    "size": "the batch is full", "window": "its window ends then", "release": "the digest is held until then",
}  # fmt: skip


def _upcoming(context: Invocation, clock: OperatorClock) -> Iterator[dict[str, Any]]:
    """The digest of each queue that is not empty, as it would be if its batch closed now."""
    config = context.config
    for first in longest_waiting(context):
        how = batching(first.data["pending"]["queue"], config)
        items = waiting(how.queue, context)
        since = [datetime.fromisoformat(item.data["pending"]["since"]) for item in items]
        batch = first_batch(since, how, held(since[0], context))
        content = compose(
            [item.data for item in items[: batch.count]], queue=how.queue, now=context.now, zone=config.timezone,
            runbook=lambda item: runbook_of(as_alert(item), config),
        )  # fmt: skip
        size = f"{counted(len(items), 'item')} in the queue, the next digest lists {batch.count}"
        said = f"{how.queue}: {size}; due on {how.channel} {clock.time_and_age(batch.closes)}"
        yield {
            "queue": how.queue, "channel": how.channel, "waiting": len(items), "closes_at": iso(batch.closes),
            "reason": batch.reason, "said": f"{said}: {_CLOSED_BY[batch.reason]}", "content": content,
        }  # fmt: skip


def _ranked(content: Content) -> Iterator[str]:
    for block in content["blocks"]:
        yield HEADINGS[block["kind"]]
        yield from (text for line in block["lines"] for text in _explained(line))
        yield from _unranked(block)


def _explained(line: Line) -> Iterator[str]:
    money = f" [{line['money']}]" if line["money"] else ""
    yield f"  {line['rank']:>4}  {line['title']}{money}"
    parts = ", ".join(f"{what} {points:g} ({why})" for what, points, why in line["why"])
    yield f"        {parts or 'no rank: its stored data is not valid'}"
    if line["reason"]:
        yield f"        {line['reason']}"


def _unranked(block: Block) -> Iterator[str]:
    yield from (f"        {note['text']}" for note in block["notes"])
    if block["rest"]:
        yield f"        {rest(block['rest'], block)}"
