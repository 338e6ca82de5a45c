"""The Bus in the SQLite file: a message is one row for each subscription of its topic, until it is acknowledged."""

import base64
import json
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import apply_all, new_version
from shared.events import DeadLetter, Message, iso
from shared.ports import Clock, Write
from shared.ports.topology import MAX_ATTEMPTS, SUBSCRIPTIONS, Subscription
from shared.telemetry import tracing

T = TypeVar("T")
_Span = tuple[str, str]
"""The first and the last of the due times of some messages."""
_BY_NAME = {subscription.name: subscription for subscription in SUBSCRIPTIONS}
URGENT = "!"
"""Begins the due time of an urgent message, so that it sorts before the digits of all others."""
BULK = "0"
"""No due time of an urgent message sorts after this, and none of another message before it."""
_LONGEST = max(subscription.max_backoff for subscription in SUBSCRIPTIONS)
"""A message that is due later than this was published, or tried, by a clock that has been set back since."""
_KNOWN = ", ".join(f"'{name}'" for name in _BY_NAME)


class Delivery(NamedTuple):
    """One delivery of a message to one subscription. `attempts` includes this delivery."""

    row: int
    subscription: Subscription
    message_id: str
    topic: str
    data: bytes
    attributes: dict[str, str]
    published_at: str
    attempts: int
    due_at: str

    @property
    def is_urgent(self) -> bool:
        return _is_urgent(self.due_at)

    def push_request(self, project: str) -> tuple[str, dict[str, Any]]:
        """The path and JSON body of the push request, in the format of Cloud Pub/Sub (its documentation, "Push")."""
        message = {
            "data": base64.b64encode(self.data).decode(),
            "attributes": self.attributes,
            "messageId": self.message_id,
            "publishTime": self.published_at,
        }
        body = {"message": message, "subscription": f"projects/{project}/subscriptions/{self.subscription.name}"}
        return f"/projects/{project}/topics/{self.topic}", body


class _Row(NamedTuple):
    """The columns of a message that are the same for all its subscriptions."""

    topic: str
    message_id: str
    data: bytes
    attributes: dict[str, str]
    published_at: str
    due_at: str


