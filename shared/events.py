"""The contracts of every topic, the only types that cross a wire: frozen, versioned, closed to unknown keys."""

import hashlib
from collections.abc import Mapping
from operator import not_
from typing import Annotated, Any, ClassVar, Literal, NotRequired, Self, TypedDict, cast

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from shared.values.links import web_link
from shared.values.severity import Severity
from shared.values.timestamps import day, iso

__all__ = ["Severity", "day", "iso"]  # re-exported: most modules that use events also need them

OWN_SOURCE = "opos"
"""The source of the events that opos raises about itself."""


def document_id(*parts: str) -> str:
    """An id unique to these *parts* in this order: 128 bits of SHA-256 over them, joined by NUL, as hex."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _cut(limit: int) -> BeforeValidator:
    """Shortens text to *limit* and replaces halves of surrogate pairs, which JSON can spell but no store accepts."""

    def cut(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.encode("utf-8", "replace").decode()
        return f"{text[: limit - 1]}…" if len(text) > limit else text

    return BeforeValidator(cut)


Timestamp = Annotated[AwareDatetime, PlainSerializer(iso, when_used="json")]
"""A time with a zone; as JSON always in UTC and of fixed width."""

Line = Annotated[str, _cut(200)]
"""One line for a person; a longer text is cut with an ellipsis, never rejected."""

Text = Annotated[str, _cut(2000)]


Link = Annotated[str, BeforeValidator(web_link)]
"""A web link, or an empty text: any other address could do harm when tapped."""


def _first_hundred(value: Any) -> Any:
    return dict(list(value.items())[:100]) if isinstance(value, dict) else value


class Contract(BaseModel):
    """Root of all wire types."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def to_doc(self) -> dict[str, Any]:
        """This value as JSON-ready data, for a document or a message."""
        return self.model_dump(mode="json")


class Money(Contract):
    """An amount in the currency's minor unit (cents), as Stripe counts it."""

    amount: Annotated[int, Field(ge=-(2**63), lt=2**63)]
    currency: Line


class Alert(Contract):
    """An alert fires, is acknowledged at its sender, or is resolved.

    `fingerprint` names the problem within its source: the same problem always has the same fingerprint. `severity` is
    the sender's word; an unknown severity counts as critical, so that the alert is not missed.
    """

    kind: Literal["alert"] = "alert"
    fingerprint: str
    title: Line
    severity: str
    status: Literal["firing", "acknowledged", "resolved"] = "firing"
    summary: Text = ""
    link: Link = ""
    labels: Annotated[dict[Line, Line], BeforeValidator(_first_hundred)] = Field(default_factory=dict)
    money: Money | None = None
    at: Timestamp | None = None
    """When the sender sent this; if None, the time of arrival counts."""
    began: Timestamp | None = None
    """When the problem began by the sender's clock; it distinguishes one episode from the next."""
    ended: Timestamp | None = None
    """When the problem ended by the sender's clock; of a resolve, if the sender says so."""
    runbook: Link = ""


About = Literal["money in", "customers", "releases", "other"]
"""The part of the digest that lists a business event; the amounts of `money in` are added up."""


class BusinessEvent(Contract):
    """Good or neutral news that is worth a line in the digest."""

    kind: Literal["event"] = "event"
    title: Line
    summary: Text = ""
    link: Link = ""
    money: Money | None = None
    about: About = "other"
    labels: Annotated[dict[Line, Line], BeforeValidator(_first_hundred)] = Field(default_factory=dict, exclude_if=not_)
    """Left out while empty: during a deploy, the release before also reads messages, and it rejects unknown keys."""


Signal = Annotated[Alert | BusinessEvent, Field(discriminator="kind")]
"""What a webhook says. A webhook may carry several signals, or none: then opos keeps it and shows nothing."""


def is_urgent(signal: Signal) -> bool:
    """Whether *signal* may need a notification: every severity except info and warning counts as critical.

    So is a resolve of a critical alert: if the next firing overtook it, that firing would count as a repeat.
    """
    return signal.kind == "alert" and signal.severity not in {"info", "warning"}


class Event(Contract):
    """One accepted webhook, stored as `events/{id}`. `body` is the raw text, or base64 if it is not UTF-8."""

    contract: Literal["event/1"] = "event/1"
    id: str
    source: str
    type: Line
    delivery_id: Line
    subject: Line = ""
    received_at: Timestamp
    owner: str
    trace: str
    headers: dict[str, str] = Field(default_factory=dict)
    body: str
    body_encoding: Literal["utf-8", "base64"] = "utf-8"
    body_sha256: str
    quarantine: Text | None = None
    """Why the event failed validation; None if it is valid."""
    signed_with: str = ""
    """The name of the secret that authenticated it, if its source has several; a rotation reads this."""
    repeats: str = ""
    """The id of the event whose signed content this one repeats under another delivery id; empty if there is none."""

    @classmethod
    def stored(cls, data: Mapping[str, Any]) -> Self:
        """The event in the document *data*, which has further fields, and fewer if an earlier release stored it."""
        return cls.model_validate({name: data[name] for name in cls.model_fields if name in data})


