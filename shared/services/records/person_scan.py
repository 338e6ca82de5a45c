"""Where the documents of a bundle speak of a person, and how each would read without them.

One pass over all collections: events first, then the alerts that they made, then the rest, so that what follows from an
event about the person is known to be about them, too.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.asks.ask import COLLECTION as ASKS
from shared.ports import Doc
from shared.ports.indexes import COLLECTIONS, is_of_records
from shared.ports.terms import alert_index, event_terms
from shared.records.change import CHANGES
from shared.records.forgetting import is_kept
from shared.records.identity import Identity, forgotten
from shared.records.kind import Kind
from shared.records.scrubbing import scrubbed_document
from shared.services.records.context import RecordsContext
from shared.services.records.forgotten_events import emptied, is_forgotten
from shared.services.records.histories import documents
from shared.services.records.other_records import Others

_FIRST = ("events", "alerts")
_WITHOUT_TEXT = frozenset(
    {"suppressions", "record_claims", "leases", "probes", "sweeps", "indicators", "flag_usage", "deployments"}
)
"""Collections in which nobody has a name."""
_ID = re.compile("[0-9a-f]{32}")


class Trace(NamedTuple):
    """A document that speaks of the person, and the fields that it has without them."""

    doc: Doc
    fields: Mapping[str, Any]

    @property
    def collection(self) -> str:
        return self.doc.path.partition("/")[0]


@dataclass
class Scan:
    """What is looked for: the *person*, and the *linked* ids of their records and of what was made from these.

    `linked` grows with what is found. *ids* are the records that are forgotten, and *at* is when.
    """

    person: Identity
    ids: frozenset[str]
    linked: set[str]
    others: Others
    at: str

    def trace(self, doc: Doc) -> Trace | None:
        """What *doc* says of the person; None if that is nothing, or nothing any more."""
        text = json.dumps([doc.path, doc.data], ensure_ascii=False)
        is_near = not self.linked.isdisjoint(_ID.findall(text)) or self.others.is_near(doc)
        if is_near or self.person.may_be_in(text) or _is_encoded(doc):
            return self._trace(doc, is_near=is_near)
        return None

    def _trace(self, doc: Doc, *, is_near: bool) -> Trace | None:
        collection = doc.path.partition("/")[0]
        if collection == "events":
            return _trace(doc, self._event(doc, is_near=is_near))
        if collection == CHANGES:
            return None if doc.data["record"] in self.ids else _trace(doc, self.others.change(doc))
        if is_of_records(collection):
            return None if doc.id in self.ids else _trace(doc, self.others.record(doc, is_near=is_near))
        data = scrubbed_document(doc.data, self.person.scrub(is_near=is_near))
        if collection == ASKS and doc.data["content"].get("record") in self.ids:
            return _trace(doc, _ask(data, self.others.kind))
        if collection == "alerts":
            self.linked |= {doc.id} if is_near else set()
            return _trace(doc, {**data, **alert_index(data)} if data != doc.data else data)
        return _trace(doc, data)

    def _event(self, doc: Doc, *, is_near: bool) -> Mapping[str, Any]:
        is_about = is_near or self.person.is_named_in(_text(doc.data))
        self.linked |= {doc.id} if is_about else set()
        if is_forgotten(doc.data):
            return doc.data
        if is_about:
            return emptied(doc.data, self.person, self.at)
        data = scrubbed_document(doc.data, self.person.scrub(is_near=False))
        return {**data, "terms": event_terms(data)} if data != doc.data else data


def collections(context: RecordsContext) -> list[str]:
    """The collections that a scan reads, in its order: asks come last, as they have words that nothing else has."""
    records = [kind.collection for kind in context.kinds.values()]
    others = [name for name in COLLECTIONS if name not in {*_FIRST, *_WITHOUT_TEXT, ASKS}]
    return [*_FIRST, *records, *others, ASKS]


def traces(scan: Scan, context: RecordsContext) -> Iterator[Trace | None]:
    """What is found; None for each document in which nothing is."""
    for collection in collections(context):
        for doc in documents(context.store, collection):
            yield scan.trace(doc)


def _trace(doc: Doc, data: Mapping[str, Any]) -> Trace | None:
    fields = {name: part for name, part in data.items() if name not in doc.data or doc.data[name] != part}
    return Trace(doc, fields) if fields else None


def _ask(ask: Mapping[str, Any], kind: Kind) -> Mapping[str, Any]:
    """An ask about a record that is forgotten. The hashes of what was asked go with it: they could be guessed."""
    content = {**ask["content"]}
    for part in ("fields", "kept"):
        content[part] = {name: _proposed(kind, name, proposed) for name, proposed in content.get(part, {}).items()}
    return {**ask, "content": content, "bound": "", "base": ""}


def _proposed(kind: Kind, name: str, proposed: Mapping[str, Any]) -> Mapping[str, Any]:
    if is_kept(kind, name):
        return proposed
    return {**proposed, "now": forgotten(proposed["now"]), "value": forgotten(proposed["value"])}


def _is_encoded(doc: Doc) -> bool:
    return bool(doc.data.get("body_encoding") == "base64")


def _text(event: Mapping[str, Any]) -> str:
    """All that a sender has said in *event*."""
    body = str(event["body"])
    if event.get("body_encoding") == "base64":
        body = base64.b64decode(body).decode("utf-8", "replace")
    return "\n".join([body, str(event["subject"]), *map(str, event["headers"].values())])
