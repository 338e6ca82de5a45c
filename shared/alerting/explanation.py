"""Why an alert goes where it goes: every matcher that was tried, and every hold reason that was checked."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.alerting.alert import AlertDoc
from shared.alerting.hold_reasons import HOLD_REASONS, Verdict
from shared.alerting.matchers import Labels
from shared.alerting.routes import Node
from shared.alerting.situation import Situation
from shared.alerting.verdict import interrupts, judge


@dataclass(frozen=True, slots=True)
class Tried:
    """A route that was tried. `matchers` are its matchers, the value of each label, and whether the matcher matches.

    `taken`: the alert goes by this route. `why` says so in words.
    """

    route: str
    depth: int
    matchers: tuple[tuple[str, str, bool], ...]
    matches: bool
    taken: bool
    why: str


def tried_routes(node: Node, labels: Labels) -> Iterator[Tried]:
    """The routes that were tried, in order; those after a match without `continue` are not."""
    if not node.matches(labels):
        yield _entry(node, labels, matches=False, taken=False, why="a matcher does not match")
        return
    below, matched, stopped = list[Tried](), False, ""
    for child in node.children:
        below += tried_routes(child, labels)
        if child.matches(labels):
            matched = True
            if not child.spec.continue_:
                stopped = f"{child} has no continue, so later routes are not tried"
                break
    why = ("a route below matches instead" + (f"; {stopped}" if stopped else "")) if matched else "matched"
    yield _entry(node, labels, matches=True, taken=not matched, why=why)
    yield from below


def _entry(node: Node, labels: Labels, *, matches: bool, taken: bool, why: str) -> Tried:
    matchers = tuple(
        (str(matcher), labels.get(matcher.name, ""), matcher.matches(labels)) for matcher in node.spec.matchers
    )
    return Tried(str(node), len(node.path), matchers, matches=matches, taken=taken, why=why)


@dataclass(frozen=True, slots=True)
class Reason:
    """One check of an alert that should notify, and its result."""

    asked: str
    answer: str
    decides: bool


def reasons(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> tuple[list[Reason], Verdict]:
    """Every check, up to the one that decided, and the verdict."""
    verdict, settings = judge(alert, routes, situation), routes[-1].settings
    severity = f"{alert['severity']}, its route interrupts from {settings.interrupt_from}"
    if not interrupts(alert, settings):
        return [Reason("severity", severity, decides=True)], verdict
    checked = [Reason("severity", severity, decides=False)]
    for name, hold_reason in HOLD_REASONS.items():
        held = hold_reason(alert, routes, situation)
        checked.append(Reason(name, held.reason if held else "does not apply", decides=held is not None))
        if held:
            break
    return checked, verdict
