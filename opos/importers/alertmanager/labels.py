"""Labels as the routes of opos see them (`labels_of` in `shared/alerting/alert.py`).

The label `source` is the name of the source that sent the alert. The sender's own label of that name is
`exported_source`, so each matcher, grouping and equality on it is carried over under that name. An alert without a
severity has the severity `unset`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from opos.importers.alertmanager.notes import Notes
from shared.alerting.matchers import Matcher
from shared.config.files.located_yaml import Where

UNSET = "unset"

OWN, SENDERS = "source", "exported_source"
SEVERITY = "severity"


def carried(name: str) -> str:
    """The name in opos of the sender's label *name*."""
    return SENDERS if name == OWN else name


def carried_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """*labels* of an alert of Alertmanager as the routes of opos see them, except for the name of the source."""
    return {SEVERITY: UNSET, **{carried(name): value for name, value in labels.items()}}


def carried_names(names: Iterable[str], where: Where, notes: Notes) -> list[str]:
    """*names* of labels in opos, each once."""
    names = list(names)
    _note(names, where, notes)
    return list(dict.fromkeys(map(carried, names)))


def carried_matchers(matchers: Iterable[Matcher], where: Where, notes: Notes) -> list[str]:
    """*matchers* as the text that opos.yaml contains."""
    matchers = list(matchers)
    _note([matcher.name for matcher in matchers], where, notes)
    renamed = (replace(matcher, name=carried(matcher.name)) for matcher in matchers)
    return [str(matcher) for each in renamed for matcher in _without_severity(each, where, notes)]


def _without_severity(matcher: Matcher, where: Where, notes: Notes) -> list[Matcher]:
    """*matcher* so that it treats the severity `unset` as Alertmanager treats an alert without a severity."""
    on_none, on_unset = matcher.matches({}), matcher.matches({SEVERITY: UNSET})
    if matcher.name != SEVERITY or on_none == on_unset:
        return [matcher]
    if matcher.value == UNSET:
        notes.add(where, f"in opos, {SEVERITY}={UNSET} is also the label of alerts without a severity")
        return [matcher]
    if widened := _widened(matcher, on_none=on_none):
        return widened
    notes.lost(
        where, f"for alerts without a severity: in opos their label is {SEVERITY}={UNSET}, which {matcher} rejects"
    )
    return [matcher]


def _widened(matcher: Matcher, *, on_none: bool) -> list[Matcher]:
    """Matchers that decide about `unset` as *matcher* decides about no severity (*on_none*); empty if RE2 has none."""
    regex = "!~" if matcher.operator.startswith("!") else "=~"
    if not matcher.value:
        return [Matcher(SEVERITY, regex, f"|{UNSET}")]
    if on_none == (regex == "=~"):
        return [Matcher(SEVERITY, regex, f"(?:{matcher.value})|{UNSET}")]
    if not on_none:
        return [matcher, Matcher(SEVERITY, "!=", UNSET)]
    return [Matcher(SEVERITY, "=~", f"|{UNSET}")] if matcher.value == ".+" else []


def _note(names: list[str], where: Where, notes: Notes) -> None:
    if OWN in names:
        notes.add(where, f"the label {OWN} becomes {SENDERS}, because in opos {OWN} is the name of the source")
    if SENDERS in names:
        notes.add(where, f"the label {SENDERS} is in opos the sender's label {OWN}, if an alert has both")
