"""`opos flags stale`."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from opos.history.git_blame import changed_at
from opos.terminal.output import reports_errors, show
from shared.config.files.loader import load_flags
from shared.config.files.located_yaml import read_yaml
from shared.flags import Flag
from shared.flags.stale_flags import settled
from shared.values.durations import parse_duration


def _duration(_context: click.Context, _option: click.Parameter, value: str) -> timedelta:
    try:
        return parse_duration(value)
    except ValueError as fault:
        raise click.BadParameter(f"{fault}, found {value!r}") from None


@click.command("stale")
@click.option("--code", type=click.Path(exists=True, path_type=Path), help="A folder that should mention every flag.")
@click.option(
    "--settled",
    "longest",
    default="30d",
    show_default=True,
    callback=_duration,
    help="How long a flag may be the same for everybody.",
)
@click.option(
    "--flags", "file", default="flags.yaml", show_default=True, type=click.Path(path_type=Path), help="The flags."
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
@reports_errors
def stale(code: Path | None, longest: timedelta, file: Path, *, as_json: bool) -> None:
    """Flags that have expired, have long been the same for everybody, or that no code in --code mentions.

    Since when a flag is as it is, git says: the last change of its lines counts. Without git it counts as long ago.
    """
    now, mentioned, since = datetime.now(UTC), _texts(code) if code else None, _last_changes(file)
    found = []
    for key, flag in load_flags(file).flags.items():
        reasons = [*_expired(flag, now), *_settled(flag, since(key), longest, now)]
        if mentioned is not None and key not in mentioned:
            reasons.append(f"no file below {code} mentions it")
        found += [{"flag": key, "reason": reason} for reason in reasons]
    lines = [f"{one['flag']}: {one['reason']}" for one in found]
    show(found, "\n".join(lines) or "No flag is stale.", as_json=as_json)


def _expired(flag: Any, now: datetime) -> Iterator[str]:
    if isinstance(flag, Flag) and flag.expires and flag.expires <= now.date():
        yield f"expired on {flag.expires}"


def _settled(flag: Any, changed: datetime | None, longest: timedelta, now: datetime) -> Iterator[str]:
    if (found := settled(flag, now)) is None:
        return
    variant, begins = found
    since = max(begins, changed) if changed else begins
    if now - since > longest:
        yield f"the same for everybody: {variant}" + (f", since {since.date()}" if changed else "")


def _last_changes(file: Path) -> Callable[[str], datetime | None]:
    """When the lines of a flag were last changed; None where git does not know."""
    changed, lines = changed_at(file), read_yaml(file).lines

    def since(key: str) -> datetime | None:
        own = {line for where, line in lines.items() if where[:2] == ("flags", key)}
        return max((changed[line - 1] for line in own if line <= len(changed)), default=None)

    return since


def _texts(folder: Path) -> str:
    """All that is written below *folder*, but for what is hidden or installed there."""
    files = (path for path in folder.rglob("*") if path.is_file() and not _is_foreign(path.relative_to(folder)))
    return "\n".join(path.read_text("utf-8", "ignore") for path in files if path.stat().st_size < 2**20)


def _is_foreign(path: Path) -> bool:
    return any(part.startswith(".") or part == "node_modules" for part in path.parts)
