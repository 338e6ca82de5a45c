"""Sends a summary: one message about all items that wait, when more digests are due than its channel may get."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from functions.digest_sender.claims import claims, without_muted
from functions.digest_sender.overview import Overview, overview
from shared.alerting.alert import as_alert
from shared.context import Context
from shared.digest.batch import MOST, Batching
from shared.digest.summary import CLOSED_BY, Summary
from shared.errors import Conflict
from shared.events import iso
from shared.ports import Doc, create_or_update
from shared.services.alerting.pages import runbook_of
from shared.services.digest.queue import waiting
from shared.services.digest.subscriptions import is_wanted, kept_unsent
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.delivery import LEASE, intent, send
from shared.services.outbox.message import MessageDoc, as_message
from shared.telemetry.logger import log as _log

MEMBERS = 20_000
"""Items of one summary: their ids stay below the mebibyte that a document of Firestore may hold."""
PATIENCE = timedelta(seconds=20)
"""How long an invocation claims items, well within the time that a push may take."""


def send_summary(items: Sequence[Doc], rules: Batching, overviews: dict[str, str], context: OutboxContext) -> None:
    """Claim *items*, and the others that wait, in parts; then send the summary of them.

    Each part is one commit: it takes its items out of the queue and adds them to the summary. If the worker dies, the
    sweeper sends the summary of what was claimed, when the lease ends. Items that are left wait for the next summary.
    """
    doc = _claimed(items, rules, overviews, context)
    _log.info("digest_closed", digest=doc.path, members=len(doc.data["members"]), reason=CLOSED_BY)
    if doc.data["state"] != "sent":
        send(doc, context)


def _claimed(items: Sequence[Doc], rules: Batching, overviews: dict[str, str], context: OutboxContext) -> Doc:
    """The document of the summary, with all its items. Raises Conflict if another worker claimed *items* first."""
    config, today = context.config, overview(rules.queue, items, overviews, context)
    runbook, path = partial(runbook_of, config=config), f"digests/{context.new_id()}"
    summary = Summary(rules.queue, context.now, config.timezone, runbook, rules.messages_per_minute)
    doc = _with_part(None, path, items, _message(items, summary, rules, today, context), context)
    while _has_room(doc, context) and (items := waiting(rules.queue, context)):
        try:
            items = without_muted(items, context)
            doc = _with_part(doc, path, items, _message(items, summary, rules, today, context), context)
        except Conflict:
            break  # an item changed meanwhile, as they do in a storm
    return doc


def _has_room(doc: Doc, context: Context) -> bool:
    return len(doc.data["members"]) <= MEMBERS - MOST and context.elapsed_seconds < PATIENCE.total_seconds()


def _message(items: Sequence[Doc], summary: Summary, rules: Batching, today: Overview, context: Context) -> MessageDoc:
    """The message of *summary* with *items* added to it, under a lease that lasts from this part on."""
    summary.add(as_alert(item.data) for item in items)
    content = summary.content(leftovers=today.leftovers, still_open=today.still_open, notes=today.notes)
    message = intent(channel=rules.channel, title=content["subject"], text="", severity="info", now=context.now)
    lease = iso(context.now + timedelta(seconds=context.elapsed_seconds) + LEASE)
    state = {"due_at": lease} if is_wanted(rules, context) else kept_unsent(context.now)
    more = {"content": content, "overviews": today.overviews, "closed_by": CLOSED_BY}
    return as_message({**message, **state, **more})


def _with_part(doc: Doc | None, path: str, items: Sequence[Doc], message: MessageDoc, context: Context) -> Doc:
    """*doc*, or a new document at *path*, after the commit by which it claims *items*."""
    members = [*(doc.data["members"] if doc else ()), *(item.id for item in items)]
    content = {**message, "members": members}
    queue = message["content"]["queue"]
    writes = [create_or_update(path, content, doc), *claims(path, items, queue, iso(context.now))]
    return Doc(path, content, context.store.commit(writes)[path])
