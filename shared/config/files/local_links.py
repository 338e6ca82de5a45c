"""Warns if notifications would leave this machine with links that lead to it only, so that no phone can follow them."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.config.channels import EmailChannel, SecretChannel, WebPushChannel
from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located
from shared.config.model import Config
from shared.security.secrets import read_secret


def local_links(config: Config, located: Located, url: str, environment: Mapping[str, str]) -> Iterator[Fault]:
    """A warning if there is a channel that leaves this machine, but *url*, the address of the bundle, does not."""
    channels = [name for name, channel in config.channels.items() if _leaves(channel, environment)]
    if channels and _is_local(url):
        expected = f"an address that your phone can open, since links in notifications on {', '.join(channels)} use it"
        yield Fault(located.file, located.line(("public_url",)), "public_url", expected, url)


def insecure_links(config: Config, located: Located, url: str) -> Iterator[Fault]:
    """A warning if devices cannot subscribe at *url*: browsers offer Web Push on https, and on this machine only.

    Source: W3C Secure Contexts.
    """
    channels = [name for name, channel in config.channels.items() if isinstance(channel, WebPushChannel)]
    if channels and not url.startswith("https://") and not _is_local(url):
        expected = f"an https address, since browsers subscribe to {', '.join(channels)} on no other"
        yield Fault(located.file, located.line(("public_url",)), "public_url", expected, url)


def _leaves(channel: object, environment: Mapping[str, str]) -> bool:
    """Whether messages of *channel* leave this machine. Mail does, also through a server on this machine."""
    if not isinstance(channel, SecretChannel) or isinstance(channel, EmailChannel):
        return isinstance(channel, EmailChannel)
    addresses = re.split(r"[,\s]+(?=\w+://)", read_secret(channel.secret, environment) or "")
    return not all(_is_local(address) for address in addresses)


def _is_local(url: str) -> bool:
    try:
        host = urlsplit(url.strip()).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or _is_loopback(host)
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
