"""The answers to the five questions of `opos init`: their defaults and their validation."""

import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from opos.senders.catalogue import known
from shared.config.deploy import Project, Region
from shared.config.types import Name
from shared.values.dates import Zone

PAGES = ("console", "ntfy", "slack", "email", "webpush")
SMOKE = "smoke"
"""The source of the smoke test."""
NO_SENDERS = frozenset({"bearer", "basic", "hmac", "mapped"})
"""Schemes and formats that no sender is called."""
ALIKE = 0.85
"""From this similarity to a known sender on, a name counts as a typo of it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """`page` is one of PAGES or a URL. `targets` are project ids by target, empty for this machine only."""

    email: str
    timezone: str
    senders: tuple[str, ...]
    page: str
    targets: Mapping[str, str]
    region: str


def email(text: str) -> str:
    """Raises ValueError that says what is expected, like all the functions below."""
    if not re.fullmatch(r"[^@\s'\"]+@[^@\s'\"]+", text):
        raise ValueError("expected an e-mail address such as me@example.com")
    return text


def timezone(text: str) -> str:
    return _accepted(Zone, text)


def senders(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    return tuple(_sender(name) for name in names)


def page(text: str) -> str:
    if text in PAGES:
        return text
    if "://" not in text or (kind(text) == "apprise" and not _is_known_to_apprise(text)):
        scheme = repr(text.partition("://")[0])  # the rest may be a password
        raise ValueError(f"expected {', '.join(PAGES)}, or a URL such as ntfy://topic; found {scheme}")
    return text


def kind(page: str) -> str:
    """The kind of channel of *page*, which is one of PAGES or a URL."""
    if "://" not in page:
        return page
    scheme, _, rest = page.partition("://")
    if scheme in {"smtp", "smtps"}:
        return "email"
    hosts = {"ntfy.sh": "ntfy", "hooks.slack.com": "slack"}
    host = rest.rpartition("@")[2].partition("/")[0]
    return hosts.get(host, "apprise") if scheme == "https" else "apprise"


def project(text: str) -> str:
    return _accepted(Project, text)


def region(text: str) -> str:
    return _accepted(Region, text)


def own_email() -> str | None:
    """The address in the settings of git."""
    with suppress(OSError):
        done = subprocess.run(["git", "config", "user.email"], capture_output=True, text=True, check=False)  # noqa: S607
        return done.stdout.strip() or None
    return None


def own_timezone() -> str:
    """The time zone of this machine, from TZ or /etc/localtime."""
    linked = Path("/etc/localtime").resolve().as_posix().partition("zoneinfo/")[2]
    for name in (os.environ.get("TZ", ""), linked):
        with suppress(ValueError):
            return timezone(name.removeprefix(":"))
    return "UTC"


def _sender(name: str) -> str:
    if name in known():
        return name
    _accepted(Name, name)
    if name == SMOKE:
        raise ValueError(f"expected another name; {SMOKE} is the source of the smoke test")
    if name in NO_SENDERS:
        raise ValueError(
            f"expected the name of a sender or of your own app, found {name!r}, which is a scheme or a format"
        )
    if meant := get_close_matches(name, known(), n=1, cutoff=ALIKE):
        raise ValueError(f"expected {meant[0]}, another sender or the name of your own app, found {name!r}")
    return name


def _accepted(kind: Any, text: str) -> str:
    """*text*, if it is valid in opos.yaml."""
    try:
        return str(TypeAdapter(kind).validate_python(text))
    except ValidationError as error:
        expected = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"{expected}, found {text!r}") from None


def _is_known_to_apprise(url: str) -> bool:
    import apprise

    return apprise.Apprise().add(url) is True
