"""The ceiling on digests: how many messages a channel may still get within the minute."""

from datetime import timedelta

from shared.context import Context
from shared.digest.batch import Batching
from shared.digest.summary import CLOSED_BY
from shared.events import iso
from shared.ports import Doc

MINUTE = timedelta(minutes=1)


def newest_digest(context: Context) -> Doc | None:
    return next(context.store.query("digests", order_by="created_at", descending=True, limit=1), None)


def room(newest: Doc | None, rules: Batching, context: Context) -> int:
    """How many digests the channel of *rules* may get now, given the *newest* digest of all.

    A summary takes the whole minute of its queue. Queues that send at the same time may exceed the ceiling by a few.
    """
    since = iso(context.now - MINUTE)
    if newest is None or newest.data["created_at"] <= since:
        return rules.messages_per_minute
    recent = context.store.query("digests", where=[("created_at", ">", since)], order_by="created_at")
    sent = [doc.data for doc in recent if doc.data["channel"] == rules.channel and "content" in doc.data]
    if any(digest.get("closed_by") == CLOSED_BY and digest["content"]["queue"] == rules.queue for digest in sent):
        return 0
    return max(rules.messages_per_minute - len(sent), 0)
