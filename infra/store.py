"""The database with its indexes, the expiry of its documents, and its backups."""

import pulumi
import pulumi_gcp as gcp

from infra.target import Cloud
from shared.ports.field_paths import EXPIRY
from shared.ports.indexes import COLLECTIONS, INDEXES, LISTS, orders

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
        _field(collection, field, database, cloud)
    for field in (name for owner, name in LISTS if owner == collection):
        _field(collection, field, database, cloud)


def _field(collection: str, field: str, database: pulumi.Input[str], cloud: Cloud) -> None:
    indexes = [
        gcp.firestore.FieldIndexConfigIndexArgs(order=order, query_scope="COLLECTION")
        for order in orders(collection, field)
    ]
    if (collection, field) in LISTS:
        indexes = [gcp.firestore.FieldIndexConfigIndexArgs(array_config="CONTAINS", query_scope="COLLECTION")]
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
