"""`opos replay`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

import click

from opos.history.event_log import read_log
from opos.terminal.completion import ids, sources
from opos.terminal.lookup import find_event
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.progress import followed
from opos.terminal.times import OperatorClock, moment, operator_clock
from shared.context import Context
from shared.ports import Doc, Store
from shared.runtime.clock import new_id
from shared.runtime.entry import retry_conflicts
from shared.services.alerting.replay_preview import Preview, ReplayPreview
from shared.services.intake.replay import as_named, replay
from shared.values.kinds import EVENT
from shared.values.text import counted


@click.command("replay")
@click.argument("event", required=False, shell_complete=ids(EVENT))
@click.option("--since", type=moment, help="Instead of EVENT: all events since an age (7d), a day or an ISO 8601 time.")
@click.option("--source", shell_complete=sources, help="With --since: only the events of this source.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before notifications are sent.")
@with_place
@json_option
@reports_errors
def command(
    place: Place, event: str | None, since: datetime | None, source: str | None,
    *, dry_run: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Process EVENT, or all events --since a time, again with today's configuration.

    A running bundle processes them immediately. Each replay has its own nonce, so that no event counts as a duplicate.
    """
    if (event is None) == (since is None) or (source and not since):
        raise click.UsageError("expected EVENT, or --since with or without --source")
    runtime = place.runtime()
    now = datetime.now(UTC)
    context = runtime.context()
    chosen = followed(_chosen(runtime.store, event, since, source, now), "event")
    docs = [as_named(doc) if event else doc for doc in chosen]
    replayed = ReplayPreview(runtime.store, runtime.config, now).replay(docs)
    previews = list(followed(replayed, "decision"))
    if dry_run:
        lines = _lines(previews, operator_clock(runtime))
        show([asdict(preview) for preview in previews], lines, as_json=as_json)
        return
    pages = _counted(previews)["page"]
    if pages and since and not yes:
        click.confirm(f"{_summary(previews)} Continue?", abort=True, err=True)
    nonce = new_id()[:8]
    for doc in followed(docs, "event"):
        retry_conflicts(partial(_replay, doc.path, nonce, context, is_named=event is not None))
    show({"events": [doc.id for doc in docs], "replay": nonce}, _done(docs, nonce), as_json=as_json)


def _chosen(
    store: Store, event: str | None, since: datetime | None, source: str | None, now: datetime
) -> Iterator[Doc]:
    if event:
        yield find_event(store, event)
    elif since:
        known = read_log(store, since=since, until=now, source=source)
        yield from (doc for doc in known if not doc.data.get("forgotten_at"))


def _replay(path: str, nonce: str, context: Context, *, is_named: bool) -> None:
    replay(find_event(context.store, path.removeprefix("events/")), nonce, context, is_named=is_named)


def _done(docs: list[Doc], nonce: str) -> str:
    if len(docs) == 1:
        id = docs[0].id
        return f"Published {id} again as replay {nonce}; `opos trace {id[:8]}` shows the result."
    return f"Published {counted(len(docs), 'event')} again as replay {nonce}."


def _lines(previews: list[Preview], clock: OperatorClock) -> Iterator[str]:
    for preview in previews:
        was = f" (was {', '.join(preview.was)})" if preview.was else ""
        yield f"{preview.event[:8]}  {preview.source} {preview.type}{was}"
        yield from (f"          {made['path']}: {clock.text(made['reason'])}" for made in preview.decisions)
        yield from (f"          {change}" for change in preview.changes)
        if preview.quarantine:
            yield f"          quarantine: {preview.quarantine}"
    yield f"{_summary(previews)} Nothing was changed."


def _summary(previews: list[Preview]) -> str:
    paths = _counted(previews)
    verdicts = ", ".join(f"{paths[path]} {path}" for path in ("page", "hold", "digest", "record"))
    return f"The replay would process {counted(len(previews), 'event')}: {verdicts}."


def _counted(previews: list[Preview]) -> Counter[str]:
    return Counter(path for preview in previews for path in preview.paths)
