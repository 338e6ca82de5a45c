"""The sources: how each authenticates its webhooks, and how opos reads its payloads."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from shared.config.records.mapping import RecordMappings
from shared.config.types import Expression, KeptHeader, SecretNames
from shared.events import About, Severity
from shared.values.durations import Duration, Wait
from shared.values.section import Section
from shared.values.severity import word_key

SchemeName = Literal[
    "github", "stripe", "standard-webhooks", "slack", "sentry", "pagerduty", "pagerduty-events",
    "shopify", "linear", "bearer", "basic", "hmac",
]  # fmt: skip
FormatName = Literal[
    "github", "stripe", "standard-webhooks", "slack", "sentry", "pagerduty", "pagerduty-events", "shopify", "linear",
    "alertmanager", "grafana", "google-monitoring", "uptimerobot", "mapped",
]  # fmt: skip


class HmacSpec(Section):
    """A signature scheme declared in opos.yaml. `template` is the signed text, with `{body}`, `{timestamp}` and `{id}`.

    `header` holds the signature: either directly after `prefix`, or in `key=value` pairs separated by `separator`,
    under `signature_key` (and the time under `timestamp_key`). The time is ISO 8601 with a zone, or seconds or
    milliseconds since 1970: opos reads each of them, and writes what `timestamp` says. `key_encoding` says how the
    secret holds the key.
    """

    header: str
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    key_encoding: Literal["text", "base64"] = "text"
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    template: str = "{body}"
    separator: str | None = None
    signature_key: str | None = None
    timestamp_key: str | None = None
    timestamp_header: str | None = None
    timestamp: Literal["seconds", "milliseconds", "iso"] = "seconds"
    """How the sender writes the time, for the webhooks that opos signs as it would: `opos send` and `opos forward`."""
    id_header: str | None = None

    @property
    def signs_time(self) -> bool:
        return "{timestamp}" in self.template

    @property
    def signs_id(self) -> bool:
        return "{id}" in self.template

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if "{body}" not in self.template:
            raise ValueError("expected a template that signs {body}")
        if self.signs_time and not (self.timestamp_key or self.timestamp_header):
            raise ValueError("expected timestamp_key or timestamp_header, since the template signs {timestamp}")
        if self.signs_id and not self.id_header:
            raise ValueError("expected id_header, since the template signs {id}")
        return self


class DeliverySpec(Section):
    """The place of a delivery id: exactly one of a header, a JMESPath into the body, or the hash of the body.

    With a hash there is no id: an equal body within `window` is sent again if nothing else was said about its alert.
    """

    header: str | None = None
    body: Expression | None = None
    hash: Literal["body"] | None = None
    window: Duration = timedelta(minutes=5)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.header, self.body, self.hash)) != 1:
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
    """When the sender sent it: ISO 8601 with a zone, or seconds or milliseconds since 1970."""
    labels: dict[str, Expression] = Field(default_factory=dict)
    when: Expression | None = None


class EventMapping(Section):
    """JMESPath expressions into the body that make a BusinessEvent."""

    title: Expression
    summary: Expression | None = None
    link: Expression | None = None
    amount: Expression | None = None
    currency: Expression | None = None
    about: About | None = None
    """The part of the digest that lists it; the default is `money in` if the payload has an amount."""
    when: Expression | None = None


def _by_word(value: Any) -> Any:
    """The keys as they are looked up. Raises ValueError if two of them are the same word."""
    if not isinstance(value, dict):
        return value
    keys = [word_key(word) for word in value]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"expected each word once, whatever its case, found {', '.join(twice)} more than once")
    return dict(zip(keys, value.values(), strict=True))


class Source(Section):
    """One sender. All of its `secrets` are valid, so that a rotation loses no webhook."""

    scheme: SchemeName
    secrets: Annotated[SecretNames, Field(min_length=1)]
    format: FormatName | None = None
    tolerance: Duration = timedelta(minutes=5)
    hmac: HmacSpec | None = None
    delivery: DeliverySpec | None = None
    repeat_window: Wait = timedelta(days=400)
    """How long a signed body that arrives again under another, unsigned delivery id is a repeat; 0s: it never is."""
    keep_headers: tuple[KeptHeader, ...] = ()
    """Headers to store besides those of the scheme, for the app to which `opos forward` sends."""
    type: Expression | None = None
    challenge: Expression | None = None
    """The word in a set-up request that the sender wants back as text, such as Twitch's. Such a request is no event,
    unless the mapping reads one in it."""
    alert: AlertMapping | None = None
    event: EventMapping | None = None
    severity: dict[str, Severity] = Field(default_factory=dict)
    """The operator's severity for an event type of this sender, such as `charge.dispute.created: warning`."""
    severity_values: Annotated[dict[str, Severity], BeforeValidator(_by_word)] = Field(default_factory=dict)
    """What a word of this sender means, such as `sev3: warning`. It comes before the table that all senders share."""

    test_mode: Literal["note", "handle"] = "note"
    """`note`: an event of the sender's test mode is stored and listed, but never notifies and is no income; `handle`:
    it counts like any other, with a label that tells it apart."""
    records: RecordMappings = Field(default_factory=dict)
    """What its payloads say of records, besides what opos knows of the sender."""

    @model_validator(mode="after")
    def _hmac_is_declared(self) -> Self:
        if (self.scheme == "hmac") != (self.hmac is not None):
            raise ValueError("expected the key 'hmac' with scheme hmac, and with no other scheme")
        return self


FORMATS: frozenset[str] = frozenset(FormatName.__args__) - {"mapped"}  # type: ignore[attr-defined]


def format_name(name: str, source: Source) -> FormatName:
    """The declared format, else that of the scheme, else the one called *name*, else `mapped`.

    A payload of Standard Webhooks has nothing but a type in common with others, so a mapping reads it alone.
    """
    chosen = next(
        (known for known in (source.format, source.scheme, name) if known in FORMATS or known == "mapped"), ""
    )
    is_mapped = source.type is not None or source.alert is not None or source.event is not None
    if chosen == "standard-webhooks" and is_mapped:
        return "mapped"
    return cast("FormatName", chosen or "mapped")
