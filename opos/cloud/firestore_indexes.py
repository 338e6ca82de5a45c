"""Generates `infra/firestore.indexes.json` from the code: `python -m opos.cloud.firestore_indexes` prints it.

Automatic indexing is off; only fields that queries need are indexed. Sources: Firebase documentation, "Cloud Firestore
Index Definition Reference"; `google/firestore/admin/v1/field.proto` for the field `*`.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from shared.ports.field_paths import EXPIRY
from shared.ports.indexes import COLLECTIONS, INDEXES, LISTS, orders


def definition() -> dict[str, Any]:
    overrides = [override for collection in COLLECTIONS for override in _overrides(collection)]
    return {"indexes": [], "fieldOverrides": overrides}


def _overrides(collection: str) -> Iterator[dict[str, Any]]:
    yield {"collectionGroup": collection, "fieldPath": "*", "indexes": []}
    yield {"collectionGroup": collection, "fieldPath": EXPIRY, "ttl": True, "indexes": []}
    for field in (name for owner, name in INDEXES if owner == collection):
        indexes = [{"order": order, "queryScope": "COLLECTION"} for order in orders(collection, field)]
        yield {"collectionGroup": collection, "fieldPath": field, "indexes": indexes}
    for field in (name for owner, name in LISTS if owner == collection):
        indexes = [{"arrayConfig": "CONTAINS", "queryScope": "COLLECTION"}]
        yield {"collectionGroup": collection, "fieldPath": field, "indexes": indexes}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(definition(), indent=2) + "\n")