class Handled(TypedDict):
    """The mark of a consumer: when it handled the event, and its decision on each signal."""

    at: str
    decisions: list[dict[str, str]]


class Republished(TypedDict):
    """How often, and when last, the sweeper published the event again."""

    count: int
    at: str | None


class Handling(TypedDict):
    """What a document in `events/` holds besides the Event itself. Times are ISO 8601 in UTC."""

    day: str
    state: Literal["accepted", "handled", "dead"]
    republished: Republished
    handled: dict[str, Handled]
    forgotten_at: NotRequired[str]
    """When the person whom it was about was forgotten: since then it has no body, and is not processed again."""


def as_handling(data: Mapping[str, Any]) -> Handling:
    """*data* of a document in `events/`, which has these fields because the intake stored it."""
    return cast("Handling", data)


class Message(Contract):
    """Root of all messages on topics."""

    topic: ClassVar[str]

    @property
    def is_urgent(self) -> bool:
        """Whether the bus delivers it before other waiting messages, if it can."""
        return False

    @classmethod
    def from_push(cls, data: bytes, attributes: dict[str, str]) -> Self:  # noqa: ARG003  (a subclass reads them)
        """The message in a push request. Raises pydantic.ValidationError if it breaks the contract."""
        return cls.model_validate_json(data)


class EventAccepted(Message):
    """Topic `events`: a webhook was authenticated and stored.

    `version` is the version of its document, so that a consumer need not read it. `nonce` is empty the first time; each
    replay has its own, so that consumers process the event again. `repeats` is that of the event.
    """

    topic = "events"
    contract: Literal["event-accepted/1"] = "event-accepted/1"
    id: str
    version: str
    source: str
    type: str
    received_at: Timestamp
    trace: str
    nonce: str = ""
    repeats: str = ""
    signals: tuple[Signal, ...]

    @property
    def is_urgent(self) -> bool:
        """Whether one of its signals is urgent."""
        return any(map(is_urgent, self.signals))


class RecordChanged(Message):
    """Topic `records`: a change of a record was committed. `id` is that of the change, number `n` of `record`.

    `patch` is a JSON Patch (RFC 6902) of the record's values and state. `chain` has the ids of the event or run that
    caused it, and of what caused that.
    """

    topic = "records"
    contract: Literal["record-changed/1"] = "record-changed/1"
    id: str
    kind: str
    record: str
    n: int
    at: Timestamp
    patch: tuple[dict[str, Any], ...]
    actor: dict[str, str]
    cause: str = ""
    chain: tuple[str, ...] = ()
    trace: str

    @property
    def type(self) -> str:
        """Its type as a CloudEvent."""
        return f"opos.record.{self.kind}.changed"


class DigestDue(Message):
    """Topic `digests`: the digest named *queue* may be due. Sending this too often is harmless."""

    topic = "digests"
    contract: Literal["digest-due/1"] = "digest-due/1"
    queue: str
    reason: Literal["size", "window"]


class ReviewDue(Message):
    """Topic `reviews`: the review of the week before `at` is due. Sending this too often is harmless."""

    topic = "reviews"
    contract: Literal["review-due/1"] = "review-due/1"
    at: Timestamp


class Tick(Message):
    """Topic `ticks`: a minute has passed. Cloud Scheduler sends it; on a local backend the runtime does."""

    topic = "ticks"
    contract: Literal["tick/1"] = "tick/1"

    @property
    def is_urgent(self) -> bool:
        """Escalations wait for it."""
        return True


class DeadLetter(Message):
    """Topic `dead-letters`: a message that its subscription failed to deliver, with the attributes that Pub/Sub adds.

    Source: Cloud Pub/Sub documentation, "Handle message failures".
    """

    topic = "dead-letters"
    subscription: str
    attempts: int
    data: str

    @classmethod
    def from_push(cls, data: bytes, attributes: dict[str, str]) -> Self:
        return cls(
            subscription=attributes.get("CloudPubSubDeadLetterSourceSubscription", "unknown"),
            attempts=int(attributes.get("CloudPubSubDeadLetterSourceDeliveryCount", "0")),
            data=data.decode("utf-8", "replace"),
        )
