"""The one composition root: settings into ports. Everything is made at first use and kept for the process's life."""

import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from shared.errors import OposError, Unauthorized, Unavailable
from shared.ports import Bus, Channel, Clock, Identities, Joined, Store
from shared.process.lazy_property import once
from shared.runtime.invocation import Invocation
from shared.security.callers import CHECKED, Callers
from shared.security.secrets import kept_key, read_secret

if TYPE_CHECKING:
    from shared.adapters.local_bus.bus import LocalBus
    from shared.adapters.oidc import OidcIssuer, SharedKey
    from shared.adapters.sqlite.database import Database
    from shared.config.files.compiled_flags import Compiled
    from shared.config.model import Config
    from shared.digest.queue_estimate import Tally
    from shared.flags import FlagSet
    from shared.flags.access import Access, Issuer
    from shared.security.rate_limit import Limiter
    from shared.security.signed_links import Links
    from shared.services.flags.overrides import Overrides
    from shared.services.flags.usage import Usage
    from shared.services.flags.watched_file import WatchedFlags
    from shared.services.slo.indicators import Indicators

T = TypeVar("T")
SIGNING_KEY = "OPOS_SIGNING_KEY"
DEFAULT_URL = "http://127.0.0.1:8080"
OUTSIDE = 2.0
"""Seconds that a host may take to show its certificate, or to tell the time."""
GOOGLE_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
GOOGLE_KEYS = "https://www.googleapis.com/oauth2/v3/certs"
IAP_ISSUERS = ("https://cloud.google.com/iap",)
IAP_KEYS = "https://www.gstatic.com/iap/verify/public_key-jwk"


class SettingsError(OposError):
    """The process's environment asks for something that cannot be."""

    code = "bad_settings"


@dataclass(frozen=True, slots=True)
class Settings:
    """The process settings of DESIGN section 7, from the environment."""

    store: str
    bus: str
    config: Path
    flags: Path
    public_url: str | None
    deployed: bool
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        return cls(
            store=environment.get("OPOS_STORE", "sqlite:///.opos/opos.db"),
            bus=environment.get("OPOS_BUS", "local"),
            config=Path(environment.get("OPOS_CONFIG", "opos.yaml")),
            flags=Path(environment.get("OPOS_FLAGS", "flags.yaml")),
            public_url=environment.get("OPOS_PUBLIC_URL"),
            deployed="K_SERVICE" in environment,
            environment=environment,
        )


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def new_id() -> str:
    return secrets.token_hex(16)


def _new_trace() -> str:
    """Random, and no secret: a look-up should not pay for one."""
    return f"{random.getrandbits(128):032x}"


