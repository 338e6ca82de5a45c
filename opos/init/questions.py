"""The answers to the questions of `opos init`, and what each of them may be."""

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

from opos.init.receivers import APPRISE, is_known_to_apprise, kind_of, kinds
from opos.senders.catalogue import known
from shared.alerting.focus import Block
from shared.config.deploy import Project, Region
from shared.config.types import Address, Name
from shared.values.dates import Zone
from shared.values.durations import parse_duration

SMOKE = "smoke"
"""The source of the smoke test."""
NO_SENDERS = frozenset({"bearer", "basic", "hmac", "mapped"})
"""Schemes and formats that no sender is called."""
ALIKE = 0.8
"""From this similarity to a known sender on, a name counts as a typo of it."""
NONE = "none"
WINDOW = "5m"
"""The usual digest."""
_CLOCK = r"([01]?\d|2[0-3])(?::([0-5]\d))?"


@dataclass(frozen=True, slots=True)
class Answers:
    """`page` is a kind of channel or an address, in an existing file also the name of a channel; `page_url` the address
    of a kind. `targets` are project ids by target, empty for this machine only. `public_url` and `quiet` may be empty.
    """

    email: str
    timezone: str
    senders: tuple[str, ...]
    page: str
    targets: Mapping[str, str]
    region: str
    page_url: str = ""
    public_url: str = ""
    quiet: str = ""
    digest: str = WINDOW


def email(text: str) -> str:
    """Raises ValueError that says what is expected, like all the functions below."""
    if not re.fullmatch(r"[^@\s'\"]+@[^@\s'\"]+", text):
        raise ValueError("expected an e-mail address such as me@example.com")
    return text


def timezone(text: str) -> str:
    return _accepted(Zone, text)


def senders(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.lower() for part in re.split(r"[,\s]+", text) if part))
    return () if names == (NONE,) else tuple(_sender(name) for name in names)


def page(text: str) -> str:
    if text in kinds():
        return text
    if "://" not in text or (kind_of(text) == APPRISE and not is_known_to_apprise(text)):
        scheme = repr(text.partition("://")[0])  # the rest may be a password
        meant = get_close_matches(text, kinds(), n=1)
        hint = f"; did you mean {meant[0]}?" if meant else ""
        raise ValueError(f"expected {', '.join(kinds())}, or a URL such as ntfy://topic; found {scheme}{hint}")
    return text


def public_url(text: str) -> str:
    return "" if text in {"", NONE} else _accepted(Address, text).rstrip("/")


def quiet(text: str) -> str:
    """Two times of the day, as `22:00-07:00`."""
    if text in {"", NONE}:
        return ""
    times = re.fullmatch(rf"{_CLOCK}\s*-\s*{_CLOCK}", text)
    if times is None:
        raise ValueError(f"expected two times such as 22:00-07:00, or {NONE}, found {text!r}")
    start, end = _clock(times[1], times[2]), _clock(times[3], times[4])
    _accepted(Block, {"name": "quiet hours", "from": start, "to": end})
    return f"{start}-{end}"


def digest(text: str) -> str:
    """A duration such as `5m`, or a time of the day such as `08:00`."""
    if time := re.fullmatch(r"(\d?\d):(\d\d)", text):
        if not re.fullmatch(_CLOCK, text):
            raise ValueError(f"expected a time from 00:00 to 23:59, found {text!r}")
        return _clock(time[1], time[2])
    with suppress(ValueError):
        parse_duration(text)
        return text
    raise ValueError(f"expected a duration such as 5m, or a time such as 08:00, found {text!r}")


def runs(text: str) -> str:
    if text not in {"here", "cloud"}:
        raise ValueError(f"expected here or cloud, found {text!r}")
    return text


def project(text: str) -> str:
    return _accepted(Project, text)


def staging(text: str) -> str:
    return "" if text in {"", NONE} else project(text)


def region(text: str) -> str:
    return _accepted(Region, text)


def alike(name: str, cutoff: float = ALIKE) -> list[str]:
    """The known senders that *name* may be a typo of, the most similar first."""
    return get_close_matches(name, known(), n=3, cutoff=cutoff)


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
    if meant := alike(name):
        raise ValueError(f"expected {' or '.join(meant)}, another sender or the name of your own app, found {name!r}")
    return name


def _clock(hour: str, minute: str | None) -> str:
    return f"{int(hour):02}:{minute or '00'}"


def _accepted(kind: Any, value: Any) -> str:
    """*value*, if it is valid in opos.yaml."""
    try:
        return str(TypeAdapter(kind).validate_python(value))
    except ValidationError as error:
        expected = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"{expected}, found {value!r}") from None
