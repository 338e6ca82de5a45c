"""The functions of the bundle, one row each; every list of functions, topics and callers is derived from these rows."""

from datetime import timedelta
from typing import Literal, NamedTuple

from shared.events import DeadLetter, DigestDue, EventAccepted, Message, RecordChanged, ReviewDue, Tick

FunctionName = Literal[
    "webhook_intake", "alert_router", "record_keeper", "digest_sender", "sweeper", "health", "flag_evaluator", "console"
]  # fmt: skip
"""The names that opos.yaml may use. Types cannot be derived from rows, so a test compares this one with them."""
Caller = Literal["anyone", "pubsub", "deployer", "monitoring", "operators"]
"""Who may call a deployed function. `monitoring` is the uptime check of Google Cloud."""
MAX_ATTEMPTS = 5
ACK_DEADLINE = timedelta(seconds=60)
"""How long a function may take to handle a message: longer than the slowest answer of a channel."""
PROBES = "probes"
"""A topic without subscriptions. The checks of the health function and the sweeper publish to it: `Bus.ping`."""


class Subscription(NamedTuple):
    """Delivers `message` to `function`; waits `min_backoff`, doubling up to `max_backoff`, between attempts.

    After MAX_ATTEMPTS the message goes to the dead-letter topic, unless `dead_letters` is false.
    """

    name: str
    message: type[Message]
    function: str = ""
    """Filled in from the row that holds the subscription."""
    min_backoff: timedelta = timedelta(seconds=10)
    max_backoff: timedelta = timedelta(seconds=600)
    dead_letters: bool = True
    may_notify: bool = True
    """Whether the function may notify the operator. If not, none of its messages is urgent, whatever they say."""

    @property
    def topic(self) -> str:
        return self.message.topic

    def backoff(self, attempts: int) -> timedelta:
        """How long to wait after attempt number *attempts* has failed."""
        return min(self.min_backoff * (1 << min(attempts, 32) - 1), self.max_backoff)


class Function(NamedTuple):
    """One function: its place in the bundle, and in a deploy."""

    name: FunctionName
    called_by: tuple[Caller, ...]
    deploys_after: FunctionName | None
    """The function that a deploy renews before this one. Subscribers come before the intake, which publishes to them:
    no function receives a message that is newer than its code.
    """
    routes: tuple[str, ...] = ()
    """The path prefixes that the gateway and the local proxy send here; none for a function that only Pub/Sub calls."""
    subscribes: tuple[Subscription, ...] = ()
    publishes: tuple[str, ...] = ()
    """Topics."""
    writes: tuple[str, ...] = ()
    """Collections, besides those of the kinds of records. A test runs every function and compares."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that the function subscribes to."""
        return tuple(subscription.topic for subscription in self.subscribes)

    @property
    def public(self) -> bool:
        """Whether callers need no identity of Google's: the function itself authenticates them."""
        return "anyone" in self.called_by


_SWEPT = (
    "events", "alerts", "groups", "outbox", "digests", "heartbeats", "dead_letters", "sweeps", "indicators", "probes",
    "silences", "focus", "overrides", "devices", "record_changes",
)  # fmt: skip
_ROWS = (
    Function(
        "webhook_intake",
        called_by=("anyone",),
        deploys_after="flag_evaluator",
        routes=("/webhooks",),
        publishes=(EventAccepted.topic,),
        writes=("events", "heartbeats", "pings", "bodies", "indicators"),
    ),
    Function(
        "alert_router",
        called_by=("pubsub",),
        deploys_after=None,
        subscribes=(Subscription("alert-router", EventAccepted),),
        publishes=(DigestDue.topic,),
        writes=("events", "alerts", "alert_changes", "groups", "outbox", "indicators", "devices"),
    ),
    Function(
        "record_keeper",
        called_by=("pubsub",),
        deploys_after="alert_router",
        subscribes=(Subscription("record-keeper", EventAccepted, dead_letters=False, may_notify=False),),
        publishes=(EventAccepted.topic, RecordChanged.topic),
        writes=(
            "events",
            "alerts",
            "dead_letters",
            "record_changes",
            "record_claims",
            "asks",
            "answers",
            "company_faults",
        ),
    ),
    Function(
        "digest_sender",
        called_by=("pubsub",),
        deploys_after="record_keeper",
        subscribes=(Subscription("digest-sender", DigestDue), Subscription("digest-sender-reviews", ReviewDue)),
        publishes=(DigestDue.topic,),
        writes=("digests", "alerts", "outbox", "devices"),
    ),
    Function(
        "sweeper",
        called_by=("pubsub",),
        deploys_after="digest_sender",
        subscribes=(
            Subscription("sweeper-ticks", Tick, max_backoff=timedelta(seconds=60)),
            Subscription("sweeper-dead-letters", DeadLetter, dead_letters=False),
        ),
        publishes=(EventAccepted.topic, DigestDue.topic, ReviewDue.topic, RecordChanged.topic, PROBES),
        writes=_SWEPT,
    ),
    Function(
        "health",
        called_by=("deployer", "monitoring"),
        deploys_after="console",
        routes=("/livez", "/readyz", "/health", "/metrics", "/status", "/status.atom", "/status.json", "/status.svg"),
        publishes=(PROBES,),
        writes=("probes",),
    ),
    Function(
        "flag_evaluator",
        called_by=("anyone",),
        deploys_after="health",
        routes=("/ofrep", "/flags"),
        writes=("flag_usage", "indicators"),
    ),
    Function(
        "console",
        called_by=("deployer", "operators"),
        deploys_after="sweeper",
        routes=("/",),
        publishes=(EventAccepted.topic, RecordChanged.topic),
        writes=(
            "alerts",
            "alert_changes",
            "answers",
            "asks",
            "dead_letters",
            "digests",
            "events",
            "focus",
            "groups",
            "outbox",
            "overrides",
            "record_changes",
            "record_claims",
            "sessions",
            "silences",
            "subscriptions",
            "devices",
        ),
    ),
)


def _owned(row: Function) -> Function:
    """*row* with its subscriptions naming it."""
    return row._replace(subscribes=tuple(feed._replace(function=row.name) for feed in row.subscribes))


ROWS: tuple[Function, ...] = tuple(map(_owned, _ROWS))
FUNCTIONS: tuple[FunctionName, ...] = tuple(row.name for row in ROWS)
SUBSCRIPTIONS: tuple[Subscription, ...] = tuple(subscription for row in ROWS for subscription in row.subscribes)
TOPICS: tuple[str, ...] = tuple(
    dict.fromkeys([*(feed.topic for feed in SUBSCRIPTIONS), *(topic for row in ROWS for topic in row.publishes)])
)
PUBLIC: tuple[FunctionName, ...] = tuple(row.name for row in ROWS if row.public)
PUSHED: tuple[FunctionName, ...] = tuple(row.name for row in ROWS if row.subscribes)
"""The functions that Pub/Sub calls."""
ROUTES: tuple[tuple[str, FunctionName], ...] = tuple(
    sorted(((prefix, row.name) for row in ROWS for prefix in row.routes), key=lambda route: len(route[0]), reverse=True)
)
"""Path prefixes, longest first, so that `/` is the last to match."""


def called_by(caller: Caller) -> tuple[FunctionName, ...]:
    """The functions that *caller* may call."""
    return tuple(row.name for row in ROWS if caller in row.called_by)


def deploy_order() -> tuple[FunctionName, ...]:
    """All functions in the order in which a deploy renews them."""
    follower = {row.deploys_after: row.name for row in ROWS}
    order = [follower[None]]
    while order[-1] in follower:
        order.append(follower[order[-1]])
    return tuple(order)
