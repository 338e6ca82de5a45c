"""opos.yaml as frozen models. `shared.config.files.loader` reads them and reports every configuration error."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from shared.alerting.escalation import Escalation
from shared.alerting.focus import Focus
from shared.alerting.inhibition import InhibitRule
from shared.alerting.routes import Route
from shared.alerting.time_intervals import Intervals
from shared.config.channels import ChannelConfig, WebPushChannel
from shared.config.deploy import Deploy
from shared.config.derived import Derived
from shared.config.digests import Digests, WeeklyReview
from shared.config.flag_access import Flags
from shared.config.health import Health
from shared.config.slos import Slos
from shared.config.sources import Source
from shared.config.status_page import StatusPage
from shared.config.types import Address, Cron, LocalMoment, Name, SecretName, SecretNames
from shared.events import Severity
from shared.values.dates import Day, Zone
from shared.values.durations import Duration, Wait
from shared.values.section import Section


class Heartbeat(Section):
    """A job that pings opos: `every` so often, or by a `cron` line in `timezone`; a ping is missed after `grace`.

    With `secrets`, a ping by name must carry one of them (Bearer, or `?token=`). Without a period, only
    failures and runs longer than `grace` raise alerts.
    With `backup`, each successful `opos backup` is the ping, and nothing else is. Google Cloud ignores it.
    """

    secrets: SecretNames = ()
    every: Duration | None = None
    cron: Cron | None = None
    timezone: Zone | None = None
    grace: Wait = timedelta(minutes=5)
    severity: Severity = "critical"
    backup: bool = False

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if self.every and self.cron:
            raise ValueError("expected either every or cron")
        if self.backup and not (self.every or self.cron):
            raise ValueError("expected every or cron, so that a missed backup is noticed")
        if self.backup and self.secrets:
            raise ValueError("expected no secrets, since only `opos backup` pings it")
        return self


class RouteTest(Section):
    """What must happen to an alert with `labels` at `at`, a time in the operator's zone; by default a quiet noon."""

    name: str = ""
    labels: dict[str, str]
    at: LocalMoment | None = None
    path: Literal["page", "hold", "digest"] | None = None
    channels: tuple[str, ...] | None = None
    because: str = ""
    """A part of the reason that the verdict must give."""


class Checker(Section):
    """The dead man's switch: `ping` names the secret with the address to call after each successful sweep."""

    ping: SecretName


class Config(Derived, Section):
    owner: str
    operators: tuple[str, ...] = ()
    """E-mail addresses, besides the owner's, that may use the deployed console."""
    timezone: Zone = "UTC"
    public_url: Address | None = None
    sources: dict[Name, Source]
    channels: dict[Name, ChannelConfig]
    route: Route
    digest: Digests
    """One digest, or several by name: a route selects one with `digest: name`; the first is the default."""
    review: WeeklyReview | None = None
    heartbeats: dict[Name, Heartbeat] = Field(default_factory=dict)
    checker: Checker | None = None
    health: Health = Field(default_factory=Health)
    status: StatusPage | None = None
    """The public status page; without this section there is none."""
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: dict[str, Intervals] = Field(default_factory=dict)
    escalations: dict[Name, Escalation] = Field(default_factory=dict)
    focus: Focus = Field(default_factory=Focus)
    runbooks: dict[str, str] = Field(default_factory=dict)
    """The runbook of each alertname: a web address, or a file in the repository."""
    route_tests: tuple[RouteTest, ...] = ()
    flags: Flags = Field(default_factory=Flags)
    slos: Slos = Field(default_factory=Slos)
    deploy: Deploy | None = None
    rotate_by: dict[SecretName, Day] = Field(default_factory=dict)
    """The day by which to rotate each secret; the review lists the rotations that are due."""

    @field_validator("channels")
    @classmethod
    def _one_web_push(cls, channels: dict[Name, ChannelConfig]) -> dict[Name, ChannelConfig]:
        """A browser subscribes to one key, so there is one list of devices."""
        names = [name for name, channel in channels.items() if isinstance(channel, WebPushChannel)]
        if len(names) > 1:
            raise ValueError(
                f"expected at most one channel with webpush, since it reaches all devices: {', '.join(names)}"
            )
        return channels
