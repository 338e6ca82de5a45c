"""What the records are after all that: what the latest event about each says, and what their changes add up to."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from shared.ports import Doc, Store
from shared.records.body import body_of
from shared.records.change import ChangeDoc, as_change
from shared.records.history import Gap, folded

MAPPING = "{customer: {kind: customer, id: data.fingerprint, fields: {name: data.title, status: data.message}}}"
"""Each alert is a customer, too, of whom each message says something else."""


def with_records(config: str) -> str:
    """*config*, whose source `app` comes last among the sources, with the mapping."""
    return config.replace("\nchannels:", f"\n    records: {MAPPING}\nchannels:", 1)


def wrong_records(store: Store) -> list[str]:
    """The records that lack, and those that are not what the events say or their changes add up to."""
    records = {doc.data["values"]["app_id"]: doc for doc in store.query("records_customer")}
    latest, histories = _latest(store), _histories(store)
    return [
        f"{id}: {fault}"
        for id in sorted(latest.keys() | records.keys())
        for fault in _faults(records.get(id), latest.get(id), histories)
    ]


def _latest(store: Store) -> dict[str, tuple[str, str, str]]:
    """The time, the id and the message of the event that says the last word on each customer."""
    words: dict[str, tuple[str, str, str]] = {}
    for event in (doc for doc in store.query("events") if doc.data["source"] == "app"):
        said: dict[str, Any] = json.loads(event.data["body"])["data"]
        word = event.data["received_at"], event.id, said["message"]
        words[said["fingerprint"]] = max(word, words.get(said["fingerprint"], word))
    return words


def _histories(store: Store) -> dict[str, list[ChangeDoc]]:
    """The changes of each record in their order, by one query: a query for each record would slow down the bundle."""
    histories = defaultdict[str, list[ChangeDoc]](list)
    for doc in store.query("record_changes"):
        histories[doc.data["record"]].append(as_change(doc.data))
    return histories


def _faults(
    record: Doc | None, latest: tuple[str, str, str] | None, histories: Mapping[str, list[ChangeDoc]]
) -> Iterator[str]:
    if record is None or latest is None:
        yield "not there" if latest else "of no event"
        return
    at, event, message = latest
    clock = record.data["clocks"]["status"]
    if (clock["at"], clock["by"], record.data["values"]["status"]) != (at, event, message):
        yield f"expected what event {event} says, found what {clock['by']} says"
    changes = histories.get(record.id, [])
    times = Counter(made["cause"] for made in changes)
    yield from (f"event {event} changed it {n} times" for event, n in times.items() if n > 1)
    try:
        if folded(changes) != body_of(record.data):
            yield "its changes add up to something else"
    except Gap as gap:
        yield str(gap)
