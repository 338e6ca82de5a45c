"""The typed contracts of every topic: the only types that cross a wire. Frozen, closed to unknown keys, versioned."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from shared.values.links import web_link
from shared.values.timestamps import day, iso

__all__ = ["day", "iso"]  # of old, who has events has their moments

OWN_SOURCE = "opos"
"""The source of what opos has to say about itself."""


def document_id(*parts: str) -> str:
    """An id that only these *parts*, in this order, have: 128 bits of SHA-256 over them, joined by NUL, as hex."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _cut(limit: int) -> BeforeValidator:
    """Makes text fit to be kept and shown: not too long, and free of half surrogate pairs, which JSON can spell."""

    def cut(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.encode("utf-8", "replace").decode()
        return f"{text[: limit - 1]}…" if len(text) > limit else text

    return BeforeValidator(cut)


Timestamp = Annotated[AwareDatetime, PlainSerializer(iso, when_used="json")]
"""An aware moment; as JSON always UTC and of fixed width."""

Line = Annotated[str, _cut(200)]
"""One line for a person; what is longer is cut with an ellipsis, never refused."""

Text = Annotated[str, _cut(2000)]


Link = Annotated[str, BeforeValidator(web_link)]
"""A web link, or an empty text: any other address could do harm when tapped."""


def _first_hundred(value: Any) -> Any:
    return dict(list(value.items())[:100]) if isinstance(value, dict) else value


Severity = Literal["info", "warning", "critical"]


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
    """Something is wrong, somebody is on it, or it has stopped being wrong.

    `fingerprint` names the trouble within its source: the same trouble always has the same one. `severity` is what the
    sender says; any word but info, warning and critical counts as critical, because an unknown must not be missed.
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
    """When the sender said this; None where it does not tell: then the time of arrival counts."""
    began: Timestamp | None = None
    """When the trouble began by the sender's clock: it tells one episode from the next."""
    runbook: Link = ""


About = Literal["money in", "customers", "releases", "other"]
"""`money in`: what was earned, and is added up."""


class BusinessEvent(Contract):
    """Something good or neutral happened that is worth a line in the digest."""

    kind: Literal["event"] = "event"
    title: Line
    summary: Text = ""
    link: Link = ""
    money: Money | None = None
    about: About = "other"


Signal = Annotated[Alert | BusinessEvent, Field(discriminator="kind")]
"""What a webhook means to the operator. A webhook may carry several, or none (kept, not shown)."""


class Event(Contract):
    """One accepted webhook, as kept in `events/{id}`. `body` is the raw text; base64 when it is not UTF-8."""

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
    """Why the contract of its source does not hold, when it does not."""
    signed_with: str = ""
    """The name of the secret that proves it, where its source has several different ones: for who renews them."""

    @classmethod
    def stored(cls, data: Mapping[str, Any]) -> Self:
        """The event in the document *data*, which holds more, and, if it was kept by an earlier release, less."""
        return cls.model_validate({name: data[name] for name in cls.model_fields if name in data})


class Message(Contract):
    """Root of what travels on a topic."""

    topic: ClassVar[str]

    @property
    def is_urgent(self) -> bool:
        """Whether it goes before others that wait, where the bus can do that."""
        return False

    @classmethod
    def from_push(cls, data: bytes, attributes: dict[str, str]) -> Self:  # noqa: ARG003  (a subclass reads them)
        """The message in a push request. Raises pydantic.ValidationError when the contract does not hold."""
        return cls.model_validate_json(data)


class EventAccepted(Message):
    """Topic `events`: a webhook was verified and written down.

    `version` is its document's, so that a consumer need not read it. `nonce` is empty for the first handling; a replay
    carries its own, so that its consumers handle it again.
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
    signals: tuple[Signal, ...]

    @property
    def is_urgent(self) -> bool:
        """It may have to page: any word but info and warning counts as critical."""
        return any(signal.kind == "alert" and signal.severity not in {"info", "warning"} for signal in self.signals)


class DigestDue(Message):
    """Topic `digests`: what waits in *queue*, the name of a digest, may have to be sent. Safe to send too often."""

    topic = "digests"
    contract: Literal["digest-due/1"] = "digest-due/1"
    queue: str
    reason: Literal["size", "window"]


class ReviewDue(Message):
    """Topic `reviews`: the review of the week before `at` is due. Safe to send too often."""

    topic = "reviews"
    contract: Literal["review-due/1"] = "review-due/1"
    at: Timestamp


class Tick(Message):
    """Topic `ticks`: a minute has passed; sent by Cloud Scheduler, locally by the runtime."""

    topic = "ticks"
    contract: Literal["tick/1"] = "tick/1"

    @property
    def is_urgent(self) -> bool:
        """What escalates waits for it."""
        return True


class DeadLetter(Message):
    """Topic `dead-letters`: a message that its subscription could not deliver, with the attributes Pub/Sub adds.

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
