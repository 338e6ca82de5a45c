"""Routes as routes of opos. Both trees inherit the same way, so a route says only what the file says about it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from opos.importers.alertmanager.content import Route
from opos.importers.alertmanager.intervals import Carried
from opos.importers.alertmanager.labels import carried_matchers, carried_names
from opos.importers.alertmanager.notes import Notes
from shared.config.files.located_yaml import Where
from shared.values.durations import LONGEST, duration_text

Section = dict[str, Any]
TIMES = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}
"""Alertmanager's defaults, written out because those of opos differ."""
_NOTHING = "without labels, all alerts of the route are one group, as since Alertmanager 0.31; before, [] was inherited"


@dataclass(frozen=True)
class Tree:
    """Converts routes: `silent` are the receivers that notify nobody."""

    channels: dict[str, str]
    silent: set[str]
    intervals: Carried
    notes: Notes

    def section(self, route: Route, where: Where) -> Section:
        """The section of *route*, without what it inherits."""
        for name in route.unknown:
            self.notes.lost((*where, name), "opos has no such setting")
        muting = self.intervals.muting(route.mute_time_intervals, (*where, "mute_time_intervals"), self.notes)
        active = self.intervals.activating(route.active_time_intervals, (*where, "active_time_intervals"), self.notes)
        settings: Section = {
            "matchers": carried_matchers(route.tests, where, self.notes), **self._receiver(route),
            "continue": route.continue_ and where != ("route",), **self._groups(route, where),
            "mute_time_intervals": muting,
            "active_time_intervals": active,
            "routes": [self.section(child, (*where, "routes", number)) for number, child in enumerate(route.routes)],
        }  # fmt: skip
        return {name: value for name, value in settings.items() if value or name == "group_by"}

    def _receiver(self, route: Route) -> Section:
        """Both settings are inherited together, as the receiver is."""
        if not route.receiver:
            return {}
        never = route.receiver in self.silent
        return {"channel": self.channels[route.receiver], "interrupt_from": "never" if never else "info"}

    def _groups(self, route: Route, where: Where) -> Section:
        times: dict[str, timedelta | None] = {name: getattr(route, name) for name in TIMES}
        for name, time in times.items():
            if time == LONGEST:
                self.notes.add((*where, name), f"becomes {duration_text(LONGEST)}, the longest time in opos")
        groups = {name: duration_text(time) for name, time in times.items() if time is not None}
        if route.group_by is None:
            return groups
        if not route.group_by and where != ("route",):
            self.notes.add((*where, "group_by"), _NOTHING)
        return {"group_by": carried_names(route.group_by, (*where, "group_by"), self.notes), **groups}
