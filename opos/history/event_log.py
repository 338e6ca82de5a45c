"""The event log: reads it in order, writes it as JSON lines, and restores those into any store."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from opos.terminal.output import json_text
from shared.errors import AlreadyExists, OposError
from shared.events import Event, day
from shared.ports import Create, Doc, Store
from shared.ports.terms import event_terms, without_derived

BATCH = 100
_STATES = ("accepted", "handled", "dead")


class BadLog(OposError):
    """Lines that are not exported events; nothing of their file was written."""

    code = "bad_log"


def read_log(store: Store, *, since: datetime, until: datetime, source: str | None = None) -> Iterator[Doc]:
    """The events received between *since* and *until*, oldest first; only those of *source* if it is given."""
    for date in _days(max(since, _first_day(store, until)), until):
        docs = [doc for doc in store.query("events", where=[("day", "==", date)]) if _is_wanted(doc, since, source)]
        yield from sorted(docs, key=lambda doc: (str(doc.data["received_at"]), doc.id))


def _first_day(store: Store, until: datetime) -> datetime:
    """The day of the oldest event: without it, a *since* long ago would ask for each day of its centuries."""
    oldest = next(iter(store.query("events", order_by="day", limit=1)), None)
    return datetime.fromisoformat(oldest.data["day"]).replace(tzinfo=UTC) if oldest else until


def _days(since: datetime, until: datetime) -> Iterator[str]:
    first = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range((until - first).days + 1):
        yield day(first + timedelta(days=number))


def _is_wanted(doc: Doc, since: datetime, source: str | None) -> bool:
    return source in {None, doc.data["source"]} and datetime.fromisoformat(doc.data["received_at"]) >= since


def line(doc: Doc) -> str:
    """The event without its terms, which a restore makes again."""
    content = without_derived(doc.data)
    return json_text(content, separators=(",", ":"), sort_keys=True)


def parse_log(lines: Iterable[bytes]) -> Iterator[Create]:
    """The documents to write. Raises BadLog, naming the first 20 bad lines, before the last is read."""
    faults: list[str] = []
    for number, text in enumerate(lines, start=1):
        try:
            if text.strip():
                yield _parse(text)
        except (ValueError, KeyError, TypeError) as fault:
            faults.append(f"line {number}: {_reason(fault)}")
    if faults:
        raise BadLog("\n".join(faults[:20]), hint="Nothing was restored. Expected the lines that `opos export` writes.")


def _parse(text: bytes) -> Create:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise TypeError("expected an object")
    event = Event.stored(data)
    if data["state"] not in _STATES:
        raise ValueError(f"state: expected one of {', '.join(_STATES)}, found {data['state']!r}")
    known = {name: data[name] for name in ("state", "republished", "handled", *({"forgotten_at"} & data.keys()))}
    stored = event.to_doc()
    return Create(
        f"events/{event.id}", {**stored, **known, "day": day(event.received_at), "terms": event_terms(stored)}
    )


def _reason(fault: Exception) -> str:
    if isinstance(fault, ValidationError):
        first = fault.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"{fault} is missing" if isinstance(fault, KeyError) else str(fault)


def restore(store: Store, writes: Iterable[Create]) -> tuple[int, int]:
    """Writes the missing documents; the number written, and the number already there."""
    written = there = 0
    for batch in _batches(writes):
        new = _commit(store, batch)
        written, there = written + new, there + len(batch) - new
    return written, there


def _commit(store: Store, batch: list[Create]) -> int:
    try:
        store.commit(batch)
    except AlreadyExists:
        return sum(_commit(store, [write]) for write in batch) if len(batch) > 1 else 0
    return len(batch)


def _batches(writes: Iterable[Create], *, most: int = BATCH, size: int = 4_000_000) -> Iterator[list[Create]]:
    """*writes* in batches that fit into one commit: Firestore accepts 10 MiB."""
    batch: list[Create] = []
    held = 0
    for write in writes:
        length = len(write.data["body"])
        if batch and (len(batch) >= most or held + length > size):
            yield batch
            batch, held = [], 0
        batch.append(write)
        held += length
    if batch:
        yield batch
