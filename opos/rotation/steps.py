"""The steps of a rotation. The secrets themselves show the current step, so that each call can continue.

Outside a rotation, the old secret is unset or equals the current one. The first step makes it equal, so that the intake
knows both; the second sets a new current secret; when no delivery needs the old one, the last makes it equal again.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from opos.rotation.deliveries import Deliveries, look
from opos.rotation.secret_store import Keeper
from opos.senders.catalogue import is_made_by_sender, new_secret, sender
from shared.config.sources import SchemeName
from shared.errors import OposError
from shared.ports import Store
from shared.values.local_time import age, duration

_MAKE_IT = (
    "generate a new secret at the sender. If it can keep the old one valid for a while, or serve a second webhook with "
    "the same address, choose that, and remove the old one only after this command has finished the rotation."
)
Stage = Literal["copied", "unknown", "value needed", "renewed", "waiting", "retired"]


class CannotRotate(OposError):
    code = "cannot_rotate"


@dataclass(frozen=True, slots=True)
class Step:
    """What the call did, and what the operator does next."""

    stage: Stage
    done: list[str] = field(default_factory=list)
    next: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rotation:
    source: str
    scheme: SchemeName
    new: str
    old: str
    keeper: Keeper
    store: Store
    now: datetime
    quiet_for: timedelta
    given: str | None
    """The new value, if the sender generated it."""
    again: str
    """The command for the next step."""

    def step(self) -> Step:
        """Does the next step. Raises CannotRotate."""
        current, old = self.keeper.value(self.new), self.keeper.value(self.old)
        if current is None:
            raise CannotRotate(
                f"expected {self.new} to be set, found it unset", hint="Run `opos verify`: it shows how to set it."
            )
        if old is not None and old != current:
            return self._watch()
        if self.given == current:
            raise CannotRotate(f"expected a new value for {self.new}, found its current value")
        if old is None and self.keeper.at_once:
            return self._introduce()
        return self._renew(known=old is not None)

    def _introduce(self) -> Step:
        return Step(
            "copied", [self.keeper.copy(self.new, self.old)], self._restart(f"so that the intake knows {self.old}")
        )

    def _renew(self, *, known: bool) -> Step:
        """*known*: the old secret already has the current value. It is not copied again: another call may be ahead."""
        if not self.keeper.is_known(self.old):
            why = f"because it may not know {self.old} yet, and would reject webhooks that are signed with it"
            return Step("unknown", next=self._restart(why))
        if self.given is None and is_made_by_sender(self.scheme):
            then = f"then, immediately: {self.again} --new-value-from-stdin{self.keeper.confirm}"
            return Step("value needed", next=[f"{_MAKE_IT} {sender(self.source).where}", then])
        value = self.given or new_secret(self.scheme)
        done = [] if known else [self.keeper.copy(self.new, self.old)]
        done += [self.keeper.put(self.new, value)]
        next = [*self._reload("so that both secrets are valid"), *self._set_at_sender(), f"then: {self.again}"]
        return Step("renewed", done, next)

    def _watch(self) -> Step:
        if self.given is not None:
            hint = f"Finish it first: {self.again}"
            raise CannotRotate(f"A rotation of {self.new} is under way, and its new value is already set.", hint=hint)
        seen = look(self.store, self.source, new=self.new, old=self.old, now=self.now)
        since = seen.quiet_since()
        if since is None or self.now - since < self.quiet_for:
            return Step("waiting", [_seen(seen, self.now)], [*self._until(since), f"then: {self.again}"])
        return self._retire(seen)

    def _retire(self, seen: Deliveries) -> Step:
        done = [_seen(seen, self.now), *self.keeper.forget(self.new), self.keeper.copy(self.new, self.old)]
        done += self.keeper.forget(self.old)
        day = (self.now + timedelta(days=365)).date()
        later = f"the rotation is finished; set the next date in opos.yaml, rotate_by: {{{self.new}: {day}}}"
        return Step("retired", done, [*self._reload("so that the old secret is rejected"), later])

    def _restart(self, why: str) -> list[str]:
        given = " --new-value-from-stdin" if self.given else ""
        return [f"{self.keeper.restart}, {why}", f"then: {self.again}{given}{self.keeper.confirm}"]

    def _reload(self, why: str) -> list[str]:
        return [f"{self.keeper.reload}, {why}"] if self.keeper.reload else []

    def _set_at_sender(self) -> list[str]:
        if self.given is not None:
            return []
        return [f"set the new secret at the sender ({self.keeper.where(self.new)}). {sender(self.source).where}"]

    def _until(self, since: datetime | None) -> list[str]:
        if since is None:
            sends = "check that the sender has the new secret, and have it send a webhook"
            return [*self._reload("unless you have done so"), sends]
        left = duration(since + self.quiet_for - self.now)
        return [f"wait another {left}; a delivery with the old secret extends the wait"]


def _seen(seen: Deliveries, now: datetime) -> str:
    last = age(seen.last_old, now) if seen.last_old else "none"
    return f"deliveries signed with the new secret: {seen.new}; last delivery with the old secret: {last}"
