"""Matchers of the status page that no alert has met: with a typo, a component is operational whatever happens."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shared.alerting.matchers import Labels, Matcher, compiled
from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located, Where, read_yaml
from shared.config.status_page import Component
from shared.context import Context

SAMPLE = 1000
"""How many alerts are read. Their ids are hashes, so of more alerts this is a random sample."""
_SHOWN = 5
"""How many known names or values a warning lists."""


def unmet(file: Path, context: Context) -> list[Fault]:
    """A warning for each condition of a component, with its line in *file*, that none of the stored alerts meets."""
    page = context.config.status
    if page is None or not any(component.when for component in page.components.values()):
        return []
    labels = [doc.data.get("labels") or {} for doc in context.store.query("alerts", limit=SAMPLE)]
    return list(_warnings(page.components, labels, read_yaml(file)))


def _warnings(components: Mapping[str, Component], labels: Sequence[Labels], located: Located) -> Iterator[Fault]:
    for id, component in components.items():
        for number, condition in enumerate(component.when):
            if not any(map(compiled(condition.matchers), labels)):
                where: Where = ("status", "components", id, "when", number)
                path = ".".join(map(str, where))
                seen = _seen(condition.matchers, labels)
                yield Fault(located.file, located.line(where), path, "matchers that an alert has met so far", seen)


def _seen(matchers: Sequence[Matcher], labels: Sequence[Labels]) -> str:
    """What the alerts have instead, for the first matcher that none of them meets."""
    if not labels:
        return "no alert yet"
    for matcher in matchers:
        if not any(map(matcher.matches, labels)):
            values = sorted({of[matcher.name] for of in labels if matcher.name in of})
            return f"no alert with {matcher}; {_known(matcher.name, values, labels)}"
    return f"no alert that meets all of {', '.join(map(str, matchers))}"


def _known(name: str, values: Sequence[str], labels: Sequence[Labels]) -> str:
    if values:
        return f"values of {name}: {_some(values)}"
    return f"no alert has the label {name}; labels: {_some(sorted({label for of in labels for label in of}))}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