@dataclass
class Runtime:
    """The ports of this process. Tests hand in their own `clock` and `channels`; the rest follows from the settings."""

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    channels: dict[str, Channel] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    _issuers: dict[tuple[str, ...], Identities] = field(default_factory=dict)
    _users: dict[tuple[str, ...], "OidcIssuer"] = field(default_factory=dict)

    @once
    def config(self) -> "Config":
        from shared.config.files.compiled_config import read

        if found := read(self.settings.config):
            return found
        from shared.config.files.loader import load_config

        return load_config(self.settings.config)

    @once
    def flags(self) -> "WatchedFlags":
        from shared.services.flags.watched_file import WatchedFlags

        return WatchedFlags(self.settings.flags, self._read_flags, self._built.flags if self._built else None)

    def _read_flags(self) -> "FlagSet":
        if found := self._compiled():
            return found.flags
        from shared.config.files.loader import load_flags

        return load_flags(self.settings.flags, self.settings.environment.get("OPOS_ENVIRONMENT", ""))

    def _compiled(self) -> "Compiled | None":
        from shared.config.files.compiled_flags import read

        settings = self.settings
        return read(settings.flags, settings.config, settings.environment.get("OPOS_ENVIRONMENT", ""))

    @once
    def _built(self) -> "Compiled | None":
        """What the build made, read once at the start."""
        return self._compiled()

    @once
    def access(self) -> "Access":
        """Who may evaluate flags, how often, and whose tokens identify a user."""
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
    def limiter(self) -> "Limiter | None":
        from shared.security.rate_limit import Limiter

        allowed = self.access.requests_per_minute
        return Limiter(allowed) if allowed else None

    @once
    def database(self) -> "Database":
        from shared.adapters.sqlite.database import Database

        if self.settings.store == "firestore":
            raise SettingsError("OPOS_BUS: expected pubsub beside OPOS_STORE=firestore, found local")
        scheme, _, path = self.settings.store.partition(":///")
        if scheme != "sqlite" or not path:
            raise SettingsError(f"OPOS_STORE: expected sqlite:///path or firestore, found {self.settings.store!r}")
        if self.settings.deployed and "OPOS_ALLOW_SQLITE" not in self.settings.environment:
            raise SettingsError(
                "OPOS_STORE: expected a shared store, found SQLite in a deployed function, whose disk is lost",
                hint="Set OPOS_ALLOW_SQLITE=1 if that is really what you want.",
            )
        return Database(Path(path))

    @once
    def store(self) -> Store:
        if self.settings.store == "firestore":
            return self._firestore()
        from shared.adapters.sqlite.store import SqliteStore

        return SqliteStore(self.database)

    @once
    def bus(self) -> Bus:
        return self._pubsub() if self.settings.bus == "pubsub" else self.local_bus

    @once
    def joined(self) -> "Joined | None":
        if self.settings.store == "firestore" or self.settings.bus != "local":
            return None
        from shared.adapters.sqlite.store import SqliteStore

        return self.local_bus if isinstance(self.store, SqliteStore) else None

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

        key = self.secret(SIGNING_KEY) if self._has_secret(SIGNING_KEY) else self._local_signing_key()
        return Links(key, self.settings.public_url or self.config.public_url or DEFAULT_URL)

    @once
    def callers(self) -> Callers:
        names, settings = self.settings.environment, self.settings
        return Callers(
            settings.deployed,
            names,
            google=lambda: self._issuer(GOOGLE_ISSUERS, names.get("OPOS_OIDC_KEYS_URL", GOOGLE_KEYS)),
            iap=lambda: self._issuer(IAP_ISSUERS, names.get("OPOS_IAP_KEYS_URL", IAP_KEYS)),
        )

    def _issuer(self, names: tuple[str, ...], keys_url: str) -> Identities:
        if names not in self._issuers:
            from shared.adapters.oidc import Keys, OidcIssuer

            checked = CHECKED in self.settings.environment and names == GOOGLE_ISSUERS
            self._issuers[names] = OidcIssuer(names, Keys(keys_url), vouches=names == IAP_ISSUERS, checked=checked)
        return self._issuers[names]

    def user(self, headers: Mapping[str, str], now: datetime) -> dict[str, Any] | None:
        """As `shared.context.Context.user`."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if not self.access.identity or scheme.lower() != "bearer":
            return None
        from shared.adapters.oidc import issuer_of

        name = issuer_of(token.strip())
        for declared in self.access.identity:
            if declared.issuer == name:
                return self._identities(declared).claims(token.strip(), audience=declared.audience, now=now)
        raise Unauthorized("The request does not carry a valid identity token.")

    def _identities(self, declared: "Issuer") -> "OidcIssuer | SharedKey":
        from shared.adapters.oidc import Keys, OidcIssuer, SharedKey

        if declared.secret:
            return SharedKey(declared.issuer, self.secret(declared.secret))
        if (declared.issuer,) not in self._users:
            self._users[(declared.issuer,)] = OidcIssuer((declared.issuer,), Keys(str(declared.jwks)))
        return self._users[(declared.issuer,)]

    def fetch_keys(self, issuer: str) -> None:
        from shared.adapters.oidc import OidcIssuer

        for declared in self.access.identity:
            identities = self._identities(declared) if declared.issuer == issuer else None
            if isinstance(identities, OidcIssuer):
                identities.keys.fetch()

    def certificate_ends(self, host: str) -> datetime:
        from shared.adapters.host_probes import certificate_ends

        address = urlsplit(f"//{host}")
        return certificate_ends(str(address.hostname), address.port or 443, timeout=OUTSIDE)

    def clock_offset(self, url: str) -> timedelta:
        from shared.adapters.host_probes import clock_offset

        return clock_offset(url, timeout=OUTSIDE)

    def free_mb(self) -> float | None:
        return None if self.settings.store == "firestore" else self.database.free_bytes() / 2**20

    def new_id(self) -> str:
        return new_id()

    def secret(self, name: str) -> str:
        value = read_secret(name, self.settings.environment)
        if value is None:
            raise Unavailable(f"The secret {name} is not set.", hint=f"Set {name}, or {name}_FILE to a file's path.")
        return value

    def channel(self, name: str) -> Channel:
        if name not in self.channels:
            self.channels[name] = self._make_channel(name)
        return self.channels[name]

    def call(self, secret: str) -> None:
        from shared.adapters.channels.http_post import call

        call(self.secret(secret))

    def close(self) -> None:
        """Let go of what was opened; a later use opens it again."""
        for reporter in (self.__dict__.get(name) for name in ("usage", "indicators")):
            if reporter:
                reporter.reporting.wait()
        if "overrides" in self.__dict__:
            self.overrides.asking.wait()
        if "database" in self.__dict__:
            self.database.close()

    def context(self, trace: str | None = None) -> Invocation:
        return Invocation(self, self.clock.now(), trace or _new_trace(), time.monotonic())

    def _firestore(self) -> Store:
        from shared.adapters.firestore.store import connect

        names = self.settings.environment
        database = names.get("OPOS_FIRESTORE_DATABASE", "(default)")
        return connect(names.get("GOOGLE_CLOUD_PROJECT"), database, names.get("FIRESTORE_EMULATOR_HOST"))

    def _pubsub(self) -> Bus:
        from shared.adapters.pubsub.bus import connect

        names = self.settings.environment
        return connect(names.get("GOOGLE_CLOUD_PROJECT"), names.get("PUBSUB_EMULATOR_HOST"))

    def _make_channel(self, name: str) -> Channel:
        from shared.config.channels import AppriseChannel, ConsoleChannel, NtfyChannel, SlackChannel

        channel = self.config.channels[name]
        if isinstance(channel, ConsoleChannel):
            from shared.adapters.channels.console import ConsoleLine

            return ConsoleLine(self.clock)
        address = self.secret(channel.secret)
        if isinstance(channel, AppriseChannel):
            from shared.adapters.channels.apprise import AppriseService

            return AppriseService(address, self.clock)
        if isinstance(channel, NtfyChannel):
            from shared.adapters.channels.ntfy import NtfyTopic

            return NtfyTopic(address, self.clock)
        if isinstance(channel, SlackChannel):
            from shared.adapters.channels.slack import SlackWebhook

            return SlackWebhook(address, self.clock)
        from shared.adapters.channels.email import SmtpMail

        return SmtpMail(address, sender=channel.sender or self.config.owner, to=channel.to, clock=self.clock)

    def _has_secret(self, name: str) -> bool:
        return read_secret(name, self.settings.environment) is not None

    def _local_signing_key(self) -> str:
        """A key kept beside the local database, made when it is first needed."""
        if self.settings.deployed or self.settings.store == "firestore":
            hint = f"Links cannot be signed without it: set {SIGNING_KEY}, or {SIGNING_KEY}_FILE to a file's path."
            raise Unavailable(f"The secret {SIGNING_KEY} is not set.", hint=hint)
        return kept_key(self.database.path.with_name("signing.key"))


_current: Runtime | None = None
_making = threading.Lock()


def current(make: Callable[[], Runtime] = lambda: Runtime(Settings.from_environment())) -> Runtime:
    """The runtime of this process, made on the first call."""
    global _current  # noqa: PLW0603  (the one process-wide state there is)
    if _current is not None:
        return _current
    with _making:
        _current = _current or make()
        return _current


def use(runtime: Runtime | None) -> None:
    """Make *runtime* the process's own (None: forget it)."""
    global _current  # noqa: PLW0603
    _current = runtime
