"""What the runtime hands to a handler."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.security.callers import OPERATORS

if TYPE_CHECKING:
    from shared.config.model import Config
    from shared.digest.queue_estimate import Tally
    from shared.flags import FlagSet
    from shared.flags.access import Access
    from shared.ports import Bus, Channel, Joined, Store
    from shared.runtime.container import Runtime
    from shared.security.signed_links import Links
    from shared.services.flags.usage import Usage
    from shared.services.slo.indicators import Indicators


class Invocation(NamedTuple):
    """One run of a handler: its moment, its trace, and the ports of the process (see `shared.context.Context`)."""

    runtime: "Runtime"
    now: datetime
    trace: str
    began: float

    @property
    def store(self) -> "Store":
        return self.runtime.store

    @property
    def bus(self) -> "Bus":
        return self.runtime.bus

    @property
    def joined(self) -> "Joined | None":
        return self.runtime.joined

    @property
    def config(self) -> "Config":
        return self.runtime.config

    @property
    def access(self) -> "Access":
        return self.runtime.access

    @property
    def flags(self) -> "FlagSet":
        return self.runtime.flags.current(self.now)

    @property
    def usage(self) -> "Usage":
        return self.runtime.usage

    @property
    def indicators(self) -> "Indicators":
        return self.runtime.indicators

    @property
    def elapsed_seconds(self) -> float:
        return time.monotonic() - self.began

    def wait_for(self, caller: str) -> int:
        limiter = self.runtime.limiter
        return limiter.wait(caller) if limiter else 0

    @property
    def overridden(self) -> Mapping[str, str]:
        return self.runtime.overrides.current(self.now)

    @property
    def tally(self) -> "Tally":
        return self.runtime.tally

    @property
    def links(self) -> "Links":
        return self.runtime.links

    @property
    def uptime_seconds(self) -> float:
        return time.monotonic() - self.runtime.started

    @property
    def deployed(self) -> bool:
        return self.runtime.settings.deployed

    @property
    def release(self) -> str:
        names = self.runtime.settings.environment
        return names.get("OPOS_RELEASE") or names.get("K_REVISION") or ""

    def is_operator(self, headers: Mapping[str, str]) -> bool:
        also = self.runtime.settings.environment.get(OPERATORS, "").split(",")
        operators = [self.config.owner, *self.config.operators, *filter(None, also)]
        return self.runtime.callers.is_operator(headers, operators, self.now)

    def user(self, headers: Mapping[str, str]) -> dict[str, Any] | None:
        return self.runtime.user(headers, self.now)

    def new_id(self) -> str:
        return self.runtime.new_id()

    def secret(self, name: str) -> str:
        return self.runtime.secret(name)

    def channel(self, name: str) -> "Channel":
        return self.runtime.channel(name)

    def call(self, secret: str) -> None:
        self.runtime.call(secret)

    def fetch_keys(self, issuer: str) -> None:
        self.runtime.fetch_keys(issuer)

    def certificate_ends(self, host: str) -> datetime:
        return self.runtime.certificate_ends(host)

    def clock_offset(self, url: str) -> timedelta:
        return self.runtime.clock_offset(url)

    def free_mb(self) -> float | None:
        return self.runtime.free_mb()
