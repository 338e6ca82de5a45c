"""Rows of a file, one after the other: CSV (RFC 4180), JSON lines, or a table of SQLite."""

import codecs
import csv
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from opos.terminal.groups import did_you_mean
from shared.errors import OposError

Format = Literal["csv", "jsonl", "sqlite"]
_ENDINGS: Mapping[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".db": "sqlite", ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
}  # fmt: skip
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_QUOTED = re.compile('"[^"]*"')


class BadFile(OposError):
    """A file that cannot be read as what it should be."""

    code = "bad_file"


class Row(NamedTuple):
    """`place` is where it is in the file, such as `line 7`. A row that could not be read has only a `fault`."""

    place: str
    cells: Mapping[str, Any]
    fault: str = ""


class Source(NamedTuple):
    """A file, and how to read it. What is empty is found out from the file."""

    file: Path
    format: str = ""
    table: str = ""
    delimiter: str = ""
    encoding: str = ""

    @property
    def is_typed(self) -> bool:
        """Whether its values have types; else each is text, as a person writes it."""
        return format_of(self) == "jsonl"


def format_of(source: Source) -> str:
    """Raises BadFile if the name of the file does not say it."""
    known = source.format or _ENDINGS.get(source.file.suffix.lower(), "")
    if not known:
        endings = ", ".join(_ENDINGS)
        raise BadFile(f"expected --format, or a file that ends in {endings}, found {source.file.name}")
    return known


def rows(source: Source) -> Iterator[Row]:
    """The rows of *source*, of which one at a time is in memory. Raises BadFile, and OSError."""
    readers = {"csv": _csv_rows, "jsonl": _json_rows, "sqlite": _table_rows}
    yield from readers[format_of(source)](source)


def _csv_rows(source: Source) -> Iterator[Row]:
    with source.file.open(encoding=source.encoding or _encoding(source.file), newline="") as text:
        try:
            header = text.readline()
            text.seek(0)
            yield from _cells(csv.reader(text, delimiter=source.delimiter or _delimiter(header), strict=True))
        except UnicodeDecodeError as fault:
            hint = "Name its encoding: --encoding cp1252 is that of many files of Windows."
            raise BadFile(f"{source.file}: expected text in {fault.encoding}, found other bytes", hint=hint) from None
        except (csv.Error, LookupError) as fault:
            raise BadFile(f"{source.file}: {fault}") from None


def _cells(reader: Any) -> Iterator[Row]:
    header: list[str] = [name.strip() for name in next(reader, [])]
    if repeated := {name for name in header if header.count(name) > 1}:
        raise BadFile(f"expected each column once in the header, found {', '.join(sorted(repeated))} several times")
    line = reader.line_num + 1
    for cells in reader:
        place, line = f"line {line}", reader.line_num + 1
        if len(cells) == len(header):
            yield Row(place, dict(zip(header, cells, strict=True)))
        elif cells:
            yield Row(place, {}, f"expected {len(header)} cells, found {len(cells)}")


def _encoding(file: Path) -> str:
    with file.open("rb") as opened:
        start = opened.read(3)
    return next((name for mark, name in _BOMS.items() if start.startswith(mark)), "utf-8")


def _delimiter(header: str) -> str:
    """The delimiter in *header*, if there is no doubt. Raises BadFile."""
    bare = _QUOTED.sub("", header)
    used = [delimiter for delimiter in _DELIMITERS if delimiter in bare]
    if len(used) > 1:
        names = " and ".join(_DELIMITERS[delimiter] for delimiter in used)
        raise BadFile(f"expected one delimiter in the header, found {names}", hint="Name it with --delimiter.")
    return used[0] if used else ","


def _json_rows(source: Source) -> Iterator[Row]:
    with source.file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if text := line.strip().removeprefix(codecs.BOM_UTF8):
                yield _json_row(f"line {number}", text)


def _json_row(place: str, text: bytes) -> Row:
    try:
        value = json.loads(text, parse_constant=_no_number)
    except ValueError as fault:
        return Row(place, {}, f"expected JSON, found none: {fault}")
    if not isinstance(value, dict):
        return Row(place, {}, "expected an object in JSON, found another value")
    return Row(place, value)


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number in JSON")


def _table_rows(source: Source) -> Iterator[Row]:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(source.file.absolute()))}?mode=ro", uri=True)) as database:
            name = _table(database, source).replace('"', '""')
            cursor = database.execute(f'SELECT * FROM "{name}"')  # noqa: S608  (a name that the file has)
            columns = [column for column, *_ in cursor.description]
            for number, values in enumerate(cursor, 1):
                yield _table_row(f"row {number}", dict(zip(columns, values, strict=True)))
    except sqlite3.Error as fault:
        raise BadFile(f"{source.file}: expected a file of SQLite, found that it cannot be read: {fault}") from None


def _table(database: sqlite3.Connection, source: Source) -> str:
    sql = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
    tables = [name for (name,) in database.execute(sql)]
    if not source.table and len(tables) == 1:
        return str(tables[0])
    if source.table not in tables:
        known = ", ".join(tables) or "none"
        raise BadFile(
            f"expected --table with a table of {source.file} ({known}), found {source.table or 'none'}."
            f"{did_you_mean(source.table, tables)}"
        )
    return source.table


def _table_row(place: str, values: Mapping[str, Any]) -> Row:
    blobs = [name for name, value in values.items() if isinstance(value, bytes)]
    if blobs:
        return Row(place, {}, f"expected text or a number in {', '.join(blobs)}, found bytes")
    return Row(place, {name: "" if value is None else str(value) for name, value in values.items()})
