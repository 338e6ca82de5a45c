"""The channel for critical alerts that an answer asks for, with the secret that is its address."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from opos.init.questions import Answers, kind
from shared.values.vapid import new_private_key


@dataclass(frozen=True, slots=True)
class Asked:
    """A channel in addition to the console. `value` is its secret, empty if the operator has to set it."""

    name: str
    line: str
    secret: str
    value: str
    note: str


_SERVER = "the server of your mail provider, as smtps://user:password@host"
_HOOK = "the URL of an incoming webhook (in Slack: your app, Incoming Webhooks)"


def channels(answers: Answers) -> Iterator[Asked]:
    address = answers.page if "://" in answers.page else ""
    match kind(answers.page):
        case "ntfy":
            note = "subscribe to this topic in the ntfy app; anyone who knows the topic can read it"
            yield Asked("phone", "phone: {ntfy: PHONE_URL}", "PHONE_URL", address or _own_topic(), note)
        case "slack":
            yield Asked("chat", "chat: {slack: CHAT_URL}", "CHAT_URL", address, _HOOK)
        case "email":
            line = f"inbox: {{email: SMTP_URL, to: '{answers.email}'}}"
            yield Asked("inbox", line, "SMTP_URL", address, _SERVER)
        case "webpush":
            note = "made for you; then open the console on your phone, Devices, and subscribe it (docs/web-push.md)"
            yield Asked("phone", "phone: {webpush: VAPID_KEY}", "VAPID_KEY", new_private_key(), note)
        case "apprise":
            yield Asked("phone", "phone: {apprise: PHONE_URL}", "PHONE_URL", address, "an Apprise URL")


def _own_topic() -> str:
    return f"https://ntfy.sh/opos-{secrets.token_hex(12)}"
