"""A public incident or a maintenance window: its document, and what each update makes of it.

`public_incidents/{id}` is what the page reads. Each update is also a document of its own, `incident_updates/{id}.{n}`,
numbered without gaps and created once: whoever creates the next number has made the change.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NotRequired, TypedDict, cast

from shared.events import iso
from shared.ports import Create, Doc, Update, Write
from shared.status_page.states import State
from shared.values.text import one_line, readable_lines

Kind = Literal["incident", "maintenance"]
Impact = Literal["degraded", "down", "maintenance"]
Progress = Literal["investigating", "identified", "monitoring", "resolved", "scheduled", "completed", "withdrawn"]
OPEN: tuple[Progress, ...] = ("investigating", "identified", "monitoring")
"""The progress of an open incident, which each update may set."""
ENDED: tuple[Progress, ...] = ("resolved", "completed", "withdrawn")
LISTED = timedelta(days=14)
"""How long the page lists what has ended."""
FOREVER = "9999-12-31T00:00:00.000000Z"
RECENT = 20
"""How many updates the incident itself holds, for the page: the latest. Each has a document that stays."""
LONGEST = 2_000
"""The most characters of an update, so that the incident stays far below the limit of a document."""
_NO_CHARACTERS = {0xFFFE: None, 0xFFFF: None}
"""XML cannot contain them (XML 1.0, 2.2)."""


class PublicUpdate(TypedDict):
    """What the operator wrote for the public, and when; `progress` is that of the incident from then on."""

    number: int
    at: str
    progress: Progress
    text: str


class IncidentDoc(TypedDict):
    """The document `public_incidents/{id}`. `latest` has the latest RECENT of its `updates`, oldest first.

    The page lists it until `shown_until`, which for an open incident is FOREVER. Only a maintenance window has
    `starts_at` and `ends_at`.
    """

    kind: Kind
    title: str
    components: list[str]
    impact: Impact
    progress: Progress
    began_at: str
    ended_at: str | None
    starts_at: NotRequired[str]
    ends_at: NotRequired[str]
    updates: int
    latest: list[PublicUpdate]
    shown_until: str


def as_incident(data: Mapping[str, Any]) -> IncidentDoc:
    """*data* of a document in `public_incidents/`."""
    return cast("IncidentDoc", data)


def public_text(text: str) -> str:
    """*text* as every page and feed can show it. Raises ValueError if nothing is left to read, or too much."""
    shown = readable_lines(text.translate(_NO_CHARACTERS)).strip()
    if not one_line(shown):
        raise ValueError("expected a text that the public can read, found none")
    if len(shown) > LONGEST:
        raise ValueError(f"expected at most {LONGEST:,} characters, found {len(shown):,}")
    return shown


def opened(title: str, text: str, *, components: Sequence[str], impact: Impact, now: datetime) -> IncidentDoc:
    """A new incident that somebody investigates. Raises ValueError as `public_text` does."""
    incident: IncidentDoc = {
        "kind": "incident", "title": one_line(public_text(title)), "components": list(components), "impact": impact,
        "progress": "investigating", "began_at": iso(now), "ended_at": None, "updates": 0, "latest": [],
        "shown_until": FOREVER,
    }  # fmt: skip
    return updated(incident, text, now=now)


def planned(
    title: str, text: str, *, components: Sequence[str], starts_at: datetime, ends_at: datetime, now: datetime
) -> IncidentDoc:
    """A maintenance window from *starts_at* to *ends_at*. Raises ValueError as `public_text` does."""
    if not max(starts_at, now) < ends_at:
        raise ValueError("expected an end in the future, after the start")
    window: IncidentDoc = {
        "kind": "maintenance", "title": one_line(public_text(title)), "components": list(components),
        "impact": "maintenance", "progress": "scheduled", "began_at": iso(starts_at), "ended_at": None,
        "starts_at": iso(starts_at), "ends_at": iso(ends_at), "updates": 0, "latest": [],
        "shown_until": iso(ends_at + LISTED),
    }  # fmt: skip
    return updated(window, text, now=now)


def updated(
    incident: IncidentDoc, text: str, *, now: datetime, progress: Progress | None = None, impact: Impact | None = None
) -> IncidentDoc:
    """*incident* after one more update. Raises ValueError if it has ended, or as `public_text` does."""
    if phase(incident, now) in ENDED:
        raise ValueError(f"expected an open incident; this one is {phase(incident, now)}: open a new one")
    number, becomes = incident["updates"] + 1, progress or incident["progress"]
    update: PublicUpdate = {"number": number, "at": iso(now), "progress": becomes, "text": public_text(text)}
    latest = [*incident["latest"], update][-RECENT:]
    return {
        **incident, "updates": number, "latest": latest, "progress": becomes, "impact": impact or incident["impact"]
    }  # fmt: skip


def ended(incident: IncidentDoc, text: str, *, now: datetime) -> IncidentDoc:
    """*incident* after it was resolved, or a maintenance window after its early end. Raises as `updated` does."""
    progress: Progress = "completed" if incident["kind"] == "maintenance" else "resolved"
    last = updated(incident, text, now=now, progress=progress)
    return {**last, "ended_at": iso(now), "shown_until": iso(now + LISTED)}


def withdrawn(incident: IncidentDoc, *, now: datetime) -> IncidentDoc:
    """*incident* as no page and no feed shows it any more, whatever was written."""
    return {**incident, "progress": "withdrawn", "ended_at": incident["ended_at"] or iso(now), "shown_until": iso(now)}


def phase(incident: IncidentDoc, now: datetime) -> Progress:
    """The progress of *incident* at *now*: a maintenance window completes when its time ends."""
    is_over = incident["progress"] == "scheduled" and incident.get("ends_at", FOREVER) <= iso(now)
    return "completed" if is_over else incident["progress"]


def state_at(incident: IncidentDoc, now: datetime) -> State:
    """The state that *incident* gives to its components at *now*."""
    if phase(incident, now) in ENDED or incident.get("starts_at", "") > iso(now):
        return "operational"
    return incident["impact"]


def writes(id: str, incident: IncidentDoc, known: Doc | None, *, by: str) -> list[Write]:
    """The batch that stores *incident* and its latest update, written *by* somebody who is not shown to the public.

    *known* is the document before; None if it is new. Of two changes at the same time, one conflicts.
    """
    before = known.data["updates"] if known else 0
    path = f"public_incidents/{id}"
    stored: Write = Update(path, dict(incident), known.version) if known else Create(path, dict(incident))
    news = [update for update in incident["latest"] if update["number"] > before]
    kept = [{"incident": id, **update, "by": by} for update in news]
    return [stored, *(Create(f"incident_updates/{id}.{update['number']:04}", update) for update in kept)]
