"""opos.yaml as frozen models. `shared.loading` makes them from the file, and reports every fault of it at once."""

import re
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from shared.alerting.attention import Focus
from shared.alerting.escalation import Escalation
from shared.alerting.intervals import Intervals
from shared.alerting.muting import Inhibition, InhibitRule
from shared.alerting.routing import Node, Route, compile_routes
from shared.events import Severity
from shared.faults import SECRET_NAME
from shared.scalars import Duration, Section, Wait, Zone

_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def _url_safe(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
        raise ValueError("expected a name of lower-case letters, digits, - and _")
    if value in {"v2", "ping"}:
        raise ValueError("expected a name other than v2 and ping, which stand for other addresses")
    return value


class _Hidden:
    """Stands for what must not be shown in a fault, since it may be the secret itself."""

    def __repr__(self) -> str:
        return "what may be a secret"


def _hide_value(value: Any) -> Any:
    """Where a list of names belongs, other text than a name is likely the value of a secret."""
    named = isinstance(value, str) and _SECRET_NAME.fullmatch(value)
    return _Hidden() if isinstance(value, str | int | float) and not named else value


def _hide_address(value: Any) -> Any:
    """Where a channel belongs, an address is likely an Apprise URL, and holds its password."""
    return _Hidden() if isinstance(value, str) and ":" in value else value


def _secret_name(value: Any) -> Any:
    if not isinstance(value, str) or not _SECRET_NAME.fullmatch(value):
        raise ValueError(f"expected {SECRET_NAME}")
    return value


def _address(value: Any) -> Any:
    if not isinstance(value, str) or not _is_http(value):
        raise ValueError("expected an address such as https://opos.example.com")
    return value


def _is_http(address: str) -> bool:
    try:
        url = urlsplit(address)
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        return False


def _true(value: Any) -> Any:
    if value is not True:
        raise ValueError("expected true")
    return value


def _expression(value: Any) -> Any:
    import jmespath

    try:
        jmespath.compile(value)
    except (jmespath.exceptions.JMESPathError, TypeError, RecursionError):
        raise ValueError("expected a JMESPath expression") from None
    return value


def _cron(value: Any) -> Any:
    from cronsim import CronSim, CronSimError

    try:
        CronSim(value, datetime(2026, 1, 1, tzinfo=UTC))
    except (CronSimError, AttributeError, TypeError):
        raise ValueError("expected a cron line such as 0 3 * * *") from None
    return value


Name = Annotated[str, BeforeValidator(_url_safe)]
SecretName = Annotated[str, BeforeValidator(_secret_name)]
SecretNames = Annotated[tuple[SecretName, ...], BeforeValidator(_hide_value)]
Address = Annotated[str, BeforeValidator(_address)]


def _local_moment(value: Any) -> Any:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a moment such as 2026-11-20T03:00") from None
    return value


LocalMoment = Annotated[str, BeforeValidator(_local_moment)]
Cron = Annotated[str, BeforeValidator(_cron)]
Expression = Annotated[str, BeforeValidator(_expression)]

SchemeName = Literal[
    "github", "stripe", "standard-webhooks", "slack", "sentry", "pagerduty", "pagerduty-events",
    "shopify", "linear", "bearer", "basic", "hmac",
]  # fmt: skip
FormatName = Literal[
    "github", "stripe", "standard-webhooks", "slack", "sentry", "pagerduty", "pagerduty-events",
    "alertmanager", "grafana", "google-monitoring", "uptimerobot", "mapped",
]  # fmt: skip


class HmacSpec(Section):
    """A signature scheme declared in opos.yaml. `template` is what is signed: `{body}`, `{timestamp}`, `{id}`.

    `header` holds the signature; either plainly after `prefix`, or as one of `key=value` pairs parted by `separator`,
    under `signature_key` (and the time under `timestamp_key`).
    """

    header: str
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    template: str = "{body}"
    separator: str | None = None
    signature_key: str | None = None
    timestamp_key: str | None = None
    timestamp_header: str | None = None
    id_header: str | None = None

    @property
    def signs_time(self) -> bool:
        return "{timestamp}" in self.template

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if "{body}" not in self.template:
            raise ValueError("expected a template that signs {body}")
        if self.signs_time and not (self.timestamp_key or self.timestamp_header):
            raise ValueError("expected timestamp_key or timestamp_header, since the template signs {timestamp}")
        if "{id}" in self.template and not self.id_header:
            raise ValueError("expected id_header, since the template signs {id}")
        return self


class DeliverySpec(Section):
    """Where a delivery's id is found: exactly one of a header, a JMESPath into the body, or the body's own hash.

    A hash makes two equal bodies within `window` one delivery, so it suits senders that never mean a body twice.
    """

    header: str | None = None
    body: Expression | None = None
    hash: Literal["body"] | None = None
    window: Duration = timedelta(minutes=5)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(one is not None for one in (self.header, self.body, self.hash)) != 1:
            raise ValueError("expected exactly one of header, body, hash")
        return self


class AlertMapping(Section):
    """JMESPath expressions into the body that make an Alert; `severity` may also be a plain severity."""

    title: Expression
    severity: Expression = "warning"
    status: Expression | None = None
    fingerprint: Expression | None = None
    summary: Expression | None = None
    link: Expression | None = None
    runbook: Expression | None = None
    at: Expression | None = None
    """When the sender says it: of ISO 8601 with a zone, or seconds or milliseconds since 1970."""
    labels: dict[str, Expression] = Field(default_factory=dict)
    when: Expression | None = None


class EventMapping(Section):
    """JMESPath expressions into the body that make a BusinessEvent."""

    title: Expression
    summary: Expression | None = None
    link: Expression | None = None
    amount: Expression | None = None
    currency: Expression | None = None
    when: Expression | None = None


class Source(Section):
    """One sender. Several `secrets` are all live at once, so that one can be rotated without losing a webhook."""

    scheme: SchemeName
    secrets: Annotated[SecretNames, Field(min_length=1)]
    format: FormatName | None = None
    tolerance: Duration = timedelta(minutes=5)
    hmac: HmacSpec | None = None
    delivery: DeliverySpec | None = None
    type: Expression | None = None
    alert: AlertMapping | None = None
    event: EventMapping | None = None
    severity: dict[str, Severity] = Field(default_factory=dict)
    """The operator's own severity for an event type of this sender, such as `charge.dispute.created: warning`."""

    @model_validator(mode="after")
    def _hmac_is_declared(self) -> Self:
        if (self.scheme == "hmac") != (self.hmac is not None):
            raise ValueError("expected the key 'hmac' with scheme hmac, and only with it")
        return self


Cost = Annotated[float, Field(ge=0, le=1000)]
"""What one interruption over a channel costs, beside the others: a call more than a push."""


class ConsoleChannel(Section):
    cost: Cost = 1.0
    console: Annotated[Literal[True], BeforeValidator(_true)]


class SecretChannel(Section):
    """A channel whose address is a secret: the key that is its kind names it."""

    kind: ClassVar[str]
    cost: Cost = 1.0

    @property
    def secret(self) -> str:
        return str(getattr(self, self.kind))


class AppriseChannel(SecretChannel):
    """The secret holds the Apprise URL."""

    kind = "apprise"
    apprise: SecretName


class EmailChannel(SecretChannel):
    """The secret holds `smtp://` or `smtps://user:password@host:port`."""

    kind = "email"
    email: SecretName
    to: str
    sender: str | None = None


class NtfyChannel(SecretChannel):
    """The secret holds `https://ntfy.sh/topic`, or `https://user:password@host/topic`."""

    kind = "ntfy"
    ntfy: SecretName


class SlackChannel(SecretChannel):
    """The secret holds an incoming webhook's address, of Slack or of what speaks its language."""

    kind = "slack"
    slack: SecretName


def _kind(value: Any) -> str | None:
    kinds = ("console", "apprise", "email", "ntfy", "slack")
    found = [kind for kind in kinds if (kind in value if isinstance(value, dict) else hasattr(value, kind))]
    return found[0] if len(found) == 1 else None


ChannelConfig = Annotated[
    Annotated[ConsoleChannel, Tag("console")]
    | Annotated[AppriseChannel, Tag("apprise")]
    | Annotated[EmailChannel, Tag("email")]
    | Annotated[NtfyChannel, Tag("ntfy")]
    | Annotated[SlackChannel, Tag("slack")],
    Discriminator(
        _kind,
        custom_error_type="channel_kind",
        custom_error_message=(
            "a channel: {console: true}, {ntfy: SECRET}, {slack: SECRET}, {apprise: SECRET} or "
            "{email: SECRET, to: address}"
        ),
    ),
    BeforeValidator(_hide_address),
]


class Digest(Section):
    """A digest closes when it holds `size` items, or `window` after its first."""

    channel: str
    window: Duration = timedelta(minutes=5)
    size: Annotated[int, Field(ge=1, le=100, strict=True)] = 5


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


class Health(Section):
    memory_threshold_mb: Annotated[int, Field(ge=1, strict=True)] = 512
    dependency_timeout: Duration = timedelta(seconds=2)


class Config(Section):
    owner: str
    operators: tuple[str, ...] = ()
    """E-mail addresses that may see the deployed console, besides the owner's."""
    timezone: Zone = "UTC"
    public_url: Address | None = None
    sources: dict[Name, Source]
    channels: dict[Name, ChannelConfig]
    route: Route
    digest: Digest
    heartbeats: dict[Name, Heartbeat] = Field(default_factory=dict)
    checker: Checker | None = None
    health: Health = Health()
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: dict[str, Intervals] = Field(default_factory=dict)
    escalations: dict[Name, Escalation] = Field(default_factory=dict)
    focus: Focus = Focus()
    runbooks: dict[str, str] = Field(default_factory=dict)
    """The runbook of each alertname: an http(s) address, or a file of the repository."""
    route_tests: tuple[RouteTest, ...] = ()

    @cached_property
    def routes(self) -> Node:
        """The route tree, ready to be asked."""
        return compile_routes(self.route)

    @cached_property
    def inhibition(self) -> Inhibition:
        return Inhibition(self.inhibit_rules)
