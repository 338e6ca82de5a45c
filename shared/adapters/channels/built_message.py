"""The message that a channel makes of a notice. One character that a format cannot hold must not stop a page, so a
notice that a channel cannot build is replaced by a plain one.
"""

from collections.abc import Callable
from typing import TypeVar

from shared.ports import Notice, plain_notice
from shared.telemetry.logger import log as _log

T = TypeVar("T")


def built(build: Callable[[Notice], T], notice: Notice) -> T:
    """What *build* makes of *notice*, or of the plain notice that replaces it."""
    try:
        return build(notice)
    except Exception as fault:  # noqa: BLE001  (whatever it is, the operator hears of the alert)
        _log.error("message_not_built", error=type(fault).__name__)
        return build(plain_notice(notice, fault))
