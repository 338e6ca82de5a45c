"""The search over everything. An id, or its beginning, opens the page of what it names."""

import re

from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import SEARCH, page_of, record_path
from functions.console.rows import Row, at
from shared.records.kind import collection_of
from shared.services.search import BadQuery, Hit, Results, search
from shared.values.http import HttpRequest

LONGEST = 200
_ID = re.compile(r"(?=.*\d)[0-9a-f]{4,32}")
"""Hexadecimal digits with a figure among them: `dead` is a word."""
_FILTER = re.compile(r"(?<!\S)([a-z]+):(?=\S)")
FILTERS = ("source", "type", "state", "severity", "outcome", "label", "day")
_ICONS = {
    "alert": "critical", "ask": "ask", "event": "events", "message": "send", "digest": "in", "silence": "pause",
    "group": "critical", "dead letter": "fail",
}  # fmt: skip


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    text = request.query.get("q", "").strip()[:LONGEST]
    try:
        results, fault = search(text, context) if text else None, ""
    except BadQuery as error:
        results, fault = None, error.message
    if results and len(results.hits) == 1 and _ID.fullmatch(text.lower()):
        return Page("", {}, location=_path(results.hits[0]))
    view = {"text": text, "hits": _rows(results, context), "is_whole": results is None or results.is_whole,
            "unknown": [name for name in _FILTER.findall(text) if name not in FILTERS], "filters": FILTERS}  # fmt: skip
    return Page("search.html", {**view, "fault": fault}, SEARCH)


def _rows(results: Results | None, context: ConsoleContext) -> list[Row]:
    return [
        {
            "kind": hit.kind, "icon": _ICONS.get(hit.kind, "dot"), "title": hit.title or hit.id, "path": _path(hit),
            "at": at(hit.at, context) if hit.at else None,
        }
        for hit in (results.hits if results else [])
    ]  # fmt: skip


def _path(hit: Hit) -> str:
    is_record = hit.path.startswith(collection_of(""))
    return record_path(hit.kind, hit.id) if is_record else page_of(hit.kind, hit.id)
