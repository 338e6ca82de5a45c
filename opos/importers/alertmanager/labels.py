"""Labels as the routes of opos see them.

In opos the label `source` is the name of the source that sent the alert. The sender's own label of that name is
`exported_source` there, so each matcher, grouping and equality on it is carried over under that name.
"""

from collections.abc import Iterable, Mapping

from opos.importers.alertmanager.notes import Notes
from shared.alerting.matchers import Matcher
from shared.config.files.located_yaml import Where

OWN, SENDERS = "source", "exported_source"


def carried(name: str) -> str:
    """The name in opos of the sender's label *name*."""
    return SENDERS if name == OWN else name


def carried_labels(labels: Mapping[str, str]) -> dict[str, str]:
    return {carried(name): value for name, value in labels.items()}


def carried_names(names: Iterable[str], where: Where, notes: Notes) -> list[str]:
    """*names* of labels in opos, each once."""
    names = list(names)
    _note(names, where, notes)
    return list(dict.fromkeys(map(carried, names)))


def carried_matchers(matchers: Iterable[Matcher], where: Where, notes: Notes) -> list[str]:
    """*matchers* as the text that opos.yaml contains."""
    matchers = list(matchers)
    _note([matcher.name for matcher in matchers], where, notes)
    return [str(Matcher(carried(matcher.name), matcher.operator, matcher.value)) for matcher in matchers]


def _note(names: list[str], where: Where, notes: Notes) -> None:
    if OWN in names:
        notes.add(where, f"the label {OWN} becomes {SENDERS}, because in opos {OWN} is the name of the source")
    if SENDERS in names:
        notes.add(where, f"the label {SENDERS} is in opos the sender's label {OWN}, if an alert has both")
