"""`opos replay`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

import click

from opos.history.event_log import read_log
from opos.history.replay_preview import Preview, ReplayPreview
from opos.terminal.lookup import find_event
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import moment
from shared.events import Event
from shared.intake.webhook import read_again
from shared.ports import Delete, Doc, Store, Update
from shared.runtime.clock import new_id
from shared.runtime.container import Runtime
from shared.runtime.entry import retry_conflicts
from shared.services.intake.acceptance import announcement


@click.command("replay")
@click.argument("event", required=False)
@click.option("--since", type=moment, help="Instead of EVENT, all since: an age (7d), a day or a moment.")
@click.option("--source", help="With --since: only the events of this source.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and do nothing.")
@click.option("--yes", is_flag=True, help="Page without asking first.")
@with_place
@json_option
@reports_errors
def command(
    place: Place, event: str | None, since: datetime | None, source: str | None,
    *, dry_run: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Handle EVENT, or all events --since, again, read under the configuration of now.

    A running bundle picks them up at once. Each replay has a nonce of its own, so that it is not taken for a duplicate.
    """
    if (event is None) == (since is None) or (source and not since):
        raise click.UsageError("expected either EVENT, or --since with or without --source")
    runtime = place.runtime()
    now = datetime.now(UTC)
    docs = list(_chosen(runtime.store, event, since, source, now))
    would = list(ReplayPreview(runtime.store, runtime.config, now).replay(docs))
    if dry_run:
        show([asdict(one) for one in would], "\n".join(_told(would)), as_json=as_json)
        return
    pages = _counted(would)["page"]
    if pages and since and not yes:
        click.confirm(f"{_summary(would)} Go on?", abort=True, err=True)
    nonce = new_id()[:8]
    for doc in docs:
        retry_conflicts(partial(_replay, doc.path, nonce, runtime))
    show({"events": [doc.id for doc in docs], "replay": nonce}, _done(docs, nonce), as_json=as_json)


def _chosen(
    store: Store, event: str | None, since: datetime | None, source: str | None, now: datetime
) -> Iterator[Doc]:
    if event:
        yield find_event(store, event)
    elif since:
        yield from read_log(store, since=since, until=now, source=source)


def _replay(path: str, nonce: str, runtime: Runtime) -> None:
    doc = find_event(runtime.store, path.removeprefix("events/"))
    stored, signals = read_again(doc, runtime.config)
    version = _prepare(runtime.store, doc, stored)
    runtime.bus.publish(announcement(stored, signals, version=version, nonce=nonce))


def _prepare(store: Store, doc: Doc, stored: Event) -> str:
    """Bring the event up to what it means now, and put away the dead letters that the replay makes up for."""
    letters = list(store.query("dead_letters", where=[("event", "==", doc.id)]))
    now_means = Update(doc.path, {"quarantine": stored.quarantine, "type": stored.type}, doc.version)
    return store.commit([now_means, *(Delete(letter.path, letter.version) for letter in letters)])[doc.path]


def _done(docs: list[Doc], nonce: str) -> str:
    if len(docs) == 1:
        id = docs[0].id
        return f"Published {id} again as replay {nonce}; `opos trace {id[:8]}` shows what comes of it."
    return f"Published {len(docs)} events again as replay {nonce}."


def _told(would: list[Preview]) -> Iterator[str]:
    for one in would:
        was = f" (was {', '.join(one.was)})" if one.was else ""
        yield f"{one.event[:8]}  {one.source} {one.type}{was}"
        yield from (f"          {decision['path']}: {decision['reason']}" for decision in one.decisions)
        yield from (f"          {change}" for change in one.changes)
        if one.quarantine:
            yield f"          quarantine: {one.quarantine}"
    yield f"{_summary(would)} Nothing was done."


def _summary(would: list[Preview]) -> str:
    counted = _counted(would)
    said = ", ".join(f"{counted[path]} {path}" for path in ("page", "hold", "digest", "record"))
    return f"{len(would)} events would be handled again: {said}."


def _counted(would: list[Preview]) -> Counter[str]:
    return Counter(path for one in would for path in one.paths)
