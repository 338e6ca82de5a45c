"""Records that a person names: by kind and id, the beginning of an id, a key, or an id in another system."""

import re

from opos.terminal.groups import did_you_mean
from opos.terminal.lookup import find
from shared.errors import NotFound
from shared.records.kind import Kind
from shared.services.records.context import RecordsContext
from shared.services.records.record import NoSuchKind, Stored, by_key, stored
from shared.values import kinds as documents
from shared.values.text import headline, well_formed

_ID = re.compile("[0-9a-f]{32}")


def kind_of(word: str, context: RecordsContext) -> Kind:
    """The kind that *word* names, in the singular or the plural. Raises NoSuchKind with a suggestion."""
    kinds = {name: kind for kind in context.kinds.values() for name in (kind.plural, kind.name)}
    if word not in kinds:
        known = ", ".join(context.kinds) or "company/records.py declares none"
        raise NoSuchKind(f"expected a kind of record ({known}), found {word!r}.{did_you_mean(word, kinds)}")
    return kinds[word]


def find_record(kind: Kind, wanted: str, context: RecordsContext) -> Stored:
    """The record that *wanted* names; of a merged one, the record that it was merged into.

    A whole id is tried first, then a key and an id in another system, then the beginning of an id. Raises NotFound or
    Ambiguous.
    """
    wanted = well_formed(wanted)
    whole = stored(kind, wanted, context) if _ID.fullmatch(wanted) else None
    if record := whole or by_key(kind, wanted, context):
        return record
    id = find(context.store, as_document(kind), wanted).id
    if record := stored(kind, id, context):
        return record
    raise NotFound(f"expected the record that {id} was merged into, found none")


def is_redirected(record: Stored, wanted: str, context: RecordsContext) -> bool:
    """Whether *wanted*, which `find_record` has led to *record*, is the id of another one that was merged into it."""
    return not record.id.startswith(wanted) and by_key(record.kind, wanted, context) is None


def as_document(kind: Kind) -> documents.Kind:
    """*kind* as the look-up of ids knows the kinds of documents."""
    hint = f"`opos records list {kind.name}` shows the ids. A key or an id in another system also names a record."
    return documents.Kind(kind.name, kind.collection, hint, lambda data: headline(data.get("title") or ""))
