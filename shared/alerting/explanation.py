"""Why an alert goes where it goes: every matcher tried, and every reason that could have kept it from interrupting."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.alerting.hold_reasons import TESTS, Surroundings, Verdict
from shared.alerting.matchers import Labels
from shared.alerting.routes import Node
from shared.alerting.verdict import interrupts, judge


@dataclass(frozen=True, slots=True)
class Tried:
    """A route that was looked at. `matchers` are its matchers, what was found, and whether each holds.

    `taken`: it is one of those that the alert takes. `why` says so in words.
    """

    route: str
    depth: int
    matchers: tuple[tuple[str, str, bool], ...]
    matches: bool
    taken: bool
    why: str


def tried_routes(node: Node, labels: Labels) -> Iterator[Tried]:
    """The routes that were looked at, in order; those behind a match without `continue` are not."""
    yield from _tried(node, labels)


def _tried(node: Node, labels: Labels) -> Iterator[Tried]:
    if not node.matches(labels):
        yield _entry(node, labels, matches=False, taken=False, why="a matcher does not hold")
        return
    below, found, stopped = list[Tried](), False, ""
    for child in node.children:
        below += _tried(child, labels)
        if child.matches(labels):
            found = True
            if not child.spec.continue_:
                stopped = f"{child} has no continue, so those after it are not asked"
                break
    why = ("one of its routes is taken instead" + (f"; {stopped}" if stopped else "")) if found else "taken"
    yield _entry(node, labels, matches=True, taken=not found, why=why)
    yield from below


def _entry(node: Node, labels: Labels, *, matches: bool, taken: bool, why: str) -> Tried:
    matchers = tuple((str(one), labels.get(one.name, ""), one.matches(labels)) for one in node.spec.matchers)
    return Tried(str(node), len(node.path), matchers, matches=matches, taken=taken, why=why)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was asked of an alert that wants attention, and what came of it."""

    asked: str
    answer: str
    decides: bool


def reasons(alert: Mapping[str, Any], taken: tuple[Node, ...], around: Surroundings) -> tuple[list[Reason], Verdict]:
    """Everything that was asked, up to what decided, and the verdict."""
    verdict, settings = judge(alert, taken, around), taken[-1].settings
    said = f"{alert['severity']}, its route interrupts from {settings.interrupt_from}"
    if not interrupts(alert, settings):
        return [Reason("severity", said, decides=True)], verdict
    found = [Reason("severity", said, decides=False)]
    for name, test in TESTS.items():
        answer = test(alert, taken, around)
        found.append(Reason(name, answer.reason if answer else "nothing against it", decides=answer is not None))
        if answer:
            break
    return found, verdict
