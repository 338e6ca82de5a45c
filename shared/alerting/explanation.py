"""Why an alert goes where it goes: every matcher that was tried, and every hold reason that was checked."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.alerting.alert import AlertDoc
from shared.alerting.hold_reasons import HOLD_REASONS, ROUTE_REASONS, Ready
from shared.alerting.matchers import Labels
from shared.alerting.routes import Node
from shared.alerting.situation import Situation
from shared.alerting.verdict import Verdicts, judge_by_route


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


def reasons(alert: AlertDoc, routes: tuple[Node, ...], situation: Situation) -> tuple[list[Reason], Verdicts]:
    """Every check, up to those that decided, and the verdicts. If there are several routes, each names its checks."""
    checks, ready = list[Reason](), list[Node]()
    for node in routes:
        own = list(_own_checks(alert, node, situation, str(node) + ": " if len(routes) > 1 else ""))
        checks += own
        if not own[-1].decides:
            ready.append(node)
    shared = _shared_checks(alert, Ready(tuple(ready), routes), situation) if ready else ()
    return [*checks, *shared], judge_by_route(alert, routes, situation)


def _own_checks(alert: AlertDoc, node: Node, situation: Situation, prefix: str) -> Iterator[Reason]:
    """What one route checks for itself."""
    for name, reason in ROUTE_REASONS.items():
        verdict = reason(alert, node, situation)
        answer = verdict.reason if verdict else "does not apply"
        if name == "severity":
            answer = f"{alert['severity']}, its route interrupts from {node.settings.interrupt_from}"
        yield Reason(prefix + name, answer, decides=verdict is not None)
        if verdict:
            return


def _shared_checks(alert: AlertDoc, ready: Ready, situation: Situation) -> Iterator[Reason]:
    """What is checked for all routes that are *ready* to notify."""
    for name, reason in HOLD_REASONS.items():
        verdict = reason(alert, ready, situation)
        yield Reason(name, verdict.reason if verdict else "does not apply", decides=verdict is not None)
        if verdict:
            return
