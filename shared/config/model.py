"""opos.yaml as frozen models. `shared.config.files.loader` makes them from the file and reports every fault."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from shared.alerting.escalation import Escalation
from shared.alerting.focus import Focus
from shared.alerting.inhibition import InhibitRule
from shared.alerting.routes import Route
from shared.alerting.time_intervals import Intervals
from shared.config.channels import ChannelConfig
from shared.config.deploy import Deploy
from shared.config.derived import Derived
from shared.config.digests import Digests, WeeklyReview
from shared.config.flag_access import Flags
from shared.config.health import Health
from shared.config.slos import Slos
from shared.config.sources import Source
from shared.config.types import Address, Cron, LocalMoment, Name, SecretName, SecretNames
from shared.events import Severity
from shared.values.dates import Day, Zone
from shared.values.durations import Duration, Wait
from shared.values.section import Section


class Heartbeat(Section):
    """A job that says it lives: `every` so often, or by a `cron` line in `timezone`; `grace` later it counts as missed.

    With `secrets` a ping must carry one of them (Bearer, or `?token=`). Without a period it is only written down.
    """

    secrets: SecretNames = ()
    every: Duration | None = None
    cron: Cron | None = None
    timezone: Zone | None = None
    grace: Wait = timedelta(minutes=5)
    severity: Severity = "critical"

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if self.every and self.cron:
            raise ValueError("expected either every or cron")
        return self


class RouteTest(Section):
    """What is to become of an alert with `labels`, at `at` (a moment in the operator's zone; else on a quiet noon)."""

    name: str = ""
    labels: dict[str, str]
    at: LocalMoment | None = None
    path: Literal["page", "hold", "digest"] | None = None
    channels: tuple[str, ...] | None = None
    because: str = ""
    """A part of the reason."""


class Checker(Section):
    """An external dead-man's switch: `ping` names the secret that holds the address to call after each good sweep."""

    ping: SecretName


class Config(Derived, Section):
    owner: str
    operators: tuple[str, ...] = ()
    """E-mail addresses that may see the deployed console, besides the owner's."""
    timezone: Zone = "UTC"
    public_url: Address | None = None
    sources: dict[Name, Source]
    channels: dict[Name, ChannelConfig]
    route: Route
    digest: Digests
    """One, or several by name: a route says which with `digest: name`, and the first one takes the rest."""
    review: WeeklyReview | None = None
    heartbeats: dict[Name, Heartbeat] = Field(default_factory=dict)
    checker: Checker | None = None
    health: Health = Field(default_factory=Health)
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: dict[str, Intervals] = Field(default_factory=dict)
    escalations: dict[Name, Escalation] = Field(default_factory=dict)
    focus: Focus = Field(default_factory=Focus)
    runbooks: dict[str, str] = Field(default_factory=dict)
    """The runbook of each alertname: an http(s) address, or a file of the repository."""
    route_tests: tuple[RouteTest, ...] = ()
    flags: Flags = Field(default_factory=Flags)
    slos: Slos = Field(default_factory=Slos)
    deploy: Deploy | None = None
    rotate_by: dict[SecretName, Day] = Field(default_factory=dict)
    """By which day each secret is to be renewed; the review says what is due."""
