"""Sets of labels that try every matcher of a configuration: the values that it names, others, and none."""

import random
import re
from collections.abc import Iterable, Iterator

from opos.importers.alertmanager.content import InhibitRule, Route, routes_of
from shared.alerting.matchers import Labels, Matcher

MOST = 200
_STOCK = ("", "a", "A1", "0", "-", "other")
"""Values for an expression that names no words."""
_WORDS = re.compile(r"(?:\\.|[^\\|()\[\]{}*+?.^$])+")

Candidates = dict[str, list[str]]


def label_sets(root: Route, more: Iterable[Matcher], *, most: int = MOST) -> list[dict[str, str]]:
    """No labels, a set that reaches each route where there is one, the same with one label changed, and drawn sets.

    At most *most* sets, unless there are more routes; the same at each call.
    """
    candidates = _candidates([*(matcher for _, route in routes_of(root) for matcher in route.tests), *more])
    reaching = [_filled(_satisfying(tests, candidates)) for tests in _paths(root, ())]
    changed = (_filled({**labels, name: value}) for labels in reaching for name, value in _changes(labels, candidates))
    drawn = (_filled(labels) for labels in _drawn(candidates))
    unique = {tuple(sorted(labels.items())): labels for labels in [{}, *reaching, *changed, *drawn]}
    return _spread(list(unique.values()), kept=1 + len(reaching), most=most)


def matchers_of_rules(rules: Iterable[InhibitRule]) -> list[Matcher]:
    return [matcher for rule in rules for matcher in (*rule.sources, *rule.targets)]


def _spread(sets: list[dict[str, str]], *, kept: int, most: int) -> list[dict[str, str]]:
    """The first *kept* of *sets*, and of the others as many as there is room for, from all over the tree."""
    first, others = sets[:kept], sets[kept:]
    room = max(0, most - kept)
    return [*first, *random.Random(kept).sample(others, min(room, len(others)))]  # noqa: S311  (nothing secret)


def _candidates(matchers: Iterable[Matcher]) -> Candidates:
    candidates: dict[str, dict[str, None]] = {}
    for matcher in matchers:
        words = [matcher.value] if matcher.operator in {"=", "!="} else _examples(matcher.value)
        candidates.setdefault(matcher.name, {}).update(dict.fromkeys([*words, *_STOCK]))
    return {name: list(values) for name, values in candidates.items()}


def _examples(pattern: str) -> list[str]:
    """The words in *pattern*, which often match it alone or with something around them."""
    words = [re.sub(r"\\(.)", r"\1", word) for word in _WORDS.findall(pattern.replace("(?i)", ""))]
    return [*words, *(f"{word}x" for word in words), *(f"x{word}" for word in words), "".join(words)]


def _paths(route: Route, above: tuple[Matcher, ...]) -> Iterator[tuple[Matcher, ...]]:
    """All matchers that an alert meets on its way to each route."""
    tests = (*above, *route.tests)
    yield tests
    for child in route.routes:
        yield from _paths(child, tests)


def _satisfying(tests: tuple[Matcher, ...], candidates: Candidates) -> dict[str, str]:
    """Labels that match *tests*, as far as the candidates allow it."""
    wanted: dict[str, list[Matcher]] = {}
    for matcher in tests:
        wanted.setdefault(matcher.name, []).append(matcher)
    return {
        name: next((v for v in candidates[name] if all(test.matches({name: v}) for test in of)), "")
        for name, of in wanted.items()
    }


def _changes(labels: Labels, candidates: Candidates) -> Iterator[tuple[str, str]]:
    for name, values in candidates.items():
        yield from ((name, value) for value in values if labels.get(name, "") != value)


def _drawn(candidates: Candidates) -> Iterator[dict[str, str]]:
    chance = random.Random(len(candidates))  # noqa: S311  (nothing secret)
    for _ in range(MOST if candidates else 0):
        names = chance.sample(list(candidates), chance.randint(1, min(len(candidates), 6)))
        yield {name: chance.choice(candidates[name]) for name in names}


def _filled(labels: Labels) -> dict[str, str]:
    """*labels* without empty ones: to a matcher those are the same as missing ones."""
    return {name: value for name, value in labels.items() if value}
