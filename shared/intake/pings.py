"""Reads a ping, and says what it changes in its heartbeat.

The words and their meaning are those of healthchecks.io, whose clients work unchanged. Source: its documentation,
"Pinging API" and "Measuring Script Run Time".
"""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from shared.errors import Malformed, NotFound
from shared.intake.heartbeats import Beat, with_outcome
from shared.values.http import HttpRequest
from shared.values.timestamps import iso

BODY_KEPT = 10_000
"""How many bytes of a body opos keeps: the last ones, because the end of a log says how the job ended."""
RUNS = 10
"""How many runs of one heartbeat may be open, and how many ended ones opos remembers."""
ONE_RUN = timedelta(hours=72)
"""A start and an end that are further apart belong to two runs."""
_NOT_KEPT = b"(not stored)"
_EXPECTED = "expected /start, /fail, /log or an exit code from 0 to 255 after the heartbeat's address"
_DIGITS = re.compile("[0-9]{1,3}")
Kind = Literal["success", "fail", "start", "log"]
_WORDS: dict[str, Kind] = {"": "success", "start": "start", "fail": "fail", "log": "log"}

_IN_WORDS: dict[Kind, str] = {"success": "success", "fail": "failure", "start": "start", "log": "log"}


class Ping(NamedTuple):
    """What a job says. `run` is the id of its run, `size` the number of bytes of the body as it was sent."""

    kind: Kind = "success"
    exit_code: int | None = None
    run: str = ""
    body: str = ""
    size: int = 0


def in_words(kind: Kind, exit_code: int | None) -> str:
    return _IN_WORDS[kind] if exit_code is None else f"{_IN_WORDS[kind]} (exit code {exit_code})"


def cut_in_words(size: int) -> str:
    """What is left out of a body of *size* bytes; empty if nothing is."""
    return f"the last {BODY_KEPT:,} of {size:,} bytes" if size > BODY_KEPT else ""


def read_ping(word: str, request: HttpRequest, secrets: Collection[str]) -> Ping:
    """The ping of *request*, whose address ends with *word*. Its body is kept without *secrets*.

    Raises NotFound for an unknown word, Malformed for a run id that is not a UUID.
    """
    kind, code = _kind(word)
    return Ping(kind, code, _run(request.query.get("rid", "")), _kept(request.body, secrets), len(request.body))


def _kind(word: str) -> tuple[Kind, int | None]:
    if word in _WORDS:
        return _WORDS[word], None
    if not _DIGITS.fullmatch(word) or int(word) > 255:  # noqa: PLR2004  (POSIX: an exit code is one byte)
        raise NotFound("There is no such ping.", hint=_EXPECTED)
    return ("fail" if int(word) else "success"), int(word)


def _run(id: str) -> str:
    try:
        return str(UUID(id)) if id else ""
    except ValueError:
        raise Malformed(
            "expected a UUID as the run id (rid), found another text", hint="`uuidgen` makes one."
        ) from None


def _kept(body: bytes, secrets: Collection[str]) -> str:
    for secret in filter(None, secrets):
        body = re.sub(re.escape(secret.encode()), _NOT_KEPT, body, flags=re.IGNORECASE)
    text = body[-BODY_KEPT:].decode("utf-8", "replace")
    return text if len(body) <= BODY_KEPT else text.lstrip("\ufffd")


def pinged(beat: Beat, ping: Ping, now: datetime) -> Beat:
    """*beat* after *ping* arrived at *now*; its due time is still to be derived."""
    counted: Beat = {**beat, "pings": beat["pings"] + 1}
    if ping.kind == "log":
        return counted
    if ping.kind == "start":
        return _started(counted, ping, now)
    return with_outcome(_ended(counted, ping, now), "f" if ping.kind == "fail" else "s")


def _started(beat: Beat, ping: Ping, now: datetime) -> Beat:
    if ping.run in beat["ended"]:
        return beat
    runs = {**beat["runs"], ping.run: iso(now)}
    return {**beat, "runs": dict(sorted(runs.items(), key=lambda run: run[1])[-RUNS:])}


def _ended(beat: Beat, ping: Ping, now: datetime) -> Beat:
    """Without an id, the ping ends every run: it may be that of a job that names only its start.

    With one, it also ends those that began before the heartbeat was missed: whatever became of them, it runs again.
    """
    runs = {id: began for id, began in beat["runs"].items() if ping.run and id != ping.run}
    return {
        **beat, "last_seen": iso(now), "since": iso(now), "resumed_at": None, "missed_at": None,
        "failed_at": (beat["failed_at"] or iso(now)) if ping.kind == "fail" else None,
        "runs": {id: began for id, began in runs.items() if began >= (beat["missed_at"] or "")},
        "ended": [*beat["ended"], ping.run][-RUNS:] if ping.run else beat["ended"],
        "took": beat["took"] if ping.run in beat["ended"] else _took(beat["runs"].get(ping.run), now),
    }  # fmt: skip


def _took(began: str | None, now: datetime) -> float | None:
    length = now - datetime.fromisoformat(began) if began else None
    return length.total_seconds() if length is not None and timedelta() <= length <= ONE_RUN else None
