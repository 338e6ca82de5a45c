"""Fakes: real implementations of the ports in memory, with state that a test can read."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from shared.config.model import Config
from shared.digest.queue_estimate import Tally
from shared.errors import AlreadyExists, Conflict, DeliveryError, Unavailable
from shared.events import Message
from shared.ports import Condition, Create, Delete, Doc, Form, Notice, Receipt, Set, Update, Write
from shared.ports.field_paths import field as field_of
from shared.ports.field_paths import merge
from shared.ports.indexes import LISTS, is_of_records, then_by
from shared.runtime.notices import NOTICES
from shared.security.signed_links import Links
from shared.services.flags.usage import Usage
from shared.services.intake.rejections import Rejections
from shared.services.outbox.context import Render
from shared.services.outbox.sends import Sends
from shared.services.records.company_watch import CompanyWatch
from shared.services.slo.indicators import Indicators
from tests.support.indexes import is_served, serves_records

COMPARE = {
    "==": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def matches(data: dict[str, Any], condition: Condition) -> bool:
    name, operator, value = condition
    stored = field_of(data, name)
    if operator == "contains":
        return isinstance(stored, list) and value in stored
    return stored is not None and type(stored) is type(value) and COMPARE[operator](stored, value)


def serves(collection: str, where: Sequence[Condition], order_by: str | None, *, descending: bool = False) -> bool:
    """Whether Firestore answers this query with the declared indexes; its emulator answers any query."""
    if is_of_records(collection):
        return serves_records(where, order_by)
    ranged = [name for name, operator, _ in where if operator != "=="]
    if any(operator == "contains" for _, operator, _ in where):
        return len(where) == 1 and (collection, *ranged) in LISTS and order_by is None
    return is_served(collection, [name for name, _, _ in where], order_by, descending=descending) and (
        not ranged or order_by in {None, *ranged}
    )


@dataclass
class FakeStore:
    """As Firestore does, it keeps the version of a document that an update leaves as it is."""

    docs: dict[str, Doc] = field(default_factory=dict)
    commits: list[Sequence[Write]] = field(default_factory=list)
    down: bool = False
    committing: threading.Lock = field(default_factory=threading.Lock)
    any_query: bool = False
    """Answer also queries that no declared index serves."""

    def get(self, path: str) -> Doc | None:
        self._check()
        doc = self.docs.get(path)
        return doc and _copy(doc)

    def query(
        self,
        collection: str,
        *,
        where: Sequence[Condition] = (),
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
        after: Doc | None = None,
    ) -> Iterator[Doc]:
        self._check()
        assert self.any_query or serves(collection, where, order_by, descending=descending)
        ranged = {name for name, operator, _ in where if operator not in {"==", "contains"}}
        assert self.any_query or ranged <= {order_by}, "Firestore orders by what a range is about"

        def key(doc: Doc) -> tuple[Any, ...]:
            names = [name for name in (order_by, then_by(collection, order_by)) if name]
            return (*(field_of(doc.data, name) for name in names), doc.path)

        docs = [doc for doc in self._in(collection) if all(matches(doc.data, condition) for condition in where)]
        docs = [doc for doc in docs if not order_by or field_of(doc.data, order_by) is not None]
        docs.sort(key=key, reverse=descending)
        if after is not None:
            docs = [doc for doc in docs if (key(doc) < key(after) if descending else key(doc) > key(after))]
        return iter([_copy(doc) for doc in docs[:limit]])

    def count(self, collection: str, *, where: Sequence[Condition] = ()) -> int:
        assert self.any_query or serves(collection, where, None)
        return sum(all(matches(doc.data, condition) for condition in where) for doc in self._in(collection))

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        self._check()
        with self.committing:
            docs, version = dict(self.docs), str(len(self.commits) + 1)
            for write in writes:
                self._apply(docs, write, version)
            self.docs = docs
            self.commits.append(list(writes))
            return {write.path: docs[write.path].version for write in writes if not isinstance(write, Delete)}

    def _apply(self, docs: dict[str, Doc], write: Write, version: str) -> None:
        known = docs.get(write.path)
        if isinstance(write, Create) and known:
            raise AlreadyExists(write.path)
        if isinstance(write, Update | Delete) and (not known or known.version != write.if_version):
            raise Conflict(write.path)
        if isinstance(write, Delete):
            del docs[write.path]
        elif isinstance(write, Update) and known:
            data = _stored(merge(known.data, write.data))
            docs[write.path] = Doc(write.path, data, known.version if data == known.data else version)
        elif isinstance(write, Create | Set):
            docs[write.path] = Doc(write.path, _stored(dict(write.data)), version)

    def _in(self, collection: str) -> list[Doc]:
        prefix = f"{collection}/"
        return [doc for path, doc in self.docs.items() if path.startswith(prefix)]

    def _check(self) -> None:
        if self.down:
            raise Unavailable("the fake store is down")


def _copy(doc: Doc) -> Doc:
    return doc._replace(data=_content(doc.data))


def _content(value: Any) -> Any:
    """A copy of *value*, which is JSON: `deepcopy` takes most of the time of a test that reads many documents."""
    if isinstance(value, dict):
        return {name: _content(member) for name, member in value.items()}
    return [_content(member) for member in value] if isinstance(value, list) else value


def _stored(data: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(data, ensure_ascii=False)
    stored: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
    return stored


@dataclass
class FakeBus:
    published: list[Message] = field(default_factory=list)
    later: list[Message] = field(default_factory=list)
    """Those of the published that are not urgent whatever they hold."""
    down: bool = False

    def publish(self, message: Message, *, later: bool = False) -> str:
        self.ping()
        self.later += [message] * later
        self.published.append(message)
        return str(len(self.published))

    def ping(self) -> None:
        if self.down:
            raise Unavailable("the fake bus is down")


@dataclass
class RecordingChannel:
    """Keeps what it is sent. Raises the first of `faults`, which `send` takes off the list and `reach` leaves there."""

    sent: list[tuple[str, Notice]] = field(default_factory=list)
    faults: list[DeliveryError] = field(default_factory=list)
    form: Form = field(default_factory=Form)

    def send(self, notice: Notice, key: str) -> Receipt:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append((key, notice))
        return Receipt("recorded", datetime(2026, 1, 1, tzinfo=UTC))

    def reach(self) -> bool:
        if self.faults:
            raise self.faults[0]
        return True


@dataclass
class WaitingChannel(RecordingChannel):
    """A slow one: it answers each message when the test lets it."""

    answers: threading.Event = field(default_factory=threading.Event)

    def send(self, notice: Notice, key: str) -> Receipt:
        assert self.answers.wait(30)
        return super().send(notice, key)


@dataclass
class FakeClock:
    moment: datetime = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


CONFIG = {
    "owner": "me@example.com",
    "sources": {
        "github": {"scheme": "github", "secrets": ["GITHUB_SECRET"]},
        "app": {"scheme": "standard-webhooks", "secrets": ["APP_SECRET", "APP_SECRET_OLD"]},
    },
    "channels": {"desk": {"console": True}, "inbox": {"console": True}},
    "route": {"channel": "desk", "group_by": ["source", "alertname"]},
    "digest": {"channel": "inbox", "window": timedelta(minutes=5), "size": 5},
}


@dataclass
class FakeContext:
    """Everything that any handler asks for, over fakes, with state that a test can read."""

    store: FakeStore = field(default_factory=FakeStore)
    bus: FakeBus = field(default_factory=FakeBus)
    joined: None = None
    clock: FakeClock = field(default_factory=FakeClock)
    config: Config = field(default_factory=lambda: Config.model_validate(CONFIG))
    flags: Any = None
    tally: Tally = field(default_factory=Tally)
    links: Links = field(default_factory=lambda: Links("a test's key", "https://opos.example"))
    channels: dict[str, RecordingChannel] = field(
        default_factory=lambda: {"desk": RecordingChannel(), "inbox": RecordingChannel()}
    )
    notices: Mapping[str, Render] = field(default_factory=lambda: NOTICES)
    sends: Sends = field(default_factory=Sends)
    secrets: dict[str, str] = field(default_factory=dict)
    kinds: Mapping[str, Any] = field(default_factory=dict)
    trace: str = "0af7651916cd43dd8448eb211c80319c"
    uptime_seconds: float = 1.0
    elapsed_seconds: float = 0.0
    """The time since the invocation began."""
    deployed: bool = False
    local_push_service: str = ""
    release: str = ""
    operators: frozenset[str] = frozenset()
    """Values of the authorization header that authenticate an operator."""
    called: list[str] = field(default_factory=list)
    ids: Iterator[str] = field(default_factory=lambda: (f"{n:032x}" for n in count(1)))

    def __post_init__(self) -> None:
        self.indicators = Indicators(lambda: self.store, "test", lambda: self.config.slos)
        self.company_watch = CompanyWatch(lambda: self.store)
        self.usage = Usage(lambda: self.store, "test")
        self.rejections = Rejections(lambda: self.store)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def operator(self, headers: Mapping[str, str]) -> str:
        return "me@example.com" if headers.get("authorization") in self.operators else ""

    def new_id(self) -> str:
        return next(self.ids)

    def secret(self, name: str) -> str:
        if name not in self.secrets:
            raise Unavailable(f"The secret {name} is not set.")
        return self.secrets[name]

    def channel(self, name: str) -> RecordingChannel:
        return self.channels[name]

    several: dict[str, dict[str, RecordingChannel]] = field(default_factory=dict)
    """The channels that have several addressees, with these."""

    def addressees(self, name: str) -> Mapping[str, RecordingChannel]:
        return self.several.get(name) or {"": self.channels[name]}

    certificates: dict[str, datetime] = field(default_factory=dict)
    offset: timedelta | None = None
    free: float | None = None
    keyless: set[str] = field(default_factory=set)
    """Issuers whose keys cannot be fetched."""

    def call(self, secret: str) -> None:
        self.called.append(secret)

    def fetch_keys(self, issuer: str) -> None:
        if issuer in self.keyless:
            raise Unavailable("no keys")

    def certificate_ends(self, host: str) -> datetime:
        if host not in self.certificates:
            raise Unavailable("no certificate")
        return self.certificates[host]

    def clock_offset(self, url: str) -> timedelta:  # noqa: ARG002
        if self.offset is None:
            raise Unavailable("no time")
        return self.offset

    has_data_file: bool = True
    is_damaged: bool = False
    exposed: list[str] = field(default_factory=list)

    broken_flags: str | None = None

    def flags_fault(self) -> str | None:
        return self.broken_flags

    def exposed_files(self) -> list[str]:
        return self.exposed

    def free_mb(self) -> float | None:
        return self.free
