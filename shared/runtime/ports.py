"""The ports of a process, made from its settings: each at its first use, and kept until the process ends."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.errors import OposError, Unavailable
from shared.ports import Bus, Channel, Clock, Joined, Store
from shared.process.lazy_property import once
from shared.runtime.clock import SystemClock, new_id
from shared.runtime.settings import DEFAULT_URL, SIGNING_KEY, Settings, SettingsError
from shared.security.secrets import kept_key, read_secret

if TYPE_CHECKING:
    from shared.adapters.channels.webpush import WebPush
    from shared.adapters.local_bus.bus import LocalBus
    from shared.adapters.sqlite.database import Database
    from shared.config.files.compiled_flags import Compiled
    from shared.config.model import Config
    from shared.digest.queue_estimate import Tally
    from shared.flags.access import Access
    from shared.records.kind import Kind
    from shared.runtime.identities import Users
    from shared.security.callers import Callers
    from shared.security.rate_limit import Limiter
    from shared.security.signed_links import Links
    from shared.services.flags.overrides import Overrides
    from shared.services.flags.usage import Usage
    from shared.services.flags.watched_file import WatchedFlags
    from shared.services.intake.rejections import Rejections
    from shared.services.outbox.context import Render
    from shared.services.outbox.sends import Sends
    from shared.services.records.company_watch import CompanyWatch
    from shared.services.slo.indicators import Indicators

KEY_FILE = "signing.key"
_HOW_TO_SET = "Set {name} in .env beside opos.yaml or in the environment, or set {name}_FILE to the path of a file."
OUTSIDE = 2.0
"""Seconds that a host may take to show its certificate, or the time."""


@dataclass
class Ports:
    """Everything that follows from *settings*; tests pass their own `clock` and `channels`. `shared.context.Context`
    and the Protocols that extend it say what each member is for.
    """

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    channels: dict[str, Channel] = field(default_factory=dict)
    to: dict[str, Mapping[str, Channel]] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    @once
    def config(self) -> "Config":
        from shared.runtime.configuration import read_config

        return read_config(self.settings)

    @once
    def watched_flags(self) -> "WatchedFlags":
        from shared.runtime.configuration import read_flags
        from shared.services.flags.watched_file import WatchedFlags

        known = self._built.flags if self._built else None
        return WatchedFlags(self.settings.flags, partial(read_flags, self.settings), known)

    def flags_fault(self) -> str | None:
        try:
            self.watched_flags.current()
        except (OposError, OSError) as fault:
            return str(fault)
        return self.watched_flags.fault

    @once
    def _built(self) -> "Compiled | None":
        """What the build compiled from the files, read once at the start."""
        from shared.runtime.configuration import read_compiled

        return read_compiled(self.settings)

    @once
    def access(self) -> "Access":
        return self._built.access if self._built else self.config.flags.access()

    @once
    def usage(self) -> "Usage":
        from shared.services.flags.usage import Usage

        return Usage(lambda: self.store, new_id())

    @once
    def indicators(self) -> "Indicators":
        from shared.services.slo.indicators import Indicators

        return Indicators(lambda: self.store, new_id(), lambda: self.config.slos)

    @once
    def rejections(self) -> "Rejections":
        from shared.services.intake.rejections import Rejections

        return Rejections(lambda: self.store)

    @once
    def limiter(self) -> "Limiter | None":
        from shared.security.rate_limit import Limiter

        allowed = self.access.requests_per_minute
        return Limiter(allowed) if allowed else None

    def wait_for(self, caller: str) -> int:
        return self.limiter.wait(caller) if self.limiter else 0

    @once
    def kinds(self) -> "Mapping[str, Kind]":
        from shared.runtime.company import load_kinds

        return load_kinds(self.settings.company)

    @once
    def company_watch(self) -> "CompanyWatch":
        from shared.services.records.company_watch import CompanyWatch

        return CompanyWatch(lambda: self.store)

    @once
    def database(self) -> "Database":
        from shared.runtime.storage import open_database

        return open_database(self.settings)

    @once
    def store(self) -> Store:
        from shared.runtime.current_documents import CurrentDocuments
        from shared.runtime.storage import connect_firestore, open_store

        stored = connect_firestore(self.settings) if self.settings.on_firestore else open_store(self.database)
        return CurrentDocuments(stored)

    @once
    def bus(self) -> Bus:
        from shared.runtime.storage import connect_pubsub

        return connect_pubsub(self.settings) if self.settings.bus == "pubsub" else self.local_bus

    @once
    def joined(self) -> "Joined | None":
        if self.settings.on_firestore or self.settings.bus != "local":
            return None
        from shared.runtime.current_documents import CurrentDocuments

        return self.local_bus if isinstance(self.store, CurrentDocuments) else None

    @once
    def local_bus(self) -> "LocalBus":
        from shared.adapters.local_bus.bus import LocalBus

        if self.settings.bus != "local":
            raise SettingsError(f"OPOS_BUS: expected local or pubsub, found {self.settings.bus!r}")
        return LocalBus(self.database, self.clock, new_id)

    @once
    def tally(self) -> "Tally":
        from shared.digest.queue_estimate import Tally

        return Tally()

    @once
    def overrides(self) -> "Overrides":
        from shared.services.flags.overrides import Overrides

        return Overrides(lambda: self.store)

    @once
    def links(self) -> "Links":
        from shared.security.signed_links import Links

        key = read_secret(SIGNING_KEY, self.settings.environment) or self._local_signing_key()
        return Links(key, self.settings.public_url or self.config.public_url or DEFAULT_URL)

    @once
    def callers(self) -> "Callers":
        from shared.runtime.identities import make_callers

        return make_callers(self.settings)

    @property
    def operators(self) -> list[str]:
        from shared.runtime.identities import operators

        return operators(self.config, self.settings.environment)

    @once
    def users(self) -> "Users":
        from shared.runtime.identities import Users

        return Users(lambda: self.access, self.secret)

    @once
    def sends(self) -> "Sends":
        from shared.services.outbox.sends import Sends

        return Sends()

    @once
    def notices(self) -> Mapping[str, "Render"]:
        from shared.runtime.notices import NOTICES

        return NOTICES

    @property
    def deployed(self) -> bool:
        return self.settings.deployed

    @property
    def local_push_service(self) -> str:
        return "" if self.deployed else self.settings.environment.get("OPOS_LOCAL_PUSH_SERVICE", "")

    @property
    def release(self) -> str:
        return self.settings.release

    @property
    def uptime_seconds(self) -> float:
        return time.monotonic() - self.started

    def fetch_keys(self, issuer: str) -> None:
        self.users.fetch_keys(issuer)

    def certificate_ends(self, host: str) -> datetime:
        from shared.adapters.host_probes import certificate_ends

        address = urlsplit(f"//{host}")
        return certificate_ends(str(address.hostname), address.port or 443, timeout=OUTSIDE)

    def clock_offset(self, url: str) -> timedelta:
        from shared.adapters.host_probes import clock_offset

        return clock_offset(url, timeout=OUTSIDE)

    def free_mb(self) -> float | None:
        return None if self.settings.on_firestore else self.database.free_bytes() / 2**20

    @property
    def has_data_file(self) -> bool:
        return not self.settings.on_firestore

    @property
    def is_damaged(self) -> bool:
        return self.has_data_file and self.database.is_damaged

    def exposed_files(self) -> list[str]:
        return self.database.exposed(KEY_FILE) if self.has_data_file else []

    def new_id(self) -> str:
        return new_id()

    def secret(self, name: str) -> str:
        value = read_secret(name, self.settings.environment)
        if value is None:
            raise Unavailable(f"The secret {name} is not set.", hint=_HOW_TO_SET.format(name=name))
        return value

    def channel(self, name: str) -> Channel:
        if name not in self.channels:
            self.channels[name] = self._make_channel(name)
        return self.channels[name]

    def addressees(self, name: str) -> Mapping[str, Channel]:
        if web_push := self._web_push(name):
            return web_push.addressees() or {"": web_push}
        if name not in self.to:
            self.to[name] = self._addressees(name)
        return self.to[name]

    def call(self, secret: str) -> None:
        from shared.adapters.channels.http_post import call

        call(self.secret(secret))

    def _make_channel(self, name: str) -> Channel:
        from shared.adapters.channels import make_channel

        if web_push := self._web_push(name):
            return web_push
        kind, address, mail = self._address(name)
        return make_channel(kind, address, self.clock, **mail)

    def _addressees(self, name: str) -> Mapping[str, Channel]:
        from shared.adapters.channels import make_addressees

        kind, address, mail = self._address(name)
        several = make_addressees(kind, address, self.clock, **mail)
        return several if len(several) > 1 else {"": self.channel(name)}

    def _web_push(self, name: str) -> "WebPush | None":
        """The channel *name* if it sends to devices, which come and go; so nothing keeps its addressees."""
        from shared.config.channels import WebPushChannel

        channel = self.config.channels.get(name)
        if not isinstance(channel, WebPushChannel):
            return None
        from shared.adapters.channels import make_web_push
        from shared.services.console.devices import StoredDevices

        devices = StoredDevices(lambda: self.store, self.clock.now)
        return make_web_push(self.secret(channel.secret), self.clock, contact=self.config.owner, devices=devices)

    def _address(self, name: str) -> tuple[str, str, dict[str, str]]:
        """The kind of the channel *name*, its address, and what a mail also needs."""
        from shared.config.channels import ConsoleChannel, EmailChannel

        channel = self.config.channels[name]
        if isinstance(channel, ConsoleChannel):
            return "console", "", {}
        address = self.secret(channel.secret)
        if isinstance(channel, EmailChannel):
            return "email", address, {"sender": channel.sender or self.config.owner, "to": channel.to}
        return channel.kind, address, {}

    def _local_signing_key(self) -> str:
        """The key next to the local database, made at first use. Raises Unavailable without such a database."""
        if self.settings.deployed or self.settings.on_firestore:
            hint = f"Links cannot be signed without it. {_HOW_TO_SET.format(name=SIGNING_KEY)}"
            raise Unavailable(f"The secret {SIGNING_KEY} is not set.", hint=hint)
        return kept_key(self.database.path.with_name(KEY_FILE))
