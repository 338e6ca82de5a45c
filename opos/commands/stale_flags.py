"""`opos flags stale`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import click

from opos.history.git_blame import changed_at
from opos.terminal.options import Place, json_option
from opos.terminal.output import reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock
from shared.config.files.loader import flag_file
from shared.config.files.located_yaml import Located, read_yaml
from shared.flags import Definition
from shared.flags.checked_definition import CheckedDefinition
from shared.flags.shorthand import Flag
from shared.flags.stale_flags import settled
from shared.values.durations import parse_duration


def _duration(_context: click.Context, _option: click.Parameter, value: str) -> timedelta:
    try:
        return parse_duration(value)
    except ValueError as fault:
        raise click.BadParameter(f"{fault}, found {value!r}") from None


@click.command("stale")
@click.option("--code", type=click.Path(exists=True, path_type=Path), help="A folder of code that uses every flag.")
@click.option(
    "--settled",
    "longest",
    default="30d",
    show_default=True,
    callback=_duration,
    help="How long a flag may have one value for everyone.",
)
@click.option(
    "--flags",
    "file",
    default="flags.yaml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The flags file.",
)
@click.option(
    "--config", "config_file", default="opos.yaml", show_default=True, type=click.Path(path_type=Path),
    help="The configuration file, which names your time zone.",
)  # fmt: skip
@json_option
@reports_errors
def stale(code: Path | None, longest: timedelta, file: Path, config_file: Path, *, as_json: bool) -> None:
    """List flags that have expired, have one value for everyone, or are not used in --code.

    A flag's value dates from the last commit that changed its lines. If the file is not in git, opos assumes that the
    value is older than --settled.
    """
    located, text = read_yaml(file), _text(code) if code else None
    clock = operator_clock(Place(Path(), config_file, file).new_runtime())
    flags, last_change = flag_file(located), _last_changes(file, located)
    definitions, reasons = flags.flag_set().definitions, list[Reason]()
    for key, flag in flags.flags.items():
        reasons += _expired(key, definitions[key], clock.now)
        reasons += _settled(key, flag, last_change(key), longest, clock.now)
        if text is not None and key not in text:
            reasons.append(Reason(key, f"no file below {code} mentions it"))
    rows = [{"flag": reason.flag, "reason": reason.on_day()} for reason in reasons]
    lines = [f"{reason.flag}: {reason.at_time(clock)}" for reason in reasons]
    show(rows, "\n".join(lines) or "No flag is stale.", as_json=as_json)


class Reason(NamedTuple):
    """Why *flag* is stale, and since when, if that is known."""

    flag: str
    text: str
    since: datetime | None = None

    def on_day(self) -> str:
        return f"{self.text}, since {self.since.astimezone(UTC).date()}" if self.since else self.text

    def at_time(self, clock: OperatorClock) -> str:
        return f"{self.text}, since {clock.time_and_age(self.since)}" if self.since else self.text


def _expired(key: str, definition: Definition, now: datetime) -> Iterator[Reason]:
    if definition.expires and definition.expires <= now.date():
        yield Reason(key, f"expired on {definition.expires}")


def _settled(
    key: str, flag: Flag | CheckedDefinition, changed: datetime | None, longest: timedelta, now: datetime
) -> Iterator[Reason]:
    if (value := settled(flag, now)) is None:
        return
    variant, begins = value
    since = max(begins, changed) if changed else begins
    if now - since > longest:
        yield Reason(key, f"one value for everyone: {variant}", since if changed else None)


def _last_changes(file: Path, located: Located) -> Callable[[str], datetime | None]:
    """A function that returns when the lines of a flag last changed; None if git does not know."""
    changed = changed_at(file)

    def last_change(key: str) -> datetime | None:
        lines = {line for where, line in located.lines.items() if where[:2] == ("flags", key)}
        return max((changed[line - 1] for line in lines if line <= len(changed)), default=None)

    return last_change


def _text(folder: Path) -> str:
    """The text of all files below *folder*, except hidden ones and installed packages."""
    files = (path for path in folder.rglob("*") if path.is_file() and not _is_foreign(path.relative_to(folder)))
    return "\n".join(path.read_text("utf-8", "ignore") for path in files if path.stat().st_size < 2**20)


def _is_foreign(path: Path) -> bool:
    return any(part.startswith(".") or part == "node_modules" for part in path.parts)