@dataclass(frozen=True)
class LocalBus:
    """The bus. `published` is set whenever this process publishes, to wake the dispatcher."""

    database: Database
    clock: Clock
    new_id: Callable[[], str]
    published: threading.Event = field(default_factory=threading.Event)

    def publish(self, message: Message, *, later: bool = False) -> str:
        with tracing.publishing(message) as span:
            row = self._row(message, span, urgent=message.is_urgent and not later)
            self._write(lambda db: _insert(db, row))
        self.published.set()
        return row.message_id

    def publish_with(self, write: Write, make: Callable[[str], Message], *more: Write) -> None:
        """See `shared.ports.Joined.publish_with`."""
        version = new_version()
        message = make(str(version))
        with tracing.publishing(message) as span:
            row = self._row(message, span, urgent=message.is_urgent)
            self.database.write(lambda db: _insert_with(db, [write, *more], version, row))
        self.published.set()

    def publish_all(self, messages: Sequence[Message], writes: Sequence[Write]) -> None:
        """See `shared.ports.Joined.publish_all`."""
        rows = []
        for message in messages:
            with tracing.publishing(message) as span:
                rows.append(self._row(message, span, urgent=message.is_urgent))
        self.database.write(lambda db: _insert_with(db, writes, new_version(), *rows))
        self.published.set()

    def _row(self, message: Message, span: tracing.Span, *, urgent: bool) -> _Row:
        attributes = {tracing.HEADER: str(span.place)}
        data = message.model_dump_json().encode()
        now = self.clock.now()
        return _Row(message.topic, self.new_id(), data, attributes, iso(now), _due(now, urgent=urgent))

    def ping(self) -> None:
        self.database.write(lambda db: db.execute("UPDATE sequence SET n = n"))

    def take(self, limit: int, *, bulk: int | None = None, busy: Sequence[int] = ()) -> list[Delivery]:
        """Up to *limit* due messages that are not *busy*, at most *bulk* of them not urgent. Counts the attempt.

        The urgent ones come first, and the longest due before the others. If none is due, those come that a clock which
        has been set back since has left too late.
        """
        now, free = self.clock.now(), limit if bulk is None else max(bulk, 0)
        rows = self._rows(_passed(now), limit, free, busy) or self._rows(_late(now), limit, free, busy)
        if not rows:
            return []
        sql = (
            f"UPDATE messages SET attempts = attempts + 1 WHERE id IN ({', '.join('?' * len(rows))})"  # noqa: S608
            " RETURNING id, subscription, message_id, topic, data, attributes, published_at, attempts, due_at"
        )
        taken = self._write(lambda db: db.execute(sql, rows).fetchall())
        return [_delivery(row) for row in sorted(taken)]

    def _rows(self, spans: tuple[_Span, _Span], limit: int, bulk: int, busy: Sequence[int]) -> list[int]:
        """The first messages in *spans*, those of urgent and those of other messages; each is a range of the index."""
        known = f"id NOT IN ({', '.join('?' * len(busy))}) AND subscription IN ({_KNOWN})"
        span = f"SELECT id, due_at FROM messages WHERE due_at BETWEEN ? AND ? AND {known} ORDER BY due_at, id LIMIT ?"  # noqa: S608
        sql = f"SELECT id FROM (SELECT * FROM ({span}) UNION ALL SELECT * FROM ({span})) ORDER BY due_at, id LIMIT ?"  # noqa: S608
        urgent, others = spans
        rows = self.database.read(sql, [*urgent, *busy, limit, *others, *busy, bulk, limit])
        return [row for (row,) in rows]

    def acknowledge(self, delivery: Delivery) -> None:
        self._write(lambda db: db.execute("DELETE FROM messages WHERE id = ?", [delivery.row]))

    def refuse(self, delivery: Delivery) -> None:
        """The attempt failed: deliver again later, or, after the last attempt, publish a dead letter."""
        subscription = delivery.subscription
        if subscription.dead_letters and delivery.attempts >= MAX_ATTEMPTS:
            self._write(lambda db: self._bury(db, delivery))
            self.published.set()
            return
        due = _due(self.clock.now() + subscription.backoff(delivery.attempts), urgent=delivery.is_urgent)
        self._write(lambda db: db.execute("UPDATE messages SET due_at = ? WHERE id = ?", [due, delivery.row]))

    def _write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Write without waiting for the disk: if power loss takes a message, the sweeper publishes its event again."""
        return self.database.write(run, survives_power_loss=False)

    def _bury(self, db: sqlite3.Connection, delivery: Delivery) -> None:
        attributes = {
            **delivery.attributes,
            "CloudPubSubDeadLetterSourceSubscription": delivery.subscription.name,
            "CloudPubSubDeadLetterSourceDeliveryCount": str(delivery.attempts),
        }
        now = iso(self.clock.now())
        _insert(db, _Row(DeadLetter.topic, delivery.message_id, delivery.data, attributes, now, now))
        db.execute("DELETE FROM messages WHERE id = ?", [delivery.row])


def _insert_with(db: sqlite3.Connection, writes: Sequence[Write], version: int, *rows: _Row) -> None:
    apply_all(db, writes, version)
    for row in rows:
        _insert(db, row)


def _insert(db: sqlite3.Connection, row: _Row) -> None:
    subscriptions = [subscription for subscription in SUBSCRIPTIONS if subscription.topic == row.topic]
    attributes = json.dumps(row.attributes)
    db.executemany(
        "INSERT INTO messages (message_id, topic, subscription, data, attributes, published_at, due_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (row.message_id, row.topic, to.name, row.data, attributes, row.published_at, _due_for(to, row.due_at))
            for to in subscriptions
        ],
    )


def _due_for(subscription: Subscription, due_at: str) -> str:
    return due_at if subscription.may_notify else due_at.removeprefix(URGENT)


def _due(time: datetime, *, urgent: bool) -> str:
    return f"{URGENT}{iso(time)}" if urgent else iso(time)


def _passed(now: datetime) -> tuple[_Span, _Span]:
    return ("", _due(now, urgent=True)), (BULK, _due(now, urgent=False))


def _late(now: datetime) -> tuple[_Span, _Span]:
    """The due times that are later than the longest wait."""
    late = now + _LONGEST
    return (f"{_due(late, urgent=True)}~", BULK), (f"{_due(late, urgent=False)}~", "~")


def _is_urgent(due_at: str) -> bool:
    """An earlier release left the due time of an urgent message empty."""
    return not due_at or due_at.startswith(URGENT)


def _delivery(row: tuple[int, str, str, str, bytes, str, str, int, str]) -> Delivery:
    number, subscription, message_id, topic, data, attributes, published_at, attempts, due_at = row
    return Delivery(
        number, _BY_NAME[subscription], message_id, topic, data, json.loads(attributes), published_at, attempts, due_at
    )
