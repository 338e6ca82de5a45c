"""The pages of the console in the order of its navigation."""

from typing import NamedTuple

from functions.console import paths


class Entry(NamedTuple):
    """A page in the rail; with an `icon` also a tab on a phone. `key` opens it after the key g."""

    name: str
    path: str
    key: str
    group: str = ""
    icon: str = ""


ENTRIES = (
    Entry("Today", paths.TODAY, "t", "Operate", "today"),
    Entry("Alerts", paths.ALERTS, "a", "Operate", "critical"),
    Entry("Events", paths.EVENTS, "e", "Operate", "events"),
    Entry("Health", paths.HEALTH, "h", "Operate"),
    Entry("Records", paths.RECORDS, "r", "Company"),
    Entry("Flags", paths.FLAGS, "f", "Company"),
    Entry("Review", paths.REVIEW, "w", "Desk"),
    Entry("Settings", paths.SETTINGS, "s", "Desk"),
)
