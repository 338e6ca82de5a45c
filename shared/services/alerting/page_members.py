"""The alerts that a page has named, as they are now: what its link acts on, and nothing that has joined since."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from shared.context import Context
from shared.ports import Doc
from shared.services.alerting.acknowledgement import members

FEW = 20
"""So many alerts are read one by one; more of them are read as members of their group."""


def page_members(page: Doc, context: Context) -> Iterator[Doc]:
    """The alerts that the message *page* has named and that have not begun to fire anew since.

    A page names only so many of the alerts that it counts; the others notified with it or, if it repeats, before it.
    """
    cause: dict[str, Any] = page.data["cause"]
    if cause["total"] <= FEW:
        yield from _listed(cause, context)
        return
    alerts = (alert for alert in members(cause["group"], context) if _is_named(alert, page))
    first = next(alerts, None)
    yield from chain([first], alerts) if first else _listed(cause, context)


def _is_named(alert: Doc, page: Doc) -> bool:
    cause, told_at, sent_at = page.data["cause"], alert.data["told_at"], page.data["created_at"]
    if alert.id in cause["alerts"]:
        return bool(alert.data["episode"] == cause["episodes"][cause["alerts"].index(alert.id)])
    counts_more = cause["total"] > len(cause["alerts"])
    return counts_more and bool(told_at == sent_at or (cause["kind"] == "again" and told_at < sent_at))


def _listed(cause: dict[str, Any], context: Context) -> Iterator[Doc]:
    for id, episode in list(zip(cause["alerts"], cause["episodes"], strict=True))[:FEW]:
        alert = context.store.get(f"alerts/{id}")
        if alert and alert.data["episode"] == episode:
            yield alert
