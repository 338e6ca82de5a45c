"""Where a page goes: the channel that an answer asks for, and the secret that holds its address."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from opos.init.questions import Answers, kind


@dataclass(frozen=True, slots=True)
class Asked:
    """A channel besides the console; `value` is its secret, empty where the operator has to say what `note` tells."""

    name: str
    line: str
    secret: str
    value: str
    note: str


_SERVER = "smtps://user:password@host, of your mail provider"
_HOOK = "the address of an incoming webhook (Slack: your app, Incoming Webhooks)"


def channels(answers: Answers) -> Iterator[Asked]:
    address = answers.page if "://" in answers.page else ""
    match kind(answers.page):
        case "ntfy":
            note = "the topic to subscribe to in the ntfy app; whoever knows it can read it"
            yield Asked("phone", "phone: {ntfy: PHONE_URL}", "PHONE_URL", address or _own_topic(), note)
        case "slack":
            yield Asked("chat", "chat: {slack: CHAT_URL}", "CHAT_URL", address, _HOOK)
        case "email":
            line = f"inbox: {{email: SMTP_URL, to: '{answers.email}'}}"
            yield Asked("inbox", line, "SMTP_URL", address, _SERVER)
        case "apprise":
            yield Asked("phone", "phone: {apprise: PHONE_URL}", "PHONE_URL", address, "an address of Apprise")


def _own_topic() -> str:
    return f"https://ntfy.sh/opos-{secrets.token_hex(12)}"
