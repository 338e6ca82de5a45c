"""Generates `infra/firestore.indexes.json` from the code and the kinds in `company/`.

`python -m opos.cloud.firestore_indexes` prints it. Automatic indexing is off; only fields that queries need are
indexed. Sources: Firebase documentation, "Cloud Firestore Index Definition Reference";
`google/firestore/admin/v1/field.proto` for the field `*`.
"""

import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.config.files.faults import Fault
from shared.ports.field_paths import EXPIRY
from shared.ports.indexes import COLLECTIONS, INDEXES, LISTS, Composite, orders
from shared.records.indexes import MOST_COMPOSITES, SINGLE_FIELDS, all_composites
from shared.records.kind import Kind
from shared.runtime.company import load_kinds

FILE = "infra/firestore.indexes.json"
COMMAND = f"python -m opos.cloud.firestore_indexes > {FILE}"


def definition(kinds: Collection[Kind]) -> dict[str, Any]:
    overrides = [override for collection in COLLECTIONS for override in _overrides(collection)]
    overrides += [override for kind in kinds for override in _overrides_of(kind)]
    return {"indexes": [_composite(index) for index in all_composites(kinds)], "fieldOverrides": overrides}


def index_faults(folder: Path, kinds: Collection[Kind]) -> Iterator[Fault]:
    """What is wrong with the file of indexes in *folder*, if it has one, for *kinds* in its folder `company`."""
    file = folder / FILE
    if (number := len(all_composites(kinds))) > MOST_COMPOSITES:
        expected = f"kinds that need at most {MOST_COMPOSITES} indexes of two fields on Firestore"
        yield Fault(str(folder / "company"), 1, "", expected, str(number), "each Listed or Reference field needs two")
    if file.is_file() and json.loads(file.read_text()) != definition(kinds):
        yield Fault(str(file), 1, "", "the indexes of the kinds in company/", "others", f"run `{COMMAND}`")


def _composite(index: Composite) -> dict[str, Any]:
    fields = [{"fieldPath": index.field, **_how(index.first)}, {"fieldPath": index.then_by, **_how(index.direction)}]
    return {"collectionGroup": index.collection, "queryScope": "COLLECTION", "fields": fields}


def _overrides(collection: str) -> Iterator[dict[str, Any]]:
    yield from _exempt(collection)
    for field in (name for owner, name in INDEXES if owner == collection):
        yield _single(collection, field, orders(collection, field))
    for field in (name for owner, name in LISTS if owner == collection):
        yield _single(collection, field, ["CONTAINS"])


def _overrides_of(kind: Kind) -> Iterator[dict[str, Any]]:
    yield from _exempt(kind.collection)
    for field, directions in SINGLE_FIELDS.items():
        yield _single(kind.collection, field, directions)


def _exempt(collection: str) -> Iterator[dict[str, Any]]:
    yield {"collectionGroup": collection, "fieldPath": "*", "indexes": []}
    yield {"collectionGroup": collection, "fieldPath": EXPIRY, "ttl": True, "indexes": []}


def _single(collection: str, field: str, ways: Collection[str]) -> dict[str, Any]:
    indexes = [{**_how(way), "queryScope": "COLLECTION"} for way in ways]
    return {"collectionGroup": collection, "fieldPath": field, "indexes": indexes}


def _how(way: str) -> dict[str, str]:
    return {"arrayConfig": way} if way == "CONTAINS" else {"order": way}


def company(environment: Mapping[str, str], folder: Path) -> Collection[Kind]:
    """The kinds in the folder that OPOS_COMPANY names, else in `company` in *folder*. Raises CompanyFault."""
    return load_kinds(Path(environment.get("OPOS_COMPANY", folder / "company"))).values()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(definition(company(os.environ, Path())), indent=2) + "\n")
