"""Channels: one module a kind of receiver."""

from shared.ports import Channel, Clock


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
