"""What tells alerts with the same title apart: the labels that they do not share."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.values.text import LONGEST, headline, one_line

MOST = 3
"""How many labels are shown: those with the most values come first."""
LONGEST_VALUE, LONGEST_TEXT = 60, 120
_UNSAID = frozenset({"incident", "severity"})
"""opos makes the first from the fingerprint, and a mark shows the second."""


def distinctions(alerts: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each of *alerts*, the labels that others of its title do not share, such as `pod web-1, zone b`.

    Empty if no other has its title, or if all their labels are the same.
    """
    texts, titled = [""] * len(alerts), dict[str, list[int]]()
    for number, alert in enumerate(alerts):
        titled.setdefault(headline(alert.get("title") or ""), []).append(number)
    for numbers in titled.values():
        labels = [_labels(alerts[number]) for number in numbers]
        names = _differing(labels)
        for number, own in zip(numbers, labels, strict=True):
            texts[number] = _text(own, names)
    return texts


def names(alerts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The name of each of *alerts* in a list below their title, if they have one title, or else with its own."""
    titles = [headline(alert.get("title") or "") for alert in alerts]
    is_said = len(set(titles)) == 1
    pairs = zip(titles, distinctions(alerts), strict=True)
    return [(is_said and apart) or named(title, apart) for title, apart in pairs]


def named(title: str, apart: str) -> str:
    """*title* with what tells the alert apart from others of the same title; on one line that is not too long."""
    return f"{one_line(title, LONGEST - len(apart) - 3)} ({apart})" if apart else title


def _labels(alert: Mapping[str, Any]) -> Mapping[str, Any]:
    labels = alert.get("labels")
    return labels if isinstance(labels, Mapping) else {}


def _differing(labels: Sequence[Mapping[str, Any]]) -> list[str]:
    every = dict.fromkeys(name for own in labels for name in own if name not in _UNSAID)
    values = {name: len({str(own.get(name, "")) for own in labels}) for name in every}
    differing = [name for name, count in values.items() if count > 1]
    return sorted(differing, key=lambda name: (-values[name], name))[:MOST]


def _text(labels: Mapping[str, Any], names: Sequence[str]) -> str:
    pairs = [f"{one_line(name)} {value}" for name in names if (value := one_line(labels.get(name, ""), LONGEST_VALUE))]
    return one_line(", ".join(pairs), LONGEST_TEXT)
