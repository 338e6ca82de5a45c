"""opos.yaml as frozen models. Every fault of the file is reported at once, with its line: see `load_config`."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.events import Severity

SchemeName = Literal[
    "github", "stripe", "standard-webhooks", "slack", "sentry", "pagerduty", "pagerduty-events",
    "shopify", "linear", "bearer", "basic", "hmac",
]  # fmt: skip
FormatName = Literal[
    "github", "stripe", "standard-webhooks", "slack", "sentry", "pagerduty", "pagerduty-events",
    "alertmanager", "grafana", "google-monitoring", "uptimerobot", "mapped",
]  # fmt: skip


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


class DeliverySpec(Section):
    """Where a delivery's id is found: exactly one of a header, a JMESPath into the body, or the body's own hash.

    A hash makes two equal bodies within `window` one delivery, so it is for senders that never mean the same body twice.
    """

    header: str | None = None
    body: str | None = None
    hash: Literal["body"] | None = None
    window: timedelta = timedelta(minutes=5)


class AlertMapping(Section):
    """JMESPath expressions into the body that make an Alert; `severity` may also be a plain severity."""

    title: str
    severity: str = "warning"
    status: str | None = None
    fingerprint: str | None = None
    summary: str | None = None
    link: str | None = None
    when: str | None = None


class EventMapping(Section):
    """JMESPath expressions into the body that make a BusinessEvent."""

    title: str
    summary: str | None = None
    link: str | None = None
    amount: str | None = None
    currency: str | None = None
    when: str | None = None


class Source(Section):
    """One sender. Several `secrets` are all live at once, so that one can be rotated without losing a webhook."""

    scheme: SchemeName
    secrets: Annotated[tuple[str, ...], Field(min_length=1)]
    format: FormatName | None = None
    tolerance: timedelta = timedelta(minutes=5)
    hmac: HmacSpec | None = None
    delivery: DeliverySpec | None = None
    type: str | None = None
    alert: AlertMapping | None = None
    event: EventMapping | None = None
    severity: dict[str, Severity] = Field(default_factory=dict)
    """The operator's own severity for an event type of this sender, such as `charge.dispute.created: warning`."""


class ConsoleChannel(Section):
    console: Literal[True]


class AppriseChannel(Section):
    """`apprise` names the secret that holds the Apprise URL."""

    apprise: str


class EmailChannel(Section):
    """`email` names the secret that holds `smtp://` or `smtps://user:password@host:port`."""

    email: str
    to: str
    sender: str | None = None


ChannelConfig = ConsoleChannel | AppriseChannel | EmailChannel


class Route(Section):
    channel: str


class Digest(Section):
    """A digest closes when it holds `size` items, or `window` after its first."""

    channel: str
    window: timedelta = timedelta(minutes=5)
    size: Annotated[int, Field(ge=1, le=100)] = 5


class Heartbeat(Section):
    """A job that says it lives. With `secrets` a ping must carry one of them (Bearer, or `?token=`)."""

    secrets: tuple[str, ...] = ()


class Health(Section):
    memory_threshold_mb: Annotated[int, Field(ge=1)] = 512
    dependency_timeout: timedelta = timedelta(seconds=2)


class Config(Section):
    owner: str
    timezone: str = "UTC"
    public_url: str | None = None
    sources: dict[str, Source]
    channels: dict[str, ChannelConfig]
    route: Route
    digest: Digest
    heartbeats: dict[str, Heartbeat] = Field(default_factory=dict)
    health: Health = Health()


def load_config(path):
    import re, yaml
    def dur(x):
        if isinstance(x, dict): return {k: dur(v) for k,v in x.items()}
        if isinstance(x, str) and (m:=re.fullmatch(r"(\d+)(s|m|h|d)", x)): return int(m[1])*{"s":1,"m":60,"h":3600,"d":86400}[m[2]]
        return x
    return Config.model_validate(dur(yaml.safe_load(path.read_text())))
