"""The alerts that a page has named, as they are now: what its link acts on, and nothing that has joined since."""

from collections.abc import Collection, Iterator

from shared.context import Context
from shared.ports import Doc
from shared.services.alerting.acknowledgement import members

FEW = 20
"""How many alerts are read one by one, because they have left their group since: resolved, or moved to another."""


def page_members(page: Doc, context: Context) -> Iterator[Doc]:
    """The alerts that the message *page* has named and that have not begun to fire anew since, the open ones first.

    A page names only so many of the alerts that it counts; the others notified with it or, if it repeats, before it.
    """
    known = set[str]()
    for alert in members(page.data["cause"]["group"], context):
        if _is_named(alert, page):
            known.add(alert.id)
            yield alert
    yield from _left(page, known, context)


def _is_named(alert: Doc, page: Doc) -> bool:
    cause, told_at, sent_at = page.data["cause"], alert.data["told_at"], page.data["created_at"]
    if alert.id in cause["alerts"]:
        return bool(alert.data["episode"] == cause["episodes"][cause["alerts"].index(alert.id)])
    counts_more = cause["total"] > len(cause["alerts"])
    return counts_more and bool(told_at == sent_at or (cause["kind"] == "again" and told_at < sent_at))


def _left(page: Doc, known: Collection[str], context: Context) -> Iterator[Doc]:
    """The first of the alerts that have left the group, up to FEW with the *known* ones that have not."""
    cause = page.data["cause"]
    named = zip(cause["alerts"], cause["episodes"], strict=True)
    left = [(id, episode) for id, episode in named if id not in known]
    for id, episode in left[: max(FEW - len(known), 0)]:
        alert = context.store.get(f"alerts/{id}")
        if alert and alert.data["episode"] == episode:
            yield alert
