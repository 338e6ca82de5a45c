"""`.env`: the secrets of this machine as shell lines. `opos init` only adds to it, because senders use what it has."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from opos.init.page_channel import Asked, channels
from opos.init.questions import Answers
from opos.init.templates import SMOKE_SECRET
from opos.senders.catalogue import new_secret, sender
from opos.terminal.files import write_whole
from shared.config.files.dotenv import NAME, assignment_of, read
from shared.config.files.faults import ConfigError, Fault
from shared.security.secrets import read_secret

GITIGNORE = ".gitignore"
_PRIVATE = (NAME, ".opos/")
_BLANK = re.compile(r"""([^=]*=)(?:[ \t]*(?:''|""))?(\s*(?:\s#.*)?)""")
_HEAD = "# The secrets that opos.yaml names. opos reads this file beside opos.yaml. Do not share or commit it.\n"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A secret that the configuration names. `value` is empty where the operator has to add it; `note` says how.

    `channel` is the name of the channel whose receiver the operator still has to set up, as `note` says.
    """

    name: str
    value: str
    note: str
    channel: str = ""


def wanted(answers: Answers) -> Iterator[Wanted]:
    for name in answers.senders:
        known = sender(name)
        generated = known.made_by == "you"
        note = "give it to the sender" if generated else "copy it from the sender"
        yield Wanted(known.secret, new_secret(known.scheme) if generated else "", f"{name}: {note}; see senders.md")
    for channel in channels(answers):
        yield of_channel(channel)
    if answers.targets:
        yield Wanted(SMOKE_SECRET, new_secret("standard-webhooks"), "smoke: signs the smoke test of a new revision")


def of_channel(channel: Asked) -> Wanted:
    note = f"{channel.name}: {channel.where}"
    return Wanted(channel.secret, channel.value, note, channel.name if channel.steps else "")


def with_secrets(text: str, secrets: Iterable[Wanted], environment: Mapping[str, str]) -> tuple[str, list[Wanted]]:
    """*text* with those of *secrets* that neither it nor *environment* sets, also by a `NAME_FILE`, and these.

    A name that *text* has without a value gets one if there is one; a value that is set never changes.
    """
    new = []
    for secret in secrets:
        present = assignment_of(text, secret.name, environment)
        if _is_set(text, secret.name, environment) or (present and not secret.value):
            continue
        new.append(secret)
        text = (present and _filled(text, present.line, secret)) or _extended(text, secret)
    return text, new


def _is_set(text: str, name: str, environment: Mapping[str, str]) -> bool:
    present = (assignment_of(text, variable, environment) for variable in (name, f"{name}_FILE"))
    return read_secret(name, environment) is not None or any(assignment and assignment.value for assignment in present)


def _filled(text: str, line: int, secret: Wanted) -> str | None:
    """*text* with the value of *secret* in its *line*, which sets an empty one; None if that is in unusual words."""
    lines = text.split("\n")
    parts = _BLANK.fullmatch(lines[line - 1])
    if parts is None:
        return None
    lines[line - 1] = f"{parts[1]}{shlex.quote(secret.value)}{parts[2]}"
    return "\n".join(lines)


def _extended(text: str, secret: Wanted) -> str:
    newline, kept = "\r\n" if "\r\n" in text else "\n", text.rstrip("\r\n")
    ends = newline * 2 if kept.endswith("\\") else newline  # a backslash at the end takes in the next line
    return kept + ends + _lines(secret).replace("\n", newline)


def add(folder: Path, secrets: list[Wanted], environment: Mapping[str, str]) -> list[Wanted]:
    """The *secrets* that neither the file in *folder* nor *environment* has, once they are added to the file."""
    file = folder / NAME
    text, new = with_secrets(text_of(file), secrets, environment)
    if new:
        write_whole(file, text, mode=0o600)
    elif file.exists():
        file.chmod(0o600)  # it may be older than opos
    return new


def text_of(file: Path) -> str:
    """The text of *file*, or the beginning of a new one. Raises ConfigError if it is not text."""
    try:
        return file.read_bytes().decode() if file.exists() else _HEAD
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise ConfigError(
            [Fault(str(file), line, "", "UTF-8 text", f"the byte {fault.object[fault.start]:#04x}")]
        ) from None


def values(folder: Path) -> dict[str, str]:
    """The variables that the file in *folder* sets. Raises ConfigError."""
    file = folder / NAME
    added, faults = read(file, os.environ) if file.exists() else ({}, [])
    if faults:
        raise ConfigError(faults)
    return added


def unhidden(folder: Path) -> list[str]:
    """What git, now or later, would take into a commit from *folder*, and must not: the secrets and the data."""
    try:
        command = ["git", "check-ignore", "--no-index", *_PRIVATE]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603
        if done.returncode in {0, 1}:
            return [name for name in _PRIVATE if name not in done.stdout.splitlines()]
    except OSError:
        pass
    file = folder / GITIGNORE
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
    return [name for name in _PRIVATE if not {name, f"/{name}", name.rstrip("/")} & set(lines)]


def is_tracked(folder: Path) -> bool:
    """Whether git already has the file in its index, so that .gitignore does not keep it out of a commit."""
    try:
        command = ["git", "ls-files", "--error-unmatch", NAME]
        return subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 0  # noqa: S603
    except OSError:
        return False


def _lines(secret: Wanted) -> str:
    return f"# {secret.note}\nexport {secret.name}={shlex.quote(secret.value) if secret.value else ''}\n"
