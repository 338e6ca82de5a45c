"""One attempt to send a message: it runs in a thread of its own, so that its worker can give it up at the deadline.

The thread records the outcome itself. So the receipt of an attempt that was given up is kept whenever it arrives, and
until then this process does not send the message again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from shared.errors import AlreadyExists, Conflict, DeliveryError, OposError
from shared.ports import Doc, Notice, plain_notice
from shared.process.shares import Claim
from shared.security.signed_links import ACK_LIFE
from shared.services.outbox.addressees import receiver, receiver_name, whole
from shared.services.outbox.context import OutboxContext
from shared.services.outbox.fallback import send_or_shorten
from shared.services.outbox.message import MessageChange, MessageDoc, NoticeDoc, State, as_message, key_of, made_at
from shared.services.outbox.outcome import not_sent, present, record, sent, writes
from shared.telemetry import setup as telemetry
from shared.telemetry.logger import log as _log
from shared.values.local_time import local_time

LATE = timedelta(minutes=5)
"""A message that is sent so long after it was written says so."""


@dataclass(frozen=True)
class Attempt:
    """An attempt to send the message of *doc*. Without a *claim*, nothing is sent and the message waits."""

    doc: Doc
    context: OutboxContext
    claim: Claim[State] | None = None

    def is_over(self) -> bool:
        """Whether the attempt ended soon."""
        return self.claim is None or self.claim.is_over()

    def outcome(self) -> State:
        """The state of the message after the attempt, or `pending` at the deadline."""
        if self.claim is None:
            return "pending"
        try:
            return self.claim.result()
        except TimeoutError:
            return self._given_up()

    def _given_up(self) -> State:
        """Write that the message waits, unless the attempt has just written its outcome."""
        changes = not_sent(self.doc, DeliveryError("timeout"), present(self.context))
        try:
            self.context.store.commit(writes(self.doc, changes, self.doc.version, self.context))
        except (Conflict, AlreadyExists):
            return "pending"
        return changes["state"]


def started(claim: Claim[State], doc: Doc, context: OutboxContext) -> Attempt:
    """An attempt that has started, and has soon ended unless the channel is slow: so messages keep their order."""
    claim.start(partial(_attempt, claim, doc, context))
    claim.is_over()
    return Attempt(doc, context, claim)


def _attempt(claim: Claim[State], doc: Doc, context: OutboxContext) -> State:
    changes = context.sends.receipts.pop(doc.path, None) or _changes(claim, doc, context)
    try:
        return record(doc, changes, context)
    except OposError:
        context.sends.keep(doc.path, changes)
        raise


def _changes(claim: Claim[State], doc: Doc, context: OutboxContext) -> MessageChange:
    channel = as_message(doc.data)["channel"]
    try:
        with telemetry.span(f"send {channel}", channel=channel):
            notice = _notice(whole(doc, context), context)
            return sent(send_or_shorten(receiver(doc.data, context), notice, key_of(doc)))
    except DeliveryError as refusal:
        # The error of a connection that was cut would hide why it was cut.
        fault = DeliveryError("timeout") if claim.was_cut and not refusal.permanent else refusal
    except Exception as crash:  # noqa: BLE001  (a broken channel must not lose the message: opos retries and shows it)
        _log.error("channel_broken", channel=receiver_name(doc.data), error=type(crash).__name__)
        fault = DeliveryError("internal")
    return not_sent(doc, fault, present(context) if claim.given_up else context.now)


def _notice(doc: Doc, context: OutboxContext) -> Notice:
    """The notice for the channel: rendered from the message's data if it has any, otherwise as it is stored.

    If it cannot be rendered, the notice is a plain one with a link to the console.
    """
    message = as_message(doc.data)
    render = next((render for field, render in context.notices.items() if field in message), None)
    if render:
        try:
            return render(doc, context)
        except OposError:
            raise
        except Exception as fault:  # noqa: BLE001  (opos sends what little it can show; a retry would fail again)
            _log.exception("notice_not_rendered", path=doc.path, error=type(fault).__name__)
            return plain_notice(Notice(**message["notice"])._replace(link=context.links.base_url), fault)
    notice, ack = _told_late(message, context), message["ack"]
    group = (ack or doc.data.get("resolves") or {}).get("group", "")
    if not ack:
        return Notice(**notice, group=group)
    expires = datetime.fromisoformat(made_at(message)) + ACK_LIFE
    return Notice(**notice, ack_url=context.links.url("ack", ack, expires=expires), group=group)


def _told_late(message: MessageDoc, context: OutboxContext) -> NoticeDoc:
    """The words of *message*; if it is late, because an earlier attempt failed or opos was down, they say so."""
    now, notice, written = present(context), message["notice"], made_at(message)
    waits_on_purpose = "resolves" in message
    if waits_on_purpose or now - datetime.fromisoformat(written) < LATE:
        return notice
    written_at = local_time(written, ZoneInfo(context.config.timezone), now)
    why = f"Late: opos wrote this at {written_at} and could not send it before."
    return {**notice, "text": "\n".join(filter(None, (notice["text"], why)))}
