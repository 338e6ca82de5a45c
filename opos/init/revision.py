"""The edits of an existing opos.yaml that make it say new answers. Nothing is removed, and nothing else is touched."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from opos.init import templates
from opos.init.page_channel import Asked, channels
from opos.init.questions import SMOKE, WINDOW, Answers
from opos.init.receivers import CONSOLE, receivers
from opos.init.yaml_text import digest, quiet_hours
from opos.yaml_entries import Append, Edit, Put, Remove, quoted
from shared.config.digests import is_only
from shared.config.files.faults import ConfigError, Fault
from shared.config.files.located_yaml import Located

QUIET = "quiet hours"
"""The name of the focus block that `opos init` writes."""
KEPT = "as it is"
"""What stands for a digest that no answer can say."""


def present(located: Located) -> Answers:
    """The answers that the file gives. Its page is the name of a channel."""
    data = located.data
    targets = {name: target["project"] for name, target in _section(data, "deploy", "targets").items()}
    regions = [str(target["region"]) for target in _section(data, "deploy", "targets").values() if "region" in target]
    block = next((block for block in _blocks(data) if block["name"] == QUIET), None)
    return Answers(
        email=data["owner"], timezone=data.get("timezone", "UTC"), page=data["route"].get("channel", ""),
        senders=tuple(name for name in data["sources"] if name != _section(data, "deploy").get("smoke")),
        targets=targets, region=regions[0] if regions else "", public_url=data.get("public_url") or "",
        quiet=f"{block['from']}-{block['to']}" if block else "", digest=_digest(data["digest"]),
    )  # fmt: skip


def channel_kinds(located: Located) -> dict[str, tuple[str, str]]:
    """The channels of the file, each with its kind and the name of its secret, empty for the console."""
    entries = located.data["channels"].items()
    kinds = ((name, next((kind for kind in receivers() if kind in entry), CONSOLE), entry) for name, entry in entries)
    return {name: (kind, "" if kind == CONSOLE else entry[kind]) for name, kind, entry in kinds}


def asked_channel(answers: Answers, data: Any) -> Asked | None:
    """The channel that the answers ask for, under a name that is free, or its own if *data* has it; None for none."""
    if answers.page in data["channels"]:
        return None
    for channel in channels(answers):
        for number in count(1):
            name, secret = (channel.name, channel.secret) if number == 1 else _numbered(channel, number)
            entry = channel.entry.replace(channel.secret, secret)
            present = data["channels"].get(name)
            if present is None or any(entry.startswith(f"{{{key}: {value}") for key, value in present.items()):
                return replace(channel, name=name, secret=secret, entry=entry)
    return None


def edits(answers: Answers, located: Located) -> Iterator[Edit]:
    """What has to change in the file, so that it gives *answers*. Raises ConfigError if something would be removed."""
    data, former = located.data, present(located)
    yield from _head_edits(answers, former, located)
    for name in (name for name in answers.senders if name not in data["sources"]):
        value, lines = templates.source(name)
        yield Put(("sources", name), value, lines)
    if answers.page != former.page:
        yield from _page_edits(answers, data)
    if answers.quiet != former.quiet:
        _require_some(answers.quiet, ("focus", "blocks"), located)
        yield from _quiet_edits(answers.quiet, data)
    if answers.digest != former.digest:
        yield from _digest_edits(answers.digest, located)
    if answers.targets != former.targets:
        yield from _deploy_edits(answers, data)


def _head_edits(answers: Answers, former: Answers, located: Located) -> Iterator[Edit]:
    if answers.email != former.email:
        yield Put(("owner",), quoted(answers.email))
    if answers.timezone != former.timezone:
        yield Put(("timezone",), answers.timezone, after="owner")
    if answers.public_url != former.public_url:
        _require_some(answers.public_url, ("public_url",), located)
        after = "timezone" if "timezone" in located.data else "owner"
        yield Put(("public_url",), quoted(answers.public_url), after=after)


def _page_edits(answers: Answers, data: Any) -> Iterator[Edit]:
    channel = asked_channel(answers, data)
    if channel is None:
        name = answers.page if answers.page in data["channels"] else _console(data)
        if name not in data["channels"]:
            yield Put(("channels", name), receivers()["console"].entry)
    else:
        name = channel.name
        if name not in data["channels"]:
            yield Put(("channels", name), channel.entry)
    if data["route"].get("channel") != name:
        yield Put(("route", "channel"), name)


def _console(data: Any) -> str:
    """The channel of the console, or a free name for it."""
    consoles = [name for name, channel in data["channels"].items() if "console" in channel]
    return consoles[0] if consoles else next(n for n in ("desk", "console", "desk2") if n not in data["channels"])


def _quiet_edits(quiet: str, data: Any) -> Iterator[Edit]:
    names = [block["name"] for block in _blocks(data)]
    if QUIET in names:
        for key, time in zip(("from", "to"), quiet.split("-"), strict=True):
            yield Put(("focus", "blocks", names.index(QUIET), key), f'"{time}"')
    elif names:
        yield Append(("focus", "blocks"), quiet_hours(quiet))
    else:
        yield Put(("focus", "blocks"), f"[{quiet_hours(quiet)}]")


def _digest_edits(text: str, located: Located) -> Iterator[Edit]:
    present = located.data["digest"]
    if not is_only(present):
        hint = "change their windows and cron lines in the file"
        raise ConfigError([Fault(located.file, located.line(("digest",)), "digest", "one digest", "several", hint)])
    ((key, value),) = digest(text).items()
    for other in {"window": ("cron",), "cron": ("size", "window")}[key]:
        if other in present:  # a digest with a size would also end with its last item
            yield Remove(("digest", other))
    yield Put(("digest", key), value)


def _deploy_edits(answers: Answers, data: Any) -> Iterator[Edit]:
    if not data.get("deploy"):
        yield Put(("deploy",), templates.deploy_value(answers), templates.deploy_lines(answers))
        if SMOKE not in data["sources"]:
            yield Put(("sources", SMOKE), templates.SMOKE_SOURCE, templates.SMOKE_LINES)
            routes = data["route"].get("routes")
            route = templates.SMOKE_ROUTE.replace("desk", _console(data))
            yield Append(("route", "routes"), route) if routes else Put(("route", "routes"), f"[{route}]")
        return
    for name, project in answers.targets.items():
        target = _section(data, "deploy", "targets").get(name)
        if target is None:
            yield Put(("deploy", "targets", name), templates.target(project, answers.region))
        elif target["project"] != project:
            yield Put(("deploy", "targets", name, "project"), quoted(project))


def _require_some(answer: str, path: tuple[str, ...], located: Located) -> None:
    if not answer:
        place, hint = ".".join(path), "`opos init` removes nothing; to remove it, delete it in the file"
        raise ConfigError([Fault(located.file, located.line(path), place, "a new value", "none", hint)])


def _numbered(channel: Asked, number: int) -> tuple[str, str]:
    name, _, rest = channel.secret.partition("_")
    return f"{channel.name}{number}", f"{name}{number}_{rest}"


def _digest(section: Any) -> str:
    """The digest as an answer: a duration, or a time of the day."""
    match section:
        case {"window": str(window)}:
            return window
        case {"cron": str(cron)}:
            return _daily(cron)
        case {"channel": str(), **rest} if not rest.keys() & {"size"}:
            return WINDOW
    return KEPT


def _daily(cron: str) -> str:
    minute, hour, *rest = cron.split()
    daily = rest == ["*"] * 3 and minute.isdecimal() and hour.isdecimal()
    return f"{int(hour):02}:{int(minute):02}" if daily else KEPT


def _blocks(data: Any) -> list[Any]:
    return _section(data, "focus").get("blocks") or []


def _section(data: Any, *path: str) -> dict[str, Any]:
    for key in path:
        data = data.get(key) or {}
    return data if isinstance(data, dict) else {}
