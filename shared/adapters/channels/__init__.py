"""Channels: one module a kind of receiver."""

from typing import TYPE_CHECKING

from shared.events import document_id
from shared.ports import Channel, Clock
from shared.ports.devices import Devices

if TYPE_CHECKING:
    from shared.adapters.channels.webpush import WebPush


def make_channel(kind: str, address: str, clock: Clock, *, sender: str = "", to: str = "") -> Channel:
    """The channel of *kind* at *address*; mail also needs *sender* and *to*. A kind's module, and the libraries that it
    needs, are imported with its first channel.
    """
    match kind:
        case "console":
            from shared.adapters.channels.console import ConsoleLine

            return ConsoleLine(clock)
        case "apprise":
            from shared.adapters.channels.apprise import AppriseService

            return AppriseService(address, clock)
        case "ntfy":
            from shared.adapters.channels.ntfy import NtfyTopic

            return NtfyTopic(address, clock)
        case "slack":
            from shared.adapters.channels.slack import SlackWebhook

            return SlackWebhook(address, clock)
        case "email":
            from shared.adapters.channels.email import SmtpMail

            return SmtpMail(address, sender=sender, to=to, clock=clock)
    raise ValueError(f"expected a kind of channel, found {kind!r}")


def make_addressees(kind: str, address: str, clock: Clock, *, sender: str = "", to: str = "") -> dict[str, Channel]:
    """A channel to each addressee of the channel of *kind* at *address*, by a hash of its address; empty for a kind
    that has only one.
    """
    match kind:
        case "apprise":
            from shared.adapters.channels.addressees import services
            from shared.adapters.channels.apprise import AppriseService

            return {_id(key): AppriseService(service, clock) for key, service in services(address).items()}
        case "email":
            from shared.adapters.channels.addressees import mail_addresses

            return {_id(to): make_channel(kind, address, clock, sender=sender, to=to) for to in mail_addresses(to)}
    return {}


def make_web_push(secret: str, clock: Clock, *, contact: str, devices: Devices) -> "WebPush":
    """The channel to *devices*, with the VAPID key *secret*; a push service may write to *contact*."""
    from shared.adapters.channels.webpush import Sender, WebPush
    from shared.values.vapid import VapidKey

    return WebPush(Sender(VapidKey(secret), contact, clock), devices)


def _id(address: str) -> str:
    return document_id("addressee", address)[:12]
