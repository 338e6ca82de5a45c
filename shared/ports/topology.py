"""Which function hears which topic, and how patiently it is retried: the one declaration for every bus."""

from datetime import timedelta
from typing import NamedTuple

from shared.events import DeadLetter, DigestDue, EventAccepted, Message, ReviewDue, Tick

FUNCTIONS: tuple[str, ...] = (
    "webhook_intake", "alert_router", "digest_sender", "sweeper", "health", "flag_evaluator", "console",
)  # fmt: skip
MAX_ATTEMPTS = 5
PROBES = "probes"
"""A topic that nobody hears: publishing there shows that publishing works."""


class Subscription(NamedTuple):
    """Deliver `message` to `function`; wait `min_backoff`, doubling up to `max_backoff`, between attempts.

    After MAX_ATTEMPTS the message goes to the dead-letter topic, unless `dead_letters` is false.
    """

    name: str
    message: type[Message]
    function: str
    min_backoff: timedelta = timedelta(seconds=10)
    max_backoff: timedelta = timedelta(seconds=600)
    dead_letters: bool = True

    @property
    def topic(self) -> str:
        return self.message.topic

    def backoff(self, attempts: int) -> timedelta:
        """How long to wait after the failure of attempt number *attempts*."""
        return min(self.min_backoff * (1 << min(attempts, 32) - 1), self.max_backoff)


SUBSCRIPTIONS: tuple[Subscription, ...] = (
    Subscription("alert-router", EventAccepted, "alert_router"),
    Subscription("digest-sender", DigestDue, "digest_sender"),
    Subscription("digest-sender-reviews", ReviewDue, "digest_sender"),
    Subscription("sweeper-ticks", Tick, "sweeper", max_backoff=timedelta(seconds=60)),
    Subscription("sweeper-dead-letters", DeadLetter, "sweeper", dead_letters=False),
)

TOPICS: tuple[str, ...] = (*dict.fromkeys(one.topic for one in SUBSCRIPTIONS), PROBES)
