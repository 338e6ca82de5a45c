"""`.env`: the secrets of this machine as lines for a shell. It is only ever added to: senders know what is in it."""

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
from shared.security.secrets import read_secret

NAME = ".env"
_HEAD = "# The secrets that opos.yaml names. Read them with `. ./.env`; keep this file to yourself.\n"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A secret of the configuration; `value` is empty where only the operator can say it, and `note` says how."""

    name: str
    value: str
    note: str


def wanted(answers: Answers) -> Iterator[Wanted]:
    for name in answers.senders:
        found = sender(name)
        chosen = found.made_by == "you"
        note = "give it to the sender" if chosen else "copy it from the sender"
        yield Wanted(found.secret, new_secret(found.scheme) if chosen else "", f"{name}: {note}, see senders.md")
    for channel in channels(answers):
        yield Wanted(channel.secret, channel.value, f"{channel.name}: {channel.note}")
    if answers.targets:
        yield Wanted(SMOKE_SECRET, new_secret("standard-webhooks"), "smoke: signs what tries a new revision")


def add(folder: Path, secrets: list[Wanted], environment: Mapping[str, str]) -> list[Wanted]:
    """Writes into the file in *folder* what neither it nor *environment* has, and returns that."""
    file = folder / NAME
    text = file.read_text(encoding="utf-8") if file.exists() else _HEAD
    new = [one for one in secrets if one.name not in _names(text) and read_secret(one.name, environment) is None]
    if new:
        _write(file, text.rstrip("\n") + "\n" + "".join(map(_lines, new)))
    return new


def values(folder: Path) -> dict[str, str]:
    """What the file in *folder* sets."""
    file = folder / NAME
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = (re.fullmatch(r"\s*export (\w+)=(.*)", line) for line in lines)
    return {one[1]: "".join(shlex.split(one[2], comments=True)) for one in found if one}


def hide(folder: Path) -> bool:
    """Keeps the file out of git, where *folder* is in a repository that would take it. Whether that was needed."""
    try:
        command = ["git", "check-ignore", "-q", NAME]
        taken = subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 1  # noqa: S603
    except OSError:
        return False
    if taken:
        ignored = folder / ".gitignore"
        before = ignored.read_text(encoding="utf-8") if ignored.exists() else ""
        ignored.write_text(before + ("" if before.endswith("\n") or not before else "\n") + f"{NAME}\n", "utf-8")
    return taken


def _names(text: str) -> set[str]:
    return {match[1].removesuffix("_FILE") for match in re.finditer(r"^\s*(?:export )?(\w+)=", text, re.MULTILINE)}


def _lines(secret: Wanted) -> str:
    return f"# {secret.note}\nexport {secret.name}={shlex.quote(secret.value) if secret.value else ''}\n"


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)
    draft.replace(file)
