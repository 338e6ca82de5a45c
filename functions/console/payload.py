"""The payload of an event as a page shows it: indented, coloured, masked, and never more than fits a page."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from shared.errors import ContractBroken
from shared.events import Event
from shared.intake.body import parsed, raw_body
from shared.values.masking import parts
from shared.values.text import counted, readable

MOST = 48_000
"""How many characters of HTML a payload becomes, at most."""
_DEEPEST = 40
_LONGEST = 4000
_DUMPED = 256
"""How many bytes of a body that is no text a page shows."""
_KILO = 1000


class Payload(NamedTuple):
    """A body for a page. `masked` counts the values that it hides; `is_whole`: all of the body is there."""

    html: Markup
    size: str
    masked: int
    is_whole: bool


def payload(event: Event, *, is_shown: bool) -> Payload:
    """The body of *event*; `is_shown`: with the values that are masked otherwise."""
    body = raw_body(event)
    html, masked, length, is_whole = list[Markup](), 0, 0, True
    for piece, is_masked in _pieces(event, body, is_shown=is_shown):
        length += len(piece)
        if length > MOST:
            is_whole = False
            break
        html.append(piece)
        masked += is_masked
    return Payload(Markup().join(html), _size(len(body)), masked, is_whole and _fits(event, body))


def _size(length: int) -> str:
    """*length* in bytes for people: `41 bytes`, `983 kB`."""
    return counted(length, "byte") if length < _KILO else f"{length / _KILO:,.0f} kB"


def masked_headers(headers: Mapping[str, str], *, is_shown: bool) -> list[tuple[str, Markup]]:
    """The stored headers in order: Firestore keeps none."""
    return [
        (name, Markup().join(piece for piece, _ in _text(value, name, is_shown=is_shown)))
        for name, value in sorted(headers.items())
    ]


Piece = tuple[Markup, bool]


def _pieces(event: Event, body: bytes, *, is_shown: bool) -> Iterator[Piece]:
    content = parsed(body, event.headers)
    if not isinstance(content, ContractBroken):
        yield from _json(content, "", 0, is_shown=is_shown)
    elif event.body_encoding == "utf-8":
        for line in event.body[:MOST].splitlines():
            yield from _text(line, "", is_shown=is_shown)
            yield Markup("\n"), False
    else:
        yield escape(body[:_DUMPED].hex(" ")), False


def _fits(event: Event, body: bytes) -> bool:
    return len(body) <= (MOST if event.body_encoding == "utf-8" else _DUMPED)


def _json(value: Any, key: str, depth: int, *, is_shown: bool) -> Iterator[Piece]:
    if isinstance(value, dict | list) and value:
        if depth >= _DEEPEST:
            yield Markup("…"), False
            return
        marks = "{}" if isinstance(value, dict) else "[]"
        yield escape(marks[0]), False
        yield from _members(value, key, depth + 1, is_shown=is_shown)
        yield escape(f"\n{'  ' * depth}{marks[1]}"), False
    elif isinstance(value, str):
        yield from _quoted(_text(value[:_LONGEST], key, _spelled, is_shown=is_shown))
        if len(value) > _LONGEST:
            yield Markup(" … {} more").format(counted(len(value) - _LONGEST, "character")), False
    else:
        named = key if isinstance(value, int | float) and not isinstance(value, bool) else ""
        yield from _text(json.dumps(value), named, is_shown=is_shown)


def _members(value: dict[str, Any] | list[Any], key: str, depth: int, *, is_shown: bool) -> Iterator[Piece]:
    items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else ((key, item) for item in value)
    for number, (name, item) in enumerate(items):
        yield escape(f"{',' if number else ''}\n{'  ' * depth}"), False
        if isinstance(value, dict):
            yield Markup('<span class="k">&quot;'), False
            yield from _text(str(name)[:_LONGEST], "", _spelled, is_shown=is_shown)
            yield Markup("&quot;</span>: "), False
        yield from _json(item, str(name), depth, is_shown=is_shown)


def _quoted(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """A text of JSON in quotation marks; if it is masked as a whole, its description alone."""
    known = list(pieces)
    if len(known) == 1 and known[0][1]:
        yield known[0]
        return
    html = Markup().join(piece for piece, _ in known)
    yield Markup('<span class="s">&quot;{}&quot;</span>').format(html), False
    yield from ((Markup(), True) for _, is_masked in known if is_masked)


def _spelled(text: str) -> str:
    """*text* as JSON spells it, without its quotation marks."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _text(text: str, key: str, spelled: Callable[[str], str] = str, *, is_shown: bool) -> Iterator[Piece]:
    for part in parts(text, key):
        if part.masked and not is_shown:
            yield Markup("<mark>{}</mark>").format(part.masked), True
        else:
            yield escape(readable(spelled(part.text))), False
