"""What documents weigh in Firestore, and what events of every sender leave there.

Source: Firestore documentation, "Storage size calculations".
"""

import importlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml

from shared.adapters.firestore.values import encode_fields
from shared.ports import Doc
from shared.ports.indexes import INDEXES, LISTS, orders
from tests.support import requirements as needs
from tests.support.bundle import SECRETS, Bundle
from tests.unit.sources.test_payloads import HEADERS, PAYLOADS

KIB = 1024
NAME, MAP, ENTRY = 16, 32, 32
"""What each name, map and index entry weighs beside what is in it. A document is a map, too."""
BESIDE_THE_BODY = ("rest of its document", "index entries", "its share in an alert")
_SIZES = {"boolean_value": 1, "null_value": 1, "integer_value": 8, "double_value": 8, "timestamp_value": 8}


def document(doc: Doc) -> int:
    return _name(doc.path) + _map(encode_fields(doc.data))


def entries(doc: Doc) -> int:
    """Of all indexes that have it."""
    fields, collection = encode_fields(doc.data), doc.path.partition("/")[0]
    found = [(name, _at(fields, name)) for owner, name in INDEXES if owner == collection]
    single = sum(_entry(doc, name, value) * len(orders(collection, name)) for name, value in found if value is not None)
    return single + sum(_entry(doc, name, value) for name, value in _elements(collection, fields))


def _elements(collection: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each element of a list is an entry of its own."""
    for name in (name for owner, name in LISTS if owner == collection and name in fields):
        yield from ((name, value) for value in fields[name].array_value.values)


def body(text: str) -> int:
    """The field of an event that holds *text*, without its name."""
    return _value(encode_fields({"body": text})["body"])


def plain(text: str) -> int:
    return len(text.encode()) + 1


def _entry(doc: Doc, field: str, value: Any) -> int:
    """The parent of a document that is in no other is taken for a name in which there is nothing."""
    return _name(doc.path) + NAME + plain(field) + _value(value) + ENTRY


def _at(fields: Mapping[str, Any], path: str) -> Any:
    head, _, rest = path.partition(".")
    value = fields.get(head)
    return _at(value.map_value.fields, rest) if rest and value is not None else value


def _name(path: str) -> int:
    return sum(map(plain, path.split("/"))) + NAME


def _map(fields: Mapping[str, Any]) -> int:
    return MAP + sum(plain(name) + _value(value) for name, value in fields.items())


def _value(value: Any) -> int:
    kind = value.WhichOneof("value_type")
    if kind == "map_value":
        return _map(value.map_value.fields)
    if kind == "array_value":
        return sum(map(_value, value.array_value.values))
    if kind == "bytes_value":
        return len(value.bytes_value)
    return plain(value.string_value) if kind == "string_value" else _SIZES[kind]


def payloads(bundle: Bundle) -> dict[str, float]:
    """KiB that an event of those in tests/payloads leaves, on average, when it is handled and told."""
    files = sorted(PAYLOADS.glob("*/*.json"))
    bundle.configure(f"\n{yaml.safe_dump({'sources': dict(_sources({file.parent.name for file in files}))})}")
    accepted = sum(_send(bundle, file) for file in files)
    bundle.tick(minutes=6)
    events, digests, pages = (bundle.docs(name) for name in ("events", "digests", "outbox"))
    alerts, groups = bundle.docs("alerts"), bundle.docs("groups")
    assert accepted == len(events) >= len(files) / 2
    rest = sum(document(doc) - body(doc.data["body"]) for doc in events)
    return {
        "body as sent": fmean(plain(doc.data["body"]) for doc in events) / KIB,
        "body as kept": fmean(body(doc.data["body"]) for doc in events) / KIB,
        "rest of its document": rest / len(events) / KIB,
        "index entries": fmean(map(entries, events)) / KIB,
        "its share in an alert": _whole(alerts) / len(events) / KIB,
        "a digest": _whole(digests) / len(digests) / KIB,
        "a page, its group included": _whole([*pages, *groups]) / len(pages) / KIB,
    }


def github() -> dict[str, float]:
    """KiB of the bodies that GitHub publishes as examples: whole ones, where those of the tests are shortened."""
    listed = json.loads(needs.OCTOKIT.read_text())
    texts = [json.dumps(example, separators=(",", ":")) for event in listed for example in event["examples"]]
    return {"body as sent": fmean(map(plain, texts)) / KIB, "body as kept": fmean(map(body, texts)) / KIB}


def _whole(docs: Iterable[Doc]) -> int:
    return sum(document(doc) + entries(doc) for doc in docs)


def _sources(folders: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each sender proves itself in its own way, where it has one."""
    for folder in sorted(folders):
        own = hasattr(importlib.import_module(f"shared.sources.senders.{folder}"), "SCHEME")
        name, key = folder.replace("_", "-"), "APP_SECRET" if folder == "standard_webhooks" else "ROUTING_KEY"
        yield name, {"scheme": name if own else "bearer", "secrets": [key]}


def _send(bundle: Bundle, file: Path) -> bool:
    """Whether it was accepted: some files are the same delivery, said otherwise. Two senders prove themselves in the
    body: by a key, or by the time.
    """
    folder, kind = file.parent.name, file.stem.partition(".")[0]
    payload = json.loads(file.read_text())
    proof: dict[str, dict[str, Any]] = {
        "linear": {"webhookTimestamp": int(bundle.clock.now().timestamp()) * 1000},
        "pagerduty_events": {"routing_key": SECRETS["ROUTING_KEY"]},
    }
    event_type = next(iter(HEADERS.get(f"{folder}/{kind}", {}).values()), "")
    answer = bundle.send(
        folder.replace("_", "-"), {**payload, **proof.get(folder, {})}, delivery=file.stem, event_type=event_type
    )
    assert answer.status in {200, 202}, f"{file.name}: {answer.text}"
    bundle.settle()
    return answer.status == 202
