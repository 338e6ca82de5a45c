"""What forgetting a person takes out of a bundle, or would, in words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opos.records.editing import name_of
from shared.cost import PRICES
from shared.services.records.person import Person
from shared.services.records.person_scan import Scan, Trace
from shared.values.text import counted, headline

_SHOWN = 20
_CALLED: Mapping[str, str] = {"record_changes": "changes of other records", "dead_letters": "failed messages"}


@dataclass
class Tally:
    """How many documents were read, and how many of each collection speak of the person."""

    read: int = 0
    written: Counter[str] = field(default_factory=Counter)


def tallied(traces: Iterable[Trace | None]) -> Tally:
    tally = Tally()
    for trace in traces:
        tally.read += 1
        if trace:
            tally.written[trace.collection] += 1
    return tally


def content(person: Person, scan: Scan, tally: Tally, *, is_done: bool) -> dict[str, Any]:
    """A forgetting as JSON. `others` are records of somebody else that share a key or a name, by id, with their kinds.

    `words` are what was looked for, which is personal data.
    """
    return {
        "kind": person.kind.name, "records": sorted(person.ids), "words": person.identity.words,
        "documents": dict(sorted(tally.written.items())), "read": tally.read,
        "dollars": round(_dollars(person, tally), 6), "others": scan.others.reported, "done": is_done,
    }  # fmt: skip


def lines(person: Person, scan: Scan, tally: Tally) -> Iterator[str]:
    first, *others = person.records
    yield name_of(first)
    if others:
        yield f"  and {counted(len(others), 'record')} that {'was' if len(others) == 1 else 'were'} merged into it"
    yield f"  {counted(sum(record.n for record in person.records), 'change')} in the history, and the keys"
    for collection, count in sorted(tally.written.items()):
        yield f"  {_CALLED.get(collection, collection.replace('_', ' '))}: {count:,}"
    words = person.identity.words
    if words:
        yield "  Looked for everywhere:"
        yield from (f"    {headline(word)}" for word in words[:_SHOWN])
        yield from [f"    and {len(words) - _SHOWN} more"] if len(words) > _SHOWN else []
    for id, kind in list(scan.others.reported.items())[:_SHOWN]:
        yield f"  {kind} {id[:8]} has the same key or name, and keeps it. If it is the same person, forget it, too."
    cost = _dollars(person, tally)
    yield f"  {counted(tally.read, 'document')} read. On Firestore, forgetting this person costs about USD {cost:.4f}."


def _dollars(person: Person, tally: Tally) -> float:
    """What a run costs at the list prices of Firestore, without the free tier: each change is written up to twice."""
    changes = sum(record.n for record in person.records)
    writes, reads = 2 * changes + sum(tally.written.values()), tally.read + sum(tally.written.values()) + 4 * changes
    prices = {price.name: price.dollars / price.per for price in PRICES}
    return writes * prices["Firestore writes"] + reads * prices["Firestore reads"]
