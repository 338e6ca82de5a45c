"""The database with its indexes, the expiry of its documents, and its backups."""

import os
from collections.abc import Sequence
from pathlib import Path

import pulumi
import pulumi_gcp as gcp

from infra.target import Cloud
from opos.cloud.firestore_indexes import company
from shared.ports.field_paths import EXPIRY
from shared.ports.indexes import COLLECTIONS, INDEXES, LISTS, Composite, orders
from shared.records.indexes import SINGLE_FIELDS, composites
from shared.records.kind import Kind

ROOT = Path(__file__).parents[1]
DATABASE = "(default)"
KEPT_BACKUPS = "604800s"
ALL_FIELDS = "*"


def make_store(cloud: Cloud) -> gcp.firestore.Database:
    database = gcp.firestore.Database(
        "database",
        project=cloud.project,
        name=DATABASE,
        location_id=cloud.region,
        type="FIRESTORE_NATIVE",
        point_in_time_recovery_enablement="POINT_IN_TIME_RECOVERY_ENABLED",
        delete_protection_state="DELETE_PROTECTION_ENABLED",
        opts=cloud.needing("firestore", protect=True),
    )
    _back_up(database, cloud)
    for collection in COLLECTIONS:
        _index(collection, database.name, cloud)
    for kind in company(os.environ, ROOT):
        _index_records(kind, database.name, cloud)
    return database


def _back_up(database: gcp.firestore.Database, cloud: Cloud) -> None:
    gcp.firestore.BackupSchedule(
        "daily-backup",
        project=cloud.project,
        database=database.name,
        daily_recurrence=gcp.firestore.BackupScheduleDailyRecurrenceArgs(),  # type: ignore[no-untyped-call]
        retention=KEPT_BACKUPS,
        opts=cloud.needing("firestore", protect=True),
    )


def _index(collection: str, database: pulumi.Input[str], cloud: Cloud) -> None:
    """Indexes only the declared fields, and lets documents expire, as `opos.cloud.firestore_indexes` does."""
    _field(collection, ALL_FIELDS, database, cloud)
    _field(collection, EXPIRY, database, cloud)
    for field in (name for owner, name in INDEXES if owner == collection):
        _field(collection, field, database, cloud, orders(collection, field))
    for field in (name for owner, name in LISTS if owner == collection):
        _field(collection, field, database, cloud, ("CONTAINS",))


def _index_records(kind: Kind, database: pulumi.Input[str], cloud: Cloud) -> None:
    _field(kind.collection, ALL_FIELDS, database, cloud)
    _field(kind.collection, EXPIRY, database, cloud)
    for field, directions in SINGLE_FIELDS.items():
        _field(kind.collection, field, database, cloud, directions)
    for index in composites(kind):
        _composite(index, database, cloud)


def _composite(index: Composite, database: pulumi.Input[str], cloud: Cloud) -> None:
    gcp.firestore.Index(
        f"{index.collection}.{index.field}.{index.first}.{index.direction}".lower(),
        project=cloud.project,
        database=database,
        collection=index.collection,
        query_scope="COLLECTION",
        fields=[
            _first(index),
            gcp.firestore.IndexFieldArgs(field_path=index.then_by, order=index.direction),
        ],
        opts=cloud.needing("firestore"),
    )


def _first(index: Composite) -> gcp.firestore.IndexFieldArgs:
    if index.first == "CONTAINS":
        return gcp.firestore.IndexFieldArgs(field_path=index.field, array_config=index.first)
    return gcp.firestore.IndexFieldArgs(field_path=index.field, order=index.first)


def _way(direction: str) -> dict[str, str]:
    return {"array_config": direction} if direction == "CONTAINS" else {"order": direction}


def _field(
    collection: str, field: str, database: pulumi.Input[str], cloud: Cloud, directions: Sequence[str] = ()
) -> None:
    indexes = [
        gcp.firestore.FieldIndexConfigIndexArgs(query_scope="COLLECTION", **_way(direction)) for direction in directions
    ]
    gcp.firestore.Field(
        f"{collection}.{field}",
        project=cloud.project,
        database=database,
        collection=collection,
        field=field,
        index_config=gcp.firestore.FieldIndexConfigArgs(indexes=indexes or None),
        ttl_config=gcp.firestore.FieldTtlConfigArgs() if field == EXPIRY else None,
        opts=cloud.needing("firestore"),
    )
