"""Overriding a flag for a while, without a deploy: written down with who, why and until when."""

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
"""Seconds for which what is known of the overrides is taken for true."""
PAUSE = 0.05
KEEP = timedelta(days=400)


def override(
    flag: str, variant: str, store: Store, *, who: str, why: str, until: datetime, now: datetime
) -> dict[str, str]:
    """From now on *flag* is *variant* for everybody, until then."""
    said = {"variant": variant, "who": who, "why": why, "at": iso(now), "until": iso(until)}
    store.commit([Set(f"overrides/{flag}", {**said, EXPIRY: iso(until + KEEP)})])
    return said


def release(flag: str, store: Store, now: datetime) -> None:
    """The rule of *flag* counts again. Raises NotFound where nothing overrides it."""
    doc = store.get(f"overrides/{flag}")
    if doc is None or doc.data["until"] <= iso(now):
        raise NotFound(f"Nothing overrides {flag}.", hint="`opos flags overrides` lists what is overridden.")
    store.commit([Update(doc.path, {"until": iso(now)}, doc.version)])


def in_force(store: Store, now: datetime) -> list[Doc]:
    return list(store.query("overrides", where=[("until", ">", iso(now))], order_by="until"))


@dataclass
class Overrides:
    """What is overridden, as this process knows it.

    No look-up waits for the store: one that is away or slow costs nothing but that an override comes late.
    """

    store: Callable[[], Store]
    _known: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.asking = BackgroundTask(self._ask, FRESH, pause=PAUSE)

    def current(self, now: datetime) -> Mapping[str, str]:
        """The variant of each flag that is overridden."""
        self.asking.ask(now)
        return {flag: variant for flag, variant, until in self._known if until > iso(now)} if self._known else {}

    def _ask(self, now: datetime) -> None:
        try:
            self._known = [(doc.id, doc.data["variant"], doc.data["until"]) for doc in in_force(self.store(), now)]
        except Exception as fault:  # noqa: BLE001  (flags are answered by their rules while nobody can say)
            _log.warning("overrides_not_read", error=type(fault).__name__)
