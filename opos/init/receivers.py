"""The kinds of channels on which critical alerts can notify you, from receivers.yaml in this folder."""

import secrets
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

import yaml
from pydantic import TypeAdapter

from shared.values.section import Section
from shared.values.vapid import new_private_key

CONSOLE, NTFY, APPRISE = "console", "ntfy", "apprise"
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Letters and digits that look different on a phone."""


class Receiver(Section):
    """A row of receivers.yaml, which explains the keys."""

    channel: str
    entry: str
    secret: str = ""
    form: str = ""
    generated: str = ""
    hosts: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    listed: bool = True
    where: str

    def value(self, email: str) -> str:
        """The entry of the channel in opos.yaml, with *email* as YAML text."""
        return self.entry.replace("{secret}", self.secret).replace("{email}", email)


@cache
def receivers() -> Mapping[str, Receiver]:
    text = files("opos.init").joinpath("receivers.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Receiver]).validate_python(yaml.safe_load(text))


def kinds() -> tuple[str, ...]:
    """The kinds that the question lists."""
    return tuple(name for name, row in receivers().items() if row.listed)


def kind_of(page: str) -> str:
    """The kind of *page*, which is a kind or an address."""
    if "://" not in page:
        return page
    try:
        link = urlsplit(page)
        host = (link.hostname or "") if link.scheme == "https" else ""
    except ValueError:
        return APPRISE
    rows = receivers().items()
    return next((name for name, row in rows if host in row.hosts or link.scheme in row.schemes), APPRISE)


def address(kind: str, text: str) -> str:
    """*text* as an address for a channel of *kind*; for ntfy, a topic of ntfy.sh is enough. Raises ValueError.

    No error shows *text*, which may contain a password.
    """
    if kind == NTFY and "://" not in text:
        if not text.replace("-", "").replace("_", "").isalnum() or not text.isascii():
            raise ValueError("expected a topic of letters, digits, - and _, or its address, https://host/topic")
        return f"https://ntfy.sh/{text}"
    if not (form := receivers()[kind].form):
        raise ValueError("expected no address, since this channel has none")
    web = kind in {NTFY, "slack"}
    if "://" not in text or (web and not text.startswith(("https://", "http://"))) or not _usable(kind, text):
        raise ValueError(f"expected {form}")
    return text


def generated(kind: str) -> str:
    """A new address for a channel of *kind*; empty if only its receiver can say one."""
    name = receivers()[kind].generated
    return GENERATORS[name]() if name else ""


def new_topic() -> str:
    """A topic of ntfy that nobody can guess: 80 bits."""
    return f"opos-{''.join(secrets.choice(_LETTERS) for _ in range(16))}"


GENERATORS: Mapping[str, Callable[[], str]] = {"topic": lambda: address(NTFY, new_topic()), "key": new_private_key}


def _usable(kind: str, text: str) -> bool:
    row = receivers()[kind]
    if row.schemes and text.partition("://")[0] not in row.schemes:
        return False
    return "apprise:" not in row.entry or is_known_to_apprise(text)


def is_known_to_apprise(url: str) -> bool:
    import apprise

    return apprise.Apprise().add(url) is True
