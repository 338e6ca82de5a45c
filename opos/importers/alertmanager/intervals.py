"""Time intervals. Without a location Alertmanager uses UTC, where opos would use the operator's zone."""

from typing import Any

from pydantic import ValidationError

from opos.importers.alertmanager.content import Alertmanager
from opos.importers.alertmanager.notes import Notes
from shared.alerting.time_intervals import TimeInterval
from shared.config.files.located_yaml import Where

Spec = dict[str, Any]


class Carried:
    """The time intervals that opos can carry, by name; `whole` are the names of which nothing is lost."""

    def __init__(self, content: Alertmanager, notes: Notes) -> None:
        self.sections: dict[str, list[Spec]] = {}
        self.whole: set[str] = set()
        for where, named in content.intervals:
            entries = [
                _entry(spec, (*where, "time_intervals", number), notes)
                for number, spec in enumerate(named.time_intervals)
            ]
            if kept := [entry for entry in entries if entry is not None]:
                self.sections[named.name] = kept
                self.whole |= {named.name} if len(kept) == len(entries) else set()
            elif not entries:
                notes.lost(where, "it contains no time")

    def muting(self, names: tuple[str, ...], where: Where, notes: Notes) -> list[str]:
        """Those of *names* that can mute a route. One that is lost mutes nothing: the route notifies more."""
        return self._of(names, [name for name in names if name in self.sections], where, notes)

    def activating(self, names: tuple[str, ...], where: Where, notes: Notes) -> list[str]:
        """*names*, or none: a part of them would mute the route for longer than Alertmanager does."""
        return self._of(names, list(names) if self.whole.issuperset(names) else [], where, notes)

    def _of(self, names: tuple[str, ...], kept: list[str], where: Where, notes: Notes) -> list[str]:
        if lost := [name for name in names if name not in kept]:
            notes.lost(where, f"so the route is not muted by {', '.join(lost)}")
        return list(dict.fromkeys(kept))


def _entry(spec: Spec, where: Where, notes: Notes) -> Spec | None:
    """*spec* in opos; None if opos has no such interval."""
    entry = {key: value for key, value in spec.items() if value is not None} | _location(spec, where, notes)
    if entry["location"] is None:
        del entry["location"]
    try:
        TimeInterval.model_validate(entry)
    except ValidationError as error:
        problem = error.errors()[0]
        place = (*where, *problem["loc"])
        notes.lost(place, f"{problem['msg'].removeprefix('Value error, ')}: this interval contains no time in opos")
        return None
    return entry


def _location(spec: Spec, where: Where, notes: Notes) -> Spec:
    if spec.get("location") == "Local":
        notes.add((*where, "location"), "Local is the zone of Alertmanager's host; opos uses your `timezone` instead")
        return {"location": None}
    return {"location": spec.get("location") or "UTC"}
