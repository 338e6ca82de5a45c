"""The database with its indexes, the expiry of its documents, and its backups."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp as gcp

from infra.target import Cloud

INDEXES = Path(__file__).parent / "firestore.indexes.json"
"""Generated from the code, and from the kinds of records: `opos.cloud.firestore_indexes`."""
DATABASE = "(default)"
KEPT_BACKUPS = "604800s"


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
    declared = json.loads(INDEXES.read_text())
    for override in declared["fieldOverrides"]:
        _field(override, database.name, cloud)
    for index in declared["indexes"]:
        _composite(index, database.name, cloud)
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


def _field(override: Mapping[str, Any], database: pulumi.Input[str], cloud: Cloud) -> None:
    """Indexes a field, or exempts it, and lets documents expire by it."""
    collection, field = override["collectionGroup"], override["fieldPath"]
    indexes = [
        gcp.firestore.FieldIndexConfigIndexArgs(
            order=index.get("order"), array_config=index.get("arrayConfig"), query_scope=index["queryScope"]
        )
        for index in override["indexes"]
    ]
    gcp.firestore.Field(
        f"{collection}.{field}",
        project=cloud.project,
        database=database,
        collection=collection,
        field=field,
        index_config=gcp.firestore.FieldIndexConfigArgs(indexes=indexes or None),
        ttl_config=gcp.firestore.FieldTtlConfigArgs() if override.get("ttl") else None,
        opts=cloud.needing("firestore"),
    )


def _composite(index: Mapping[str, Any], database: pulumi.Input[str], cloud: Cloud) -> None:
    """Indexes two fields together, which lists of records need."""
    fields = [(field["fieldPath"], field.get("order"), field.get("arrayConfig")) for field in index["fields"]]
    named = (f"{name}.{order or array_config}" for name, order, array_config in fields)
    gcp.firestore.Index(
        ".".join([index["collectionGroup"], *named]).lower(),
        project=cloud.project,
        database=database,
        collection=index["collectionGroup"],
        query_scope=index["queryScope"],
        fields=[
            gcp.firestore.IndexFieldArgs(field_path=name, order=order, array_config=array_config)
            for name, order, array_config in fields
        ],
        opts=cloud.needing("firestore"),
    )
