"""Receivers as channels: a name of its own for each, and a note for each integration."""

from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any

from opos.importers.alertmanager.content import Receiver
from opos.importers.alertmanager.notes import Notes
from shared.config.files.located_yaml import Where

_RESERVED = frozenset({"v2", "ping"})
_SILENT_ON_RESOLVE = frozenset({"email_configs", "slack_configs", "wechat_configs", "rocketchat_configs"})
"""The integrations whose `send_resolved` is false by default."""
_SECRET = {
    "pagerduty_configs": "pagerduty://INTEGRATION_KEY@API_KEY",
    "email_configs": "mailto://user:password@example.com", "webhook_configs": "json://host/path",
    "opsgenie_configs": "opsgenie://API_KEY", "pushover_configs": "pover://USER_KEY@TOKEN",
    "telegram_configs": "tgram://BOT_TOKEN/CHAT_ID", "discord_configs": "discord://WEBHOOK_ID/WEBHOOK_TOKEN",
    "msteams_configs": "msteams://TOKEN_A/TOKEN_B/TOKEN_C", "sns_configs": "sns://KEY/SECRET/region/topic",
    "victorops_configs": "splunk://routing_key@API_KEY", "webex_configs": "wxteams://TOKEN",
    "mattermost_configs": "mmost://host/TOKEN", "rocketchat_configs": "rocket://user:password@host/channel",
    "msteamsv2_configs": "workflows://host/WORKFLOW/SIGNATURE",
}  # fmt: skip
"""The form of an Apprise URL for each kind of receiver."""
_NATIVE = {"slack_configs": ("slack", "its api_url")}
"""The kinds of receivers for which opos has a channel of its own that takes the same address."""


def channels_of(receivers: Iterable[Receiver]) -> dict[str, str]:
    """The name of the channel for the name of each receiver. No two receivers share one, nor the name of its secret."""
    channels: dict[str, str] = {}
    for receiver in receivers:
        taken = {*map(_secret, channels.values()), *map(_secret, _RESERVED)}
        channels[receiver.name] = next(name for name in _names(receiver.name) if _secret(name) not in taken)
    return channels


def _names(receiver: str) -> Iterator[str]:
    """Names for the channel of *receiver*: lower-case letters, digits, - and _; then the same with a number."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in receiver.lower())
    name = plain if plain[:1].isalnum() else f"c{plain}"
    return chain([name], (f"{name}-{number}" for number in count(2)))


def _secret(channel: str) -> str:
    name = channel.upper().replace("-", "_")
    return f"{name}_URL" if name[:1].isalpha() else f"CHANNEL_{name}_URL"


def is_told_of_resolves(receiver: Receiver) -> bool:
    """Whether any integration of *receiver* says that an alert has resolved. Source: Alertmanager, notify/config."""
    return not receiver.integrations or any(
        _wants_resolves(key, integration)
        for key, integrations in receiver.integrations.items()
        for integration in integrations
    )


def _wants_resolves(key: str, integration: Any) -> bool:
    said = integration.get("send_resolved") if isinstance(integration, dict) else None
    return key not in _SILENT_ON_RESOLVE if said is None else str(said).lower() in {"true", "yes", "y", "on"}


def note_receivers(receivers: Iterable[Receiver], channels: dict[str, str], notes: Notes) -> None:
    for number, receiver in enumerate(receivers):
        where, name, channel = ("receivers", number), f"receivers.{receiver.name}", channels[receiver.name]
        if channel != (wanted := next(_names(receiver.name))):
            notes.add(where, f"becomes the channel {channel}, because {wanted} is another name already", name)
        if not receiver.integrations:
            why = "has no integration, so its routes get interrupt_from: never; opos lists their alerts in the digest"
            notes.add(where, why, name)
        for key in receiver.unknown:
            _note_setting(receiver, key, channel, (*where, key), notes)


def _note_setting(receiver: Receiver, key: str, channel: str, where: Where, notes: Notes) -> None:
    name = f"receivers.{receiver.name}.{key}"
    if key in receiver.integrations:
        kind, address = _NATIVE.get(key) or ("apprise", _SECRET.get(key, "an Apprise URL"))
        silent = "" if is_told_of_resolves(receiver) else ", send_resolved: false"
        secret = f"write {channel}: {{{kind}: {_secret(channel)}{silent}}} and set that to {address}"
        notes.lost(where, f"because it contains secrets; {secret}", name)
    elif not key.endswith("_configs"):
        notes.lost(where, "opos has no such setting", name)
