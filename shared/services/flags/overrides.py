"""Overrides of flags: each sets a flag for everyone until a given time, and stores who set it and why."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

from shared.errors import Conflict, NotFound
from shared.ports import Doc, Store, Update, create_or_update
from shared.ports.field_paths import EXPIRY
from shared.process.due_task import DueTask
from shared.telemetry.logger import log as _log
from shared.values.timestamps import iso

FRESH = 5.0
"""Seconds for which a process uses the overrides that it last read."""
CONNECTING = 4.0
"""Seconds for which the first requests of a process wait: it has to load the library of the store, and to connect."""
KEEP = timedelta(days=400)
MOST = 1000
"""How many overridden flags are read: far more than a flags.yaml has."""
REMEMBERED = 50
"""How many overrides of one flag are kept."""


def override(
    flag: str, variant: str, store: Store, *, who: str, why: str, until: datetime, now: datetime,
    version: str | None = None,
) -> dict[str, str]:  # fmt: skip
    """Sets *flag* to *variant* for everyone until *until*. Raises Conflict if somebody else overrides it at once, and
    if *version*, where it is given, is not that of the override in force ("" if there is none).
    """
    content = {"variant": variant, "who": who, "why": why, "at": iso(now), "until": iso(until)}
    doc = store.get(f"overrides/{flag}")
    _require(version, flag, doc, now)
    history = [*(doc.data["history"] if doc else []), content][-REMEMBERED:]
    fields = {**content, "history": history, EXPIRY: iso(until + KEEP)}
    store.commit([create_or_update(f"overrides/{flag}", fields, doc)])
    return content


def release(flag: str, store: Store, *, who: str, now: datetime, version: str | None = None) -> None:
    """Ends the override of *flag*, so that its rule applies again. Raises NotFound if there is no override, and
    Conflict as `override` does.
    """
    doc = store.get(f"overrides/{flag}")
    _require(version, flag, doc, now)
    if doc is None or not _is_in_force(doc, now):
        raise NotFound(f"The flag {flag} is not overridden.", hint="`opos flags overrides` lists all overrides.")
    *earlier, present = doc.data["history"]
    history = [*earlier, {**present, "released_at": iso(now), "released_by": who}]
    store.commit([Update(doc.path, {"until": iso(now), "history": history}, doc.version)])


def _require(version: str | None, flag: str, doc: Doc | None, now: datetime) -> None:
    """Compare the version that a caller saw with the document that the caller's write will update."""
    present = doc.version if doc and _is_in_force(doc, now) else ""
    if version is not None and version != present:
        raise Conflict(f"overrides/{flag}")


def _is_in_force(doc: Doc, now: datetime) -> bool:
    return bool(doc.data["until"] > iso(now))


def remembered(store: Store, now: datetime) -> list[Doc]:
    """Every flag that was overridden in the last 400 days, with its `history`: its last overrides, oldest first."""
    return _ending_after(now - KEEP, store)


def in_force(store: Store, now: datetime) -> list[Doc]:
    return _ending_after(now, store)


def _ending_after(moment: datetime, store: Store) -> list[Doc]:
    return list(store.query("overrides", where=[("until", ">", iso(moment))], order_by="until", limit=MOST))


class Known(NamedTuple):
    """The variant of each overridden flag. `is_stale`: the store has not answered, so there may be others by now."""

    variants: Mapping[str, str]
    is_stale: bool


@dataclass
class Overrides:
    """The overrides, as this process last read them: within the last few seconds, if the store answers.

    A request waits for the store only a moment: while it is silent, what was last read is in force.
    """

    store: Callable[[], Store]
    _known: Sequence[tuple[str, str, str]] = ()
    _questions: Iterator[int] = field(default_factory=count)
    _answered: int = -1
    """The question to which what is known is the answer."""
    _keeping: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.asking = DueTask(self._ask, FRESH, first_patience=CONNECTING)

    def current(self, now: datetime) -> "Known":
        is_fresh = self.asking.ask(now)
        variants = {flag: variant for flag, variant, until in self._known if until > iso(now)} if self._known else {}
        return Known(variants, is_stale=not is_fresh)

    def _ask(self, now: datetime) -> bool:
        question = next(self._questions)
        try:
            known = [(doc.id, doc.data["variant"], doc.data["until"]) for doc in in_force(self.store(), now)]
        except Exception as fault:  # noqa: BLE001  (until the store answers, each flag keeps its override or its rule)
            _log.warning("overrides_not_read", error=type(fault).__name__)
            return False
        with self._keeping:
            if question > self._answered:  # an earlier question may be answered after a later one
                self._known, self._answered = known, question
        return True
