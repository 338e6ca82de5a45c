"""The alerts that a page has named, as they are now: what its link acts on, and nothing that has joined since."""

from collections.abc import Iterator
from typing import Any

from shared.context import Context
from shared.ports import Doc
from shared.services.alerting.acknowledgement import members

FEW = 20
"""So many alerts are read one by one; more of them are read as members of their group."""


def page_members(page: Doc, context: Context) -> Iterator[Doc]:
    """The alerts that the message *page* has named and that have not begun to fire anew since.

    A page names only so many of the alerts that it counts; the others are those that notified with it or before.
    """
    cause: dict[str, Any] = page.data["cause"]
    if cause["total"] <= FEW:
        yield from _listed(cause, context)
        return
    episodes = dict(zip(cause["alerts"], cause["episodes"], strict=True))
    counts_more, is_any_open = cause["total"] > len(episodes), False
    for alert in members(cause["group"], context):
        is_counted = counts_more and alert.data["told_at"] <= page.data["created_at"]
        if alert.data["episode"] == episodes.get(alert.id) or (is_counted and alert.id not in episodes):
            is_any_open = True
            yield alert
    if not is_any_open:
        yield from _listed(cause, context)


def _listed(cause: dict[str, Any], context: Context) -> Iterator[Doc]:
    for id, episode in list(zip(cause["alerts"], cause["episodes"], strict=True))[:FEW]:
        alert = context.store.get(f"alerts/{id}")
        if alert and alert.data["episode"] == episode:
            yield alert
