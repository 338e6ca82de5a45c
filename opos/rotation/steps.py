"""A rotation, step by step. Where it stands is read from the secrets themselves, so that each call can go on.

At rest the old secret is unset or equal to the present one. First it is made equal, so that whoever takes webhooks
knows both; then a new one takes the present one's place; when no delivery needs the old one, it is made equal again.
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

_MAKE_IT = (
    "let the sender make a new one. Where it can keep the old one for a while, or serve a second webhook with the same "
    "address, choose that, and end the old one only when this command is done with it."
)
Stage = Literal["copied", "unknown", "value needed", "renewed", "waiting", "retired"]


class CannotRotate(OposError):
    code = "cannot_rotate"


@dataclass(frozen=True, slots=True)
class Step:
    """What was done, and what the operator does next."""

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
    """The new value, where the sender made it."""
    again: str
    """The command that takes the next step."""

    def step(self) -> Step:
        """Do what comes next. Raises CannotRotate."""
        present, old = self.keeper.value(self.new), self.keeper.value(self.old)
        if present is None:
            raise CannotRotate(
                f"expected {self.new} to be set, found it unset", hint="`opos verify` says how to set it."
            )
        if old is not None and old != present:
            return self._watch()
        if self.given == present:
            raise CannotRotate(f"expected a new value for {self.new}, found the one that it has")
        if old is None and self.keeper.at_once:
            return self._introduce()
        return self._renew(known=old is not None)

    def _introduce(self) -> Step:
        return Step("copied", [self.keeper.copy(self.new, self.old)], self._restart(f"so that {self.old} is known"))

    def _renew(self, *, known: bool) -> Step:
        """*known*: the old secret has the present value already. It is not copied again: another call may be ahead."""
        if not self.keeper.is_known(self.old):
            why = f"as it may not know {self.old}, and then would refuse what is signed with it"
            return Step("unknown", next=self._restart(why))
        if self.given is None and is_made_by_sender(self.scheme):
            then = f"then, without delay: {self.again} --new-value-from-stdin{self.keeper.confirm}"
            return Step("value needed", next=[f"{_MAKE_IT} {sender(self.source).where}", then])
        value = self.given or new_secret(self.scheme)
        done = [] if known else [self.keeper.copy(self.new, self.old)]
        done += [self.keeper.put(self.new, value)]
        next = [*self._reload("so that both are good"), *self._tell_sender(), f"then: {self.again}"]
        return Step("renewed", done, next)

    def _watch(self) -> Step:
        if self.given is not None:
            hint = f"Finish it first: {self.again}"
            raise CannotRotate(f"A rotation of {self.new} is under way, and its new value is set.", hint=hint)
        seen = look(self.store, self.source, new=self.new, old=self.old, now=self.now)
        since = seen.quiet_since()
        if since is None or self.now - since < self.quiet_for:
            return Step("waiting", [_seen(seen)], [*self._until(since), f"then: {self.again}"])
        return self._retire(seen)

    def _retire(self, seen: Deliveries) -> Step:
        done = [_seen(seen), *self.keeper.forget(self.new), self.keeper.copy(self.new, self.old)]
        done += self.keeper.forget(self.old)
        day = (self.now + timedelta(days=365)).date()
        later = f"it is over; set the next day in opos.yaml, rotate_by: {{{self.new}: {day}}}, and call again then"
        return Step("retired", done, [*self._reload("so that the old one is refused"), later])

    def _restart(self, why: str) -> list[str]:
        given = " --new-value-from-stdin" if self.given else ""
        return [f"{self.keeper.restart}, {why}", f"then: {self.again}{given}{self.keeper.confirm}"]

    def _reload(self, why: str) -> list[str]:
        return [f"{self.keeper.reload}, {why}"] if self.keeper.reload else []

    def _tell_sender(self) -> list[str]:
        if self.given is not None:
            return []
        return [f"give the new one to the sender ({self.keeper.where(self.new)}). {sender(self.source).where}"]

    def _until(self, since: datetime | None) -> list[str]:
        if since is None:
            sends = "make sure that the sender has the new one, and let it send something"
            return [*self._reload("if that was not done since"), sends]
        return [f"wait until {since + self.quiet_for:%Y-%m-%d %H:%M} UTC without a delivery that needs the old one"]


def _seen(seen: Deliveries) -> str:
    old = (
        f"the last with the old one at {seen.last_old:%Y-%m-%d %H:%M} UTC" if seen.last_old else "none with the old one"
    )
    return f"deliveries signed with the new secret: {seen.new}; {old}"
