"""A lease in the store, so that one deploy runs at a time. A deploy renews it; without that it ends on its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.errors import AlreadyExists, Conflict, OposError, Unavailable
from shared.ports import Clock, Create, Doc, Store, Update
from shared.values.local_time import duration
from shared.values.timestamps import iso

PATH = "leases/deploy"
NEVER = datetime.min.replace(tzinfo=UTC)
LENGTH = timedelta(seconds=45)
RENEWED = 10.0
"""Seconds between two renewals."""
SKEW = timedelta(minutes=10)
"""How far the clocks of two machines may differ; a lease that ends later is of a clock that has been set back since."""
_FREE = ""


class Held(OposError):
    """Somebody else is deploying."""

    code = "held"


class Lost(OposError):
    """The lease ended before the deploy did, and another deploy may hold it now."""

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
        """Renews the lease before a change. Raises Lost unless this deploy still holds it, and Unavailable."""
        self._renew()
        if self._lost:
            raise Lost("Another deploy may have taken over, because this one could not renew its lease.")

    def lasts(self) -> bool:
        """Whether no other deploy can hold it, by this machine's clock."""
        return not self._lost and self.clock.now() < self._until

    def renew(self) -> None:
        """Renews the lease if the store answers; otherwise the next call does."""
        with suppress(Unavailable):
            self._renew()

    def _renew(self) -> None:
        with self._renewing:
            try:
                self._version, self._renewed = _written(self.store, self._doc(), self._version), self.clock.now()
            except (Conflict, AlreadyExists):
                self._lost = True

    def take(self) -> None:
        """Raises Held while another deploy holds the lease."""
        doc, now = self.store.get(PATH), self.clock.now()
        if doc and _lasts(doc, now) and doc.data["holder"] != self.holder:
            raise Held(_whose(doc, now), hint="Run the command again with --wait to wait for it.")
        try:
            self._version, self._renewed = _written(self.store, self._doc(), doc.version if doc else ""), now
        except (Conflict, AlreadyExists):
            raise Held("Another deploy started at the same time.", hint="Run the command again with --wait.") from None

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
    """Holds *lease* inside the block. Waits for the lease of a deploy that died; of one that runs, only with *wait*."""
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
    doc = store.get(PATH)
    return str(doc.data["until"]) if doc else ""


def _lasts(doc: Doc, now: datetime) -> bool:
    until = datetime.fromisoformat(doc.data["until"])
    return doc.data["holder"] != _FREE and now < until <= now + LENGTH + SKEW


def _whose(doc: Doc, now: datetime) -> str:
    left = duration(datetime.fromisoformat(doc.data["until"]) - now)
    return f"{doc.data['by']} is deploying, and holds the lease for another {left}."


def _written(store: Store, data: dict[str, str], version: str) -> str:
    write = Update(PATH, data, version) if version else Create(PATH, data)
    return store.commit([write])[PATH]
