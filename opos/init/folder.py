"""The folder that `opos init` works in: what the answers change in its files."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from opos.company import SHIPPED
from opos.init import dotenv, revision, sender_guide, templates
from opos.init.dotenv import Wanted
from opos.init.files import Change, content, replaced
from opos.init.page_channel import channels
from opos.init.questions import Answers
from opos.yaml_entries import edited
from shared.config.files.dotenv import NAME, assignment_of
from shared.config.files.faults import ConfigError, Fault
from shared.config.files.loader import config_in
from shared.config.files.located_yaml import Located, parse_yaml, read_yaml
from shared.security.secrets import read_secret

CONFIG, FLAGS, COMPANY = Path("opos.yaml"), Path("flags.yaml"), Path("company")


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of the files for some answers. `secrets` are those that .env gets; `page` is the channel for critical
    alerts; `setups` is what to enter at each sender that is new.
    """

    changes: tuple[Change, ...]
    secrets: tuple[Wanted, ...]
    page: str
    setups: tuple[sender_guide.Setup, ...]


def environment() -> dict[str, str]:
    """The variables of this process, and under them those of .env."""
    return {**dotenv.values(Path()), **os.environ}


def existing() -> Located:
    """opos.yaml, with all its values valid. Raises ConfigError."""
    try:
        located = read_yaml(CONFIG)
        config_in(located)
    except ConfigError as error:
        error.hint = (
            "Nothing was changed. Fix the file and run the command again; `opos verify` checks it. To start over,"
            " `opos init --force` keeps it as opos.yaml.bak."
        )
        raise
    return located


def beginning(answers: Answers, *, force: bool) -> Plan:
    """The plan for a folder without opos.yaml, or with *force* for a new start."""
    config = replaced(CONFIG, templates.config(answers), force=force)
    flags = replaced(FLAGS, templates.FLAGS, force=force)
    guide = sender_guide.guide(answers.senders, answers.public_url, deployed=bool(answers.targets))
    secrets, env = _env_change(list(dotenv.wanted(answers)))
    changes = (*config, *flags, *replaced(Path(sender_guide.NAME), guide, force=True), *env, *_hidden(), *_company())
    page = next((channel.name for channel in channels(answers)), "desk")
    return Plan(changes, secrets, page, _setups(answers.senders, answers.public_url))


def continuing(answers: Answers, located: Located) -> Plan:
    """The plan for a folder with the opos.yaml *located*, in which only what *answers* change does so."""
    former, before = revision.present(located), content(CONFIG) or b""
    text = edited(before.decode(), located.file, revision.edits(answers, located))
    config_in(parsed := parse_yaml(text, located.file))
    added = tuple(name for name in answers.senders if name not in located.data["sources"])
    secrets, env = _env_change(list(_wanted(answers, added, located)))
    config = [Change(CONFIG, before, text.encode(), "changed")] if text.encode() != before else []
    flags = () if FLAGS.exists() else replaced(FLAGS, templates.FLAGS, force=False)
    changes = (*config, *flags, *_guide_change(answers, added, former), *env, *_hidden(), *_company())
    setups = _setups(added, answers.public_url)
    if answers.public_url != former.public_url:  # each sender needs the new address
        sources = parsed.data["sources"]
        setups = tuple(sender_guide.present_setup(name, sources[name], answers.public_url) for name in answers.senders)
    return Plan(changes, secrets, parsed.data["route"].get("channel", ""), setups)


def _setups(names: tuple[str, ...], public_url: str) -> tuple[sender_guide.Setup, ...]:
    return tuple(sender_guide.setup(name, public_url) for name in names)


def _wanted(answers: Answers, added: tuple[str, ...], located: Located) -> Iterator[Wanted]:
    targets = answers.targets if answers.targets and not located.data.get("deploy") else {}
    yield from dotenv.wanted(replace(answers, senders=added, page="console", targets=targets))
    channel = revision.asked_channel(answers, located.data)
    if channel:
        _require_unset(channel.secret, answers.page_url, environment())
        yield dotenv.of_channel(channel)
    elif answers.page_url:
        _, secret = revision.channel_kinds(located)[answers.page]
        _require_unset(secret, answers.page_url, environment())
        yield Wanted(secret, answers.page_url, answers.page)


def _require_unset(name: str, value: str, variables: Mapping[str, str]) -> None:
    """Raises ConfigError if *value* is to be that of the secret *name*, which has another."""
    if value and read_secret(name, variables) not in {None, value}:
        hint = "`opos init` never changes a secret; change it in .env"
        present = assignment_of(dotenv.text_of(Path(NAME)), name, variables)
        line = present.line if present else 1
        raise ConfigError([Fault(NAME, line, name, "no value yet", "another value", hint)])


def _env_change(wanted: list[Wanted]) -> tuple[tuple[Wanted, ...], list[Change]]:
    file = Path(NAME)
    text, new = dotenv.with_secrets(dotenv.text_of(file), wanted, environment())
    names = ", ".join(secret.name for secret in new)
    before = content(file)
    if new:
        return tuple(new), [_private(file, before, text.encode(), f"{names} added, readable only by you")]
    if before is not None and file.stat().st_mode & 0o077:
        return (), [_private(file, before, before, "now readable only by you")]
    return (), []


def _private(file: Path, before: bytes | None, after: bytes, note: str) -> Change:
    return Change(file, before, after, note, mode=0o600, shown=False)


def _guide_change(answers: Answers, added: tuple[str, ...], former: Answers) -> Iterator[Change]:
    file = Path(sender_guide.NAME)
    before = content(file)
    if before is None:
        if added:
            yield Change(file, None, sender_guide.guide(added, answers.public_url, deployed=False).encode())
        return
    text = before.decode(errors="surrogateescape")
    after = sender_guide.extended(text, added, answers.public_url, former.public_url)
    if after != text:
        yield Change(file, before, after.encode(errors="surrogateescape"), "changed", shown=False)


def _company() -> Iterator[Change]:
    """The kinds that opos ships, unless there is a folder `company/`: that is the operator's, even with --force."""
    if not COMPANY.exists():
        for name in ("records.py", "schema.json"):
            yield Change(COMPANY / name, None, (SHIPPED / name).read_bytes())


def _hidden() -> Iterator[Change]:
    file = Path(dotenv.GITIGNORE)
    if names := dotenv.unhidden(Path()):
        before = content(file)
        gap = b"" if not before or before.endswith(b"\n") else b"\n"
        after = (before or b"") + gap + "".join(f"{name}\n" for name in names).encode()
        yield Change(file, before, after, f"{', '.join(names)} added", shown=False)
