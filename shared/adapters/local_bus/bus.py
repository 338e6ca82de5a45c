"""The Bus in the SQLite file: a message is one row for each subscription of its topic, until it is acknowledged."""

import base64
import json
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from shared.adapters.sqlite.database import Database
from shared.adapters.sqlite.store import apply_all, new_version
from shared.events import DeadLetter, Message, iso
from shared.ports import Clock, Write
from shared.ports.topology import MAX_ATTEMPTS, SUBSCRIPTIONS, Subscription
from shared.telemetry import tracing

T = TypeVar("T")
_BY_NAME = {subscription.name: subscription for subscription in SUBSCRIPTIONS}
FIRST = ""
"""The due time of an urgent message, before all others. After a failed attempt it waits like any other."""
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

    def publish(self, message: Message) -> str:
        with tracing.publishing(message) as span:
            row = self._row(message, span)
            self._write(lambda db: _insert(db, row))
        self.published.set()
        return row.message_id

    def publish_with(self, write: Write, make: Callable[[str], Message], *more: Write) -> None:
        """See `shared.ports.Joined.publish_with`."""
        version = new_version()
        message = make(str(version))
        with tracing.publishing(message) as span:
            row = self._row(message, span)
            self.database.write(lambda db: _insert_with(db, [write, *more], version, row))
        self.published.set()

    def _row(self, message: Message, span: tracing.Span) -> _Row:
        attributes = {tracing.HEADER: str(span.place)}
        data = message.model_dump_json().encode()
        now = iso(self.clock.now())
        return _Row(message.topic, self.new_id(), data, attributes, now, FIRST if message.is_urgent else now)

    def ping(self) -> None:
        self.database.write(lambda db: db.execute("UPDATE sequence SET n = n"))

    def take(self, limit: int, *, busy: Sequence[int] = ()) -> list[Delivery]:
        """Up to *limit* due messages that are not *busy*, the longest due first. Counts the attempt."""
        now = self.clock.now()
        times = [iso(now), iso(now + _LONGEST)]
        marks = ", ".join("?" * len(busy))
        due = f"(due_at <= ? OR due_at > ?) AND id NOT IN ({marks}) AND subscription IN ({_KNOWN})"
        if not self.database.read(f"SELECT 1 FROM messages WHERE {due} LIMIT 1", [*times, *busy]):  # noqa: S608
            return []
        sql = (
            f"UPDATE messages SET attempts = attempts + 1 WHERE id IN"  # noqa: S608  (only question marks are added)
            f" (SELECT id FROM messages WHERE {due} ORDER BY due_at, id LIMIT ?)"
            " RETURNING id, subscription, message_id, topic, data, attributes, published_at, attempts"
        )
        rows = self._write(lambda db: db.execute(sql, [*times, *busy, limit]).fetchall())
        return [_delivery(row) for row in sorted(rows)]

    def acknowledge(self, delivery: Delivery) -> None:
        self._write(lambda db: db.execute("DELETE FROM messages WHERE id = ?", [delivery.row]))

    def refuse(self, delivery: Delivery) -> None:
        """The attempt failed: deliver again later, or, after the last attempt, publish a dead letter."""
        subscription = delivery.subscription
        if subscription.dead_letters and delivery.attempts >= MAX_ATTEMPTS:
            self._write(lambda db: self._bury(db, delivery))
            self.published.set()
            return
        due = iso(self.clock.now() + subscription.backoff(delivery.attempts))
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


def _insert_with(db: sqlite3.Connection, writes: Sequence[Write], version: int, row: _Row) -> None:
    apply_all(db, writes, version)
    _insert(db, row)


def _insert(db: sqlite3.Connection, row: _Row) -> None:
    names = [subscription.name for subscription in SUBSCRIPTIONS if subscription.topic == row.topic]
    attributes = json.dumps(row.attributes)
    db.executemany(
        "INSERT INTO messages (message_id, topic, subscription, data, attributes, published_at, due_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(row.message_id, row.topic, name, row.data, attributes, row.published_at, row.due_at) for name in names],
    )


def _delivery(row: tuple[int, str, str, str, bytes, str, str, int]) -> Delivery:
    number, subscription, message_id, topic, data, attributes, published_at, attempts = row
    return Delivery(
        number, _BY_NAME[subscription], message_id, topic, data, json.loads(attributes), published_at, attempts
    )
