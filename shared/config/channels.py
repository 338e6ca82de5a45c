"""The channels: where opos sends messages."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from shared.config.types import SecretName, hide_address, only_true
from shared.values.section import Section

Cost = Annotated[float, Field(ge=0, le=1000)]
"""The cost of one interruption over a channel, relative to others: a phone call costs more than a push."""


SendResolved = Annotated[bool, Field(strict=True)]
"""Whether a channel that got a notification hears that its alerts have resolved."""


class ConsoleChannel(Section):
    cost: Cost = 1.0
    send_resolved: SendResolved = True
    console: Annotated[Literal[True], BeforeValidator(only_true)]


class SecretChannel(Section):
    """A channel whose address is a secret; the key named after its kind holds the secret's name."""

    kind: ClassVar[str]
    cost: Cost = 1.0
    send_resolved: SendResolved = True

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
    """The secret holds `https://ntfy.sh/topic`; with a login, `https://user:password@host/topic`, `https://:token@host/topic`
    or `https://host/topic?auth=`.
    """

    kind = "ntfy"
    ntfy: SecretName


class SlackChannel(SecretChannel):
    """The secret holds the address of an incoming webhook of Slack or a compatible service."""

    kind = "slack"
    slack: SecretName


class WebPushChannel(SecretChannel):
    """The secret holds the private VAPID key. The operator subscribes devices in the console."""

    kind = "webpush"
    webpush: SecretName


def _kind(value: Any) -> str | None:
    kinds = ("console", "apprise", "email", "ntfy", "slack", "webpush")
    named = [kind for kind in kinds if (kind in value if isinstance(value, dict) else hasattr(value, kind))]
    return named[0] if len(named) == 1 else None


ChannelConfig = Annotated[
    Annotated[ConsoleChannel, Tag("console")]
    | Annotated[AppriseChannel, Tag("apprise")]
    | Annotated[EmailChannel, Tag("email")]
    | Annotated[NtfyChannel, Tag("ntfy")]
    | Annotated[SlackChannel, Tag("slack")]
    | Annotated[WebPushChannel, Tag("webpush")],
    Discriminator(
        _kind,
        custom_error_type="channel_kind",
        custom_error_message=(
            "a channel: {console: true}, {ntfy: SECRET}, {slack: SECRET}, {apprise: SECRET}, "
            "{webpush: SECRET} or {email: SECRET, to: address}"
        ),
    ),
    BeforeValidator(hide_address),
]
