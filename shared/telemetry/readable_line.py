"""The log for a person at a terminal: a renderer of the same lines that `log_record` writes as JSON (ADR 48).

A line is the local time, the source, the outcome and what it is about. Stack traces go to a file, and the line says
where. Besides the allowed fields, a line may show TERMINAL_FIELDS, which never leave the operator's terminal.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from shared.telemetry.log_record import line
from shared.telemetry.log_words import Shown, shown
from shared.telemetry.terminal_fields import terminal_fields
from shared.values.local_time import localized
from shared.values.text import readable
from shared.values.visible_characters import boundary

COLUMNS = (8, 14, 20)
"""Characters of the time, the source and the outcome."""
_COLOURS: Mapping[str, str] = {"red": "31", "yellow": "33", "green": "32", "cyan": "36", "dim": "2", "bold": "1"}
MOST_TRACES = 1024 * 1024
"""Bytes of the file of stack traces, from which on it begins anew; the file before it is kept."""


@dataclass(frozen=True, slots=True)
class ReadableLines:
    """A processor of structlog that renders each line for a person. *zone* None is that of the machine.

    A fault's line also goes to the file *traces*, whole and as JSON.
    """

    zone: tzinfo | None = None
    traces: Path | None = None

    def __call__(self, logger: Any, method: str, fields: MutableMapping[str, Any]) -> str:
        own = terminal_fields(fields)
        entry = line(logger, method, fields)
        trace = self._kept(entry)
        now = datetime.fromisoformat(entry["time"]).astimezone(self.zone)
        rows = [_row(now, part, entry) for part in shown({**entry, **own})]
        return "\n".join([*rows, *_notes(own.get("hint") or entry.get("remedy"), trace)]) or _drop()

    def _kept(self, entry: Mapping[str, Any]) -> str:
        """Where the stack trace of *entry* is; empty if it has none."""
        if self.traces is None or "stack_trace" not in entry:
            return ""
        try:
            return f"{self.traces}:{append(self.traces, json.dumps(entry))}"
        except OSError as fault:
            return f"not stored in {self.traces}: {fault.strerror}"


def append(file: Path, text: str) -> int:
    """Adds *text* as a line, which only the owner of the file can read. Returns its number."""
    if file.exists() and file.stat().st_size > MOST_TRACES:
        file.replace(file.with_name(f"{file.name}.1"))
    with os.fdopen(os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+", encoding="utf-8") as opened:
        opened.write(f"{text}\n")
        opened.seek(0)
        return sum(1 for _ in opened)


def _row(now: datetime, part: Shown, entry: Mapping[str, Any]) -> str:
    widths = COLUMNS[1:]
    source, outcome = (
        readable(text).ljust(width) for text, width in zip((part.source, part.outcome), widths, strict=True)
    )
    about, time = localized(readable(" · ".join(filter(None, part.about))), now.tzinfo or UTC, now), f"{now:%H:%M:%S}"
    room = shutil.get_terminal_size().columns - len(time) - len(source) - len(outcome) - 6
    if len(about) > room > 0 and entry["severity"] == "INFO":  # a problem is shown whole
        about = f"{about[: boundary(about, room - 1)]}…"
    paint = _paint()
    return f"{paint(time, 'dim')}  {source}  {paint(outcome, part.colour)}  {about}".rstrip()


def _notes(hint: str | None, trace: str) -> Iterator[str]:
    paint, indent = _paint(), " " * (COLUMNS[0] + 2)
    if hint:
        yield f"{indent}{paint(f'hint: {readable(hint)}', 'dim')}"
    if trace:
        yield f"{indent}{paint(f'stack trace: {readable(trace)}', 'dim')}"


def _paint() -> Callable[[str, str], str]:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return lambda text, _colour: text
    return lambda text, colour: f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if colour else text


def _drop() -> str:
    from structlog import DropEvent

    raise DropEvent
