"""The announcements of changes on the bus. They need to know no kind, so the sweeper can make them again."""

import json
from datetime import timedelta

from shared.context import Context
from shared.events import RecordChanged
from shared.ports import Doc, Update
from shared.records.change import ChangeDoc, as_change, change_id
from shared.telemetry.logger import log as _log
from shared.values.text import well_formed

AGAIN_AFTER = timedelta(minutes=1)
"""How long an announcement may take before the sweeper makes it again."""


def announce(doc: Doc, context: Context) -> None:
    """Publish the change *doc*, and note that. A publish that fails is made again by the sweeper."""
    try:
        context.bus.publish(announcement(as_change(doc.data)))
        context.store.commit([Update(doc.path, {"due_at": None}, doc.version)])
    except Exception as fault:  # noqa: BLE001  (the change is stored, so an error would be wrong)
        _log.exception("announcement_failed", change_id=doc.id, error=type(fault).__name__)


def announcement(made: ChangeDoc) -> RecordChanged:
    patch = [operation for operation in made["patch"] if not operation["path"].startswith("/clocks/")]
    content = {
        **{name: made.get(name) for name in ("kind", "record", "n", "at", "actor", "cause", "chain", "trace")},
        "id": change_id(made["record"], made["n"]), "patch": patch,
    }  # fmt: skip
    return RecordChanged.model_validate_json(well_formed(json.dumps(content, ensure_ascii=False)))
