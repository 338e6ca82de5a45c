"""Recovers many documents; one that fails does not stop the others."""

from collections.abc import Callable, Iterable

from shared.ports import Doc
from shared.telemetry.logger import log as _log

BATCH = 1000
"""How many documents a sweep recovers: as many as fit well into the time that a push may take."""


class NotRecoveredError(Exception):
    """Some documents could not be recovered. The others were, and another sweep now would not help."""


def recover_each(docs: Iterable[Doc], recover: Callable[[Doc], object]) -> None:
    """Call *recover* with every document, as *docs* yields them. An error is logged; NotRecoveredError is raised in the
    end.
    """
    faults = 0
    for doc in docs:
        try:
            recover(doc)
        except Exception as fault:  # noqa: BLE001  (one document that fails must not stop the others)
            faults += 1
            _log.exception("not_mended", path=doc.path, error=type(fault).__name__)
    if faults:
        raise NotRecoveredError
