"""The messages about one episode of an alert, found by when they were made: each names the alerts that it is about."""

from collections.abc import Callable, Sequence
from functools import cache

from shared.alerting.alert import AlertDoc, Episode
from shared.alerting.resolved_notice import followed
from shared.alerting.story import Sent
from shared.events import document_id
from shared.ports import Condition, Doc, Store
from shared.services.outbox.addressees import deliveries, receiver_name
from shared.services.outbox.message import made_at

MOST = 100
"""How many notifications are read from the start of an episode, and if there are more, as many before its end."""


def numbered_episode(alert: AlertDoc, number: int | None = None) -> tuple[int, Episode]:
    """The episode *number* of *alert*, by default the last one. Raises LookupError if it is not kept."""
    last, kept = alert["episode"], alert["episodes"]
    wanted = last if number is None else number
    if not kept and wanted == last:
        return last, _unkept(alert)
    index = len(kept) - 1 - (last - wanted)
    if not 0 <= index < len(kept):
        first = last - len(kept) + 1
        raise LookupError(f"expected an episode from {first} to {last}, found {wanted}")
    return wanted, kept[index]


def _unkept(alert: AlertDoc) -> Episode:
    """The episode of an alert that has none: a business event, or one that resolved before opos knew that it fired."""
    if alert["resolved_at"] and alert["state"] == "resolved":
        return Episode(ended=alert["resolved_at"], ended_by=alert["resolved_by"] or "sender")
    return Episode(began=alert["first_seen"], event=alert["last_event"])


Made = Callable[[str, str], tuple[Sequence[Doc], bool]]
"""The notifications made between two times, oldest first, and whether these are all."""


def made_between(store: Store) -> Made:
    """What reads notifications from *store*: the same question is asked once, as for the many alerts of one event."""

    @cache
    def made(began: str, end: str) -> tuple[Sequence[Doc], bool]:
        since: list[Condition] = [("created_at", ">=", began), ("created_at", "<=", end)]
        first = list(store.query("outbox", where=since, order_by="created_at", limit=MOST))
        if len(first) < MOST:
            return first, True
        last = store.query("outbox", where=since, order_by="created_at", descending=True, limit=MOST)
        return list({doc.path: doc for doc in (*first, *reversed(list(last)))}.values()), False

    return made


def pages(alert: AlertDoc, number: int, episode: Episode, now: str, made: Made) -> tuple[list[Doc], bool]:
    """The notifications of an episode of *alert*, oldest first, and whether these are all."""
    if not episode.get("told"):
        return [], True
    docs, is_whole = made(episode["began"], episode.get("ended") or now)
    return [doc for doc in docs if _is_about(alert, number, doc)], is_whole


def _is_about(alert: AlertDoc, number: int, page: Doc) -> bool:
    """Whether *page* names the episode, or counts it with others of its group that it does not name."""
    cause = page.data["cause"] or {}
    ids = cause.get("alerts") or []
    if alert["id"] in ids:
        episodes = cause.get("episodes") or []
        position = ids.index(alert["id"])
        return position >= len(episodes) or bool(episodes[position] == number)
    return bool(cause.get("total", 0) > len(ids) and cause.get("group") == alert["told_in"])


def messages(made: Sequence[Doc], store: Store) -> list[Sent]:
    """The messages of notifications: each with its copies for other addressees, and what was sent in their place."""
    docs = {message.path: message for page in made for message in deliveries(page, store)}
    return [_sent(doc) for doc in docs.values()]


def notices(messages: Sequence[Sent], store: Store) -> list[Sent]:
    """The resolved notices that followed *messages*, each with its copies."""
    ordered = sorted((sent.doc for sent in messages), key=lambda doc: made_at(doc.data))
    paths = [f"outbox/{document_id('resolved', page.id)}" for page in followed(ordered, receiver_name)]
    made = [notice for path in paths if (notice := store.get(path))]
    docs = {message.path: message for notice in made for message in deliveries(notice, store)}
    return [_sent(doc) for doc in docs.values()]


def _sent(doc: Doc) -> Sent:
    return Sent(doc, receiver_name(doc.data), made_at(doc.data))
