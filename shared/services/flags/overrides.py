"""Overrides of flags: each sets a flag for everyone until a given time, and stores who set it and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import NotFound
from shared.ports import Doc, Set, Store, Update
from shared.ports.field_paths import EXPIRY
from shared.process.background_task import BackgroundTask
from shared.telemetry.logger import log as _log
from shared.values.timestamps import iso

FRESH = 5.0
"""Seconds for which a process uses the overrides that it last read."""
PAUSE = 0.05
KEEP = timedelta(days=400)


def override(
    flag: str, variant: str, store: Store, *, who: str, why: str, until: datetime, now: datetime
) -> dict[str, str]:
    """Sets *flag* to *variant* for everyone until *until*."""
    content = {"variant": variant, "who": who, "why": why, "at": iso(now), "until": iso(until)}
    store.commit([Set(f"overrides/{flag}", {**content, EXPIRY: iso(until + KEEP)})])
    return content


def release(flag: str, store: Store, now: datetime) -> None:
    """Ends the override of *flag*, so that its rule applies again. Raises NotFound if there is no override."""
    doc = store.get(f"overrides/{flag}")
    if doc is None or doc.data["until"] <= iso(now):
        raise NotFound(f"The flag {flag} is not overridden.", hint="`opos flags overrides` lists all overrides.")
    store.commit([Update(doc.path, {"until": iso(now)}, doc.version)])


def in_force(store: Store, now: datetime) -> list[Doc]:
    return list(store.query("overrides", where=[("until", ">", iso(now))], order_by="until"))


@dataclass
class Overrides:
    """The overrides, as this process last read them.

    No evaluation waits for the store: while the store is slow or unreachable, an override only takes effect later.
    """

    store: Callable[[], Store]
    _known: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.asking = BackgroundTask(self._ask, FRESH, pause=PAUSE)

    def current(self, now: datetime) -> Mapping[str, str]:
        """The variant of each overridden flag."""
        self.asking.ask(now)
        return {flag: variant for flag, variant, until in self._known if until > iso(now)} if self._known else {}

    def _ask(self, now: datetime) -> None:
        try:
            self._known = [(doc.id, doc.data["variant"], doc.data["until"]) for doc in in_force(self.store(), now)]
        except Exception as fault:  # noqa: BLE001  (until the store answers, each flag keeps its override or its rule)
            _log.warning("overrides_not_read", error=type(fault).__name__)
