"""An Alertmanager configuration as sections of opos.yaml, and a note for each part that was not carried over.

Source: Alertmanager documentation, "Configuration" (0.25 to 0.34).
"""

from dataclasses import dataclass
from typing import Any

from opos.importers.alertmanager.content import Alertmanager, InhibitRule, Receiver
from opos.importers.alertmanager.faults import read_content
from opos.importers.alertmanager.intervals import Carried
from opos.importers.alertmanager.labels import carried_matchers, carried_names
from opos.importers.alertmanager.notes import Notes
from opos.importers.alertmanager.receivers import channels_of, is_told_of_resolves, note_receivers
from opos.importers.alertmanager.routes import TIMES, Tree
from shared.alerting.escalation import MOST_REPEATS
from shared.config.files.located_yaml import Located, Where

Section = dict[str, Any]
_STEADY = "as-alertmanager"


@dataclass(frozen=True)
class Imported:
    """`sections` belong into opos.yaml. `notes` say what was not carried over, and what to do instead.

    `channels` has the name of the channel for the name of each receiver.
    """

    sections: Section
    notes: list[str]
    channels: dict[str, str]
    content: Alertmanager


def import_alertmanager(located: Located) -> Imported:
    """The sections for the file *located*, which was read as text. Raises ConfigError with all errors of the file."""
    content, notes = read_content(located), Notes(located)
    channels = channels_of(content.receivers)
    note_receivers(content.receivers, channels, notes)
    intervals = Carried(content, notes)
    tree = Tree(channels, {each.name for each in content.receivers if not each.integrations}, intervals, notes)
    root = {"group_by": [], **TIMES, **tree.section(content.route, ("route",)), "escalation": _STEADY}
    sections: Section = {
        "channels": {channels[receiver.name]: _channel(receiver) for receiver in content.receivers},
        "route": root,
    }
    sections["escalations"] = {_STEADY: {"repeats": MOST_REPEATS, "backoff": 1}}
    rules = [_inhibit_rule(rule, ("inhibit_rules", n), notes) for n, rule in enumerate(content.inhibit_rules)]
    sections |= {"inhibit_rules": kept} if (kept := [rule for rule in rules if rule]) else {}
    sections |= {"time_intervals": intervals.sections} if intervals.sections else {}
    _note_rest(content, notes)
    return Imported(sections, [*notes, *_DIFFERENCES], channels, content)


def _channel(receiver: Receiver) -> Section:
    """The console until its secret is set. It hears of resolves as the receiver does."""
    return {"console": True} if is_told_of_resolves(receiver) else {"console": True, "send_resolved": False}


def _inhibit_rule(rule: InhibitRule, where: Where, notes: Notes) -> Section | None:
    """The rule in opos; None with a setting that is not known, since a wider rule could hold what must notify."""
    for name in rule.unknown:
        why = "opos has no such setting" + ("" if name == "name" else ", so the rule is left out")
        notes.lost((*where, name), why)
    if set(rule.unknown) - {"name"}:
        return None
    section: Section = {
        "source_matchers": carried_matchers(rule.sources, where, notes),
        "target_matchers": carried_matchers(rule.targets, where, notes),
    }
    return {**section, "equal": equal} if (equal := carried_names(rule.equal, (*where, "equal"), notes)) else section


def _note_rest(content: Alertmanager, notes: Notes) -> None:
    if content.global_:
        name = f"global ({', '.join(content.global_)})"
        notes.lost(("global",), "in opos, secrets and addresses belong to channels", name)
    if content.templates:
        notes.lost(("templates",), "opos has its own message texts")
    for name in content.unknown:
        notes.lost((name,), "opos has no such section")


_DIFFERENCES = (
    f"repeat_interval: opos notifies you again at most {MOST_REPEATS} times; Alertmanager never stops",
    "severity: Alertmanager notifies about every alert, so routes get interrupt_from: info; raise it if you can",
    "continue: an alert that matches several routes is in a single group, so you acknowledge it once",
    "sender: let Alertmanager send to opos through webhook_configs; pagerduty_configs send no labels (docs/senders.md)",
)
"""Where opos means something else whatever the file says."""
