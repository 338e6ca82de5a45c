"""One deploy at a time: a lease in the store that whoever deploys renews, and that ends by itself when they die."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.errors import AlreadyExists, Conflict, OposError, Unavailable
from shared.ports import Clock, Create, Doc, Store, Update
from shared.values.timestamps import iso

PATH = "leases/deploy"
NEVER = datetime.min.replace(tzinfo=UTC)
LENGTH = timedelta(seconds=45)
RENEWED = 10.0
"""Seconds between two renewals."""
_FREE = ""


class Held(OposError):
    """Somebody else is deploying."""

    code = "held"


class Lost(OposError):
    """The lease ended before the work did, and somebody else may have it now."""

    code = "lease_lost"


@dataclass
class Lease:
    holder: str
    by: str
    store: Store
    clock: Clock
    _version: str = ""
    _renewed: datetime = NEVER
    _lost: bool = False
    _over: threading.Event = field(default_factory=threading.Event)
    _renewing: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """Renews it. Raises Lost unless it is still held, and Unavailable: to be called before each change."""
        self._renew()
        if self._lost:
            raise Lost("Another deploy may have taken over, since this one could not renew its lease.")

    def lasts(self) -> bool:
        """Whether nobody else can have it, by this machine's clock."""
        return not self._lost and self.clock.now() < self._until

    def renew(self) -> None:
        """As far as that can be done now: the next time will tell."""
        with suppress(Unavailable):
            self._renew()

    def _renew(self) -> None:
        with self._renewing:
            try:
                self._version, self._renewed = _written(self.store, self._doc(), self._version), self.clock.now()
            except (Conflict, AlreadyExists):
                self._lost = True

    def take(self) -> None:
        """Raises Held while another one lasts."""
        found, now = self.store.get(PATH), self.clock.now()
        if found and _lasts(found, now) and found.data["holder"] != self.holder:
            raise Held(_whose(found), hint="Wait for it, or call again with --wait.")
        try:
            self._version, self._renewed = _written(self.store, self._doc(), found.version if found else ""), now
        except (Conflict, AlreadyExists):
            raise Held("Another deploy began at the same moment.", hint="Call again with --wait.") from None

    def keep(self) -> None:
        while not self._over.wait(RENEWED):
            self.renew()

    def give_back(self) -> None:
        self._over.set()
        with self._renewing, suppress(Conflict, AlreadyExists, Unavailable):
            if not self._lost:
                _written(self.store, {"holder": _FREE, "by": self.by, "until": iso(self.clock.now())}, self._version)

    def _doc(self) -> dict[str, str]:
        return {"holder": self.holder, "by": self.by, "until": iso(self.clock.now() + LENGTH)}

    @property
    def _until(self) -> datetime:
        return self._renewed + LENGTH


@contextmanager
def leased(lease: Lease, *, wait: bool, sleep: Callable[[float], None], say: Callable[[str], None]) -> Iterator[Lease]:
    """Hold *lease* meanwhile. One that nobody renews any more is waited for; one that is renewed only with *wait*."""
    _take(lease, wait=wait, sleep=sleep, say=say)
    renewing = threading.Thread(target=lease.keep, daemon=True)
    renewing.start()
    try:
        yield lease
    finally:
        lease.give_back()
        renewing.join(timeout=RENEWED)


def _take(lease: Lease, *, wait: bool, sleep: Callable[[float], None], say: Callable[[str], None]) -> None:
    seen = _until(lease.store)
    while True:
        try:
            return lease.take()
        except Held as held:
            is_renewed = _until(lease.store) != seen
            if is_renewed and not wait:
                raise
            say(f"{held.message} Waiting.")
            sleep(RENEWED / 2)


def _until(store: Store) -> str:
    found = store.get(PATH)
    return str(found.data["until"]) if found else ""


def _lasts(doc: Doc, now: datetime) -> bool:
    return doc.data["holder"] != _FREE and datetime.fromisoformat(doc.data["until"]) > now


def _whose(doc: Doc) -> str:
    return f"{doc.data['by']} is deploying, and holds the lease until {doc.data['until'][11:19]} UTC."


def _written(store: Store, data: dict[str, str], version: str) -> str:
    write = Update(PATH, data, version) if version else Create(PATH, data)
    return store.commit([write])[PATH]
