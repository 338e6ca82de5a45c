"""`opos digest`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from opos.terminal.lookup import find
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from shared.alerting.alert import as_alert
from shared.context import Context
from shared.digest.batch import first_batch
from shared.digest.content import HEADINGS, Block, Content, Line, compose
from shared.digest.renderers.phrases import rest
from shared.digest.renderers.text import as_text
from shared.events import iso
from shared.ports import Doc
from shared.services.alerting.pages import runbook_of
from shared.services.alerting.quiet_hours import held
from shared.services.digest.queue import batching, longest_waiting, waiting


@click.group("digest")
def command() -> None:
    """Show the digests, and say why each item stands where it stands."""


@command.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1))
@with_place
@json_option
@reports_errors
def list_(limit: int, place: Place, *, as_json: bool) -> None:
    """The last digests, the newest first."""
    docs = list(place.runtime().store.query("digests", order_by="created_at", descending=True, limit=limit))
    show([_plain(doc) for doc in docs], "\n".join(map(_headline, docs)) or "No digest was sent yet.", as_json=as_json)


@command.command("show")
@click.argument("digest")
@with_place
@json_option
@reports_errors
def show_(digest: str, place: Place, *, as_json: bool) -> None:
    """What DIGEST (its id, or the beginning of it) says, without its links."""
    doc = _digest(digest, place)
    text = f"{_headline(doc)}\n\n{as_text(doc.data['content'], {})}"
    show({**_plain(doc), "content": doc.data["content"], "members": doc.data["members"]}, text, as_json=as_json)


@command.command("explain")
@click.argument("digest", required=False)
@with_place
@json_option
@reports_errors
def explain(digest: str | None, place: Place, *, as_json: bool) -> None:
    """Why each item of DIGEST ranks where it does; without DIGEST, of what waits, and when that will be sent."""
    if digest:
        doc = _digest(digest, place)
        found = [{**_plain(doc), "said": _headline(doc), "content": doc.data["content"]}]
    else:
        found = list(_upcoming(place.runtime().context()))
    text = "\n\n".join("\n".join([one["said"], *_ranked(one["content"])]) for one in found)
    show(found, text or "Nothing waits.", as_json=as_json)


def _digest(wanted: str, place: Place) -> Doc:
    return find(place.runtime().store, "digests", wanted, noun="digest", hint="`opos digest list` names them.")


def _plain(doc: Doc) -> dict[str, Any]:
    names = ("channel", "state", "created_at", "closed_by", "receipt", "last_fault")
    told = {"title": doc.data["notice"]["title"], "items": len(doc.data.get("members") or [])}
    return {"id": doc.id, **told, **{name: doc.data.get(name) for name in names}}


def _headline(doc: Doc) -> str:
    one = _plain(doc)
    said = f"{one['id'][:8]}  {one['created_at']}  {one['state']} on {one['channel']}, {one['items']} items"
    return f"{said}, closed by {one['closed_by']}: {one['title']}" if one["closed_by"] else f"{said}: {one['title']}"


def _upcoming(context: Context) -> Iterator[dict[str, Any]]:
    """What would be sent, for each queue in which anything waits, were its batch closed now."""
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
        why = {"size": "it is full", "window": "its time is over then", "release": "it is held back until then"}
        said = (
            f"{how.queue}: {len(items)} wait, {batch.count} of them are sent over {how.channel} at {iso(batch.closes)}"
        )
        yield {
            "queue": how.queue, "channel": how.channel, "waiting": len(items), "closes_at": iso(batch.closes),
            "reason": batch.reason, "said": f"{said}: {why[batch.reason]}", "content": content,
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
    yield f"        {parts or 'it cannot be read, so it has no rank'}"
    if line["reason"]:
        yield f"        {line['reason']}"


def _unranked(block: Block) -> Iterator[str]:
    yield from (f"        {note['text']}" for note in block["notes"])
    if block["rest"]:
        yield f"        {rest(block['rest'], block)}"
