"""`.env`: the secrets of this machine as shell lines. `opos init` only adds to it, because senders use what it has."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from opos.init.page_channel import channels
from opos.init.questions import Answers
from opos.init.templates import SMOKE_SECRET
from opos.senders.catalogue import new_secret, sender
from opos.terminal.files import write_whole
from shared.config.files.dotenv import NAME, read
from shared.config.files.faults import ConfigError
from shared.security.secrets import read_secret

__all__ = ["NAME", "Wanted", "add", "hide", "values", "wanted"]
_HEAD = "# The secrets that opos.yaml names. opos reads this file beside opos.yaml. Do not share or commit it.\n"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A secret that the configuration names. `value` is empty where the operator has to add it; `note` says how."""

    name: str
    value: str
    note: str


def wanted(answers: Answers) -> Iterator[Wanted]:
    for name in answers.senders:
        known = sender(name)
        generated = known.made_by == "you"
        note = "give it to the sender" if generated else "copy it from the sender"
        yield Wanted(known.secret, new_secret(known.scheme) if generated else "", f"{name}: {note}; see senders.md")
    for channel in channels(answers):
        yield Wanted(channel.secret, channel.value, f"{channel.name}: {channel.note}")
    if answers.targets:
        yield Wanted(SMOKE_SECRET, new_secret("standard-webhooks"), "smoke: signs the smoke test of a new revision")


def add(folder: Path, secrets: list[Wanted], environment: Mapping[str, str]) -> list[Wanted]:
    """The *secrets* that neither the file in *folder* nor *environment* has, once they are added to the file."""
    file = folder / NAME
    text = file.read_text(encoding="utf-8") if file.exists() else _HEAD
    names = _names(text)
    new = [secret for secret in secrets if secret.name not in names and read_secret(secret.name, environment) is None]
    if new:
        write_whole(file, text.rstrip("\n") + "\n" + "".join(map(_lines, new)), mode=0o600)
    elif file.exists():
        file.chmod(0o600)  # it may be older than opos
    return new


def values(folder: Path) -> dict[str, str]:
    """The variables that the file in *folder* sets. Raises ConfigError."""
    file = folder / NAME
    added, faults = read(file, os.environ) if file.exists() else ({}, [])
    if faults:
        raise ConfigError(faults)
    return added


def hide(folder: Path) -> bool:
    """Adds the file to .gitignore if git would track it. Whether that was needed."""
    try:
        command = ["git", "check-ignore", "-q", NAME]
        tracked = subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 1  # noqa: S603
    except OSError:
        return False
    if tracked:
        ignored = folder / ".gitignore"
        before = ignored.read_text(encoding="utf-8") if ignored.exists() else ""
        ignored.write_text(before + ("" if before.endswith("\n") or not before else "\n") + f"{NAME}\n", "utf-8")
    return tracked


def _names(text: str) -> set[str]:
    return {match[1].removesuffix("_FILE") for match in re.finditer(r"^\s*(?:export )?(\w+)=", text, re.MULTILINE)}


def _lines(secret: Wanted) -> str:
    return f"# {secret.note}\nexport {secret.name}={shlex.quote(secret.value) if secret.value else ''}\n"
