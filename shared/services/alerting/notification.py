"""Telling the operator: what interrupts now and what is held, with all that is known; and the writes that make it so.

Shared by the router, for what has just come in, and by the sweeper, for what has waited.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.alerting.alert import Document
from shared.alerting.escalation import Escalation
from shared.alerting.focus import day_began
from shared.alerting.groups import at_rest, is_calling, page_joined, waiting
from shared.alerting.hold_reasons import Surroundings, Verdict, group_of, silenced
from shared.alerting.muting import Silence
from shared.alerting.page_text import LISTED
from shared.alerting.routes import Node, Settings, route
from shared.alerting.verdict import Told, interrupts, tell_all
from shared.context import Context
from shared.events import iso
from shared.ports import Create, Doc, Update, Write
from shared.services.alerting.pages import in_order, pages
from shared.services.alerting.quiet_hours import focus_blocks

if TYPE_CHECKING:
    from shared.config.model import Config

MEMBERS = 500
"""Of a bigger group so many are looked at: enough to see whether anything in it calls."""
Candidate = tuple[Document, tuple[Node, ...]]


@dataclass(frozen=True, slots=True)
class Telling:
    """The alerts with their verdicts, and the groups as they were when these were made."""

    told: list[Told]
    groups: dict[str, Doc | None]

    def by_group(self) -> dict[str, list[Told]]:
        """The told of each group, in the order in which a page names them; those of none under ""."""
        members: dict[str, list[Told]] = {}
        for one in sorted(self.told, key=lambda one: in_order(one.alert)):
            members.setdefault(one.alert["group"] or "", []).append(one)
        return members


def candidate(alert: Document, config: "Config") -> Candidate:
    return alert, route(config.routes, alert["labels"])


def tell(alerts: Sequence[Document], context: Context) -> Telling:
    """The verdicts on *alerts*, each of which wants attention."""
    candidates = [candidate(alert, context.config) for alert in alerts]
    groups = known_groups(candidates, context)
    return Telling(list(tell_all(candidates, surroundings(candidates, groups, context))), groups)


def group_writes(id: str, members: Sequence[Told], groups: Mapping[str, Doc | None], context: Context) -> list[Write]:
    """What the verdicts on *members*, all of the group *id*, make of it: a page, or the beginning of its wait."""
    known, paged = groups.get(id), [one for one in members if one.verdict.path == "page"]
    if paged:
        return list(_page(id, paged, known, context))
    begins = next((one for one in members if _begins_to_wait(one, context)), None)
    if begins is None or begins.verdict.until is None:
        return []
    group = waiting(known.data if known else None, id, begins.taken, begins.alert["labels"], begins.verdict.until)
    return [write(f"groups/{id}", group, known)]


def _begins_to_wait(one: Told, context: Context) -> bool:
    wait = one.taken[-1].settings.group_wait
    return one.verdict.by == "group" and bool(wait) and one.verdict.until == context.now + wait


def known_groups(candidates: Iterable[Candidate], context: Context) -> dict[str, Doc | None]:
    """The documents of the groups of those candidates that may interrupt."""
    settings = {group_of(*one): one[1][-1].settings for one in candidates if interrupts(one[0], one[1][-1].settings)}
    return {id: _as_it_is(context.store.get(f"groups/{id}"), settings[id], context) for id in sorted(settings)}


def _as_it_is(group: Doc | None, settings: Settings, context: Context) -> Doc | None:
    """*group*, at rest where nothing calls in it any more though no sweep has noticed yet. Not asked of a group that
    was told just now: there nothing depends on it.
    """
    if group is None or not group.data["due_at"]:
        return group
    told = datetime.fromisoformat(group.data["paged_at"])
    if context.now < told + settings.group_interval or _anybody_calling(group.id, context):
        return group
    return Doc(group.path, at_rest(group.data, context.now), group.version)


def _anybody_calling(group: str, context: Context) -> bool:
    members = context.store.query("alerts", where=[("group", "==", group)], limit=MEMBERS)
    return any(is_calling(doc.data) for doc in members)


def surroundings(candidates: Sequence[Candidate], groups: Mapping[str, Doc | None], context: Context) -> Surroundings:
    """What the verdicts depend on; read only where there is one that may interrupt."""
    config, now = context.config, context.now
    still = Surroundings(
        now, config.timezone, intervals=config.time_intervals, inhibition=config.inhibition, focus=config.focus,
        groups={id: doc.data for id, doc in groups.items() if doc}, pages_left=config.route.pages_per_minute,
    )  # fmt: skip
    interrupting = [alert for alert, taken in candidates if interrupts(alert, taken[-1].settings)]
    if not interrupting:
        return still
    spared = any(alert["severity"] != "critical" for alert in interrupting)
    return replace(
        still,
        silences=silences(context),
        inhibitors=_inhibitors(context),
        one_off=focus_blocks(now, context) if spared else (),
        pages_left=still.pages_left - _interruptions(now - timedelta(minutes=1), context),
        interruptions_left=_interruptions_left(context) if spared else None,
    )


def silences(context: Context) -> list[Silence]:
    """Those in force or to come."""
    docs = context.store.query("silences", where=[("ends_at", ">", iso(context.now))], order_by="ends_at")
    return [Silence.from_doc(doc.id, doc.data) for doc in docs]


def muted(alerts: Sequence[Doc], context: Context) -> dict[str, Verdict]:
    """Why, and until when, those of *alerts* that are silenced or inhibited are not to be told, by their ids."""
    around = Surroundings(
        context.now, context.config.timezone, inhibition=context.config.inhibition, silences=silences(context),
        inhibitors=_inhibitors(context),
    )  # fmt: skip
    found = ((doc.id, _muted(doc.data, around, context.config)) for doc in alerts)
    return {id: verdict for id, verdict in found if verdict}


def _muted(alert: Mapping[str, Any], around: Surroundings, config: "Config") -> Verdict | None:
    try:
        return silenced(alert, config.routes, around) if alert["kind"] == "alert" else None
    except (KeyError, TypeError, AttributeError):
        return None  # What cannot be read is told, and keeps nobody waiting.


def _inhibitors(context: Context) -> list[dict[str, Any]]:
    if not context.config.inhibit_rules:
        return []
    return [doc.data for doc in context.store.query("alerts", where=[("inhibits", "==", True)])]


def _interruptions(since: datetime, context: Context) -> int:
    return context.store.count("outbox", where=[("created_at", ">", iso(since))])


def _interruptions_left(context: Context) -> int | None:
    budget, zone = context.config.focus.budget, context.config.timezone
    if budget is None:
        return None
    return budget.interruptions_per_day - _interruptions(day_began(context.now, zone=zone), context)


def escalation_of(taken: tuple[Node, ...], config: "Config") -> Escalation:
    return config.escalations.get(taken[-1].settings.escalation or "", Escalation())


def _page(id: str, members: Sequence[Told], known: Doc | None, context: Context) -> Iterator[Write]:
    taken, labels = members[0].taken, members[0].alert["labels"]
    escalation = escalation_of(taken, context.config)
    call = page_joined(known.data if known else None, id, taken, labels, escalation, context.now)
    yield write(f"groups/{id}", {**call.group, "last_told": [one.alert["id"] for one in members][:LISTED]}, known)
    yield from pages(call, [one.alert for one in members], len(members), context)


def write(path: str, content: Document, known: Doc | None) -> Write:
    return Update(path, content, known.version) if known else Create(path, content)
