"""Routes and matchers that no alert can match, as far as the matchers alone show it."""

import re
from collections.abc import Iterator, Sequence

from shared.alerting.matchers import Matcher
from shared.alerting.routes import Node

_WORDS = re.compile(r"[\w \-@:/%|]*")
_ANYTHING = ".*"


def unreachable(node: Node, above: Sequence[Matcher] = ()) -> Iterator[tuple[Node, str]]:
    """The routes at and below *node* that no alert matches, each with the reason. *above* are the matchers so far."""
    conditions = (*above, *node.spec.matchers)
    if reason := contradiction(conditions):
        yield node, reason
        return
    for position, child in enumerate(node.children):
        first = next(_covering(node.children[:position], (*conditions, *child.spec.matchers)), None)
        if first:
            yield child, f"{first} matches its alerts first and does not continue"
        else:
            yield from unreachable(child, conditions)


def _covering(earlier: Sequence[Node], conditions: Sequence[Matcher]) -> Iterator[Node]:
    """Those of the *earlier* siblings that match every alert that meets *conditions*, and end its way."""
    return (node for node in earlier if not node.spec.continue_ and implied(node.spec.matchers, conditions))


def implied(matchers: Sequence[Matcher], conditions: Sequence[Matcher]) -> bool:
    """Whether labels that meet *conditions* surely match all of *matchers*."""
    return all(
        (matcher.operator, matcher.value) == ("=~", _ANYTHING)
        or any(_implies(condition, matcher) for condition in conditions)
        for matcher in matchers
    )


def contradiction(conditions: Sequence[Matcher]) -> str:
    """Why no labels meet all *conditions*; empty if some may."""
    for condition in conditions:
        about = [other for other in conditions if other.name == condition.name]
        values = _values(condition)
        if (condition.operator, condition.value) == ("!~", _ANYTHING) or (
            values is not None and not any(_meets(value, about) for value in values)
        ):
            return f"no value of {condition.name} matches {' and '.join(dict.fromkeys(map(str, about)))}"
    return ""


def _implies(condition: Matcher, matcher: Matcher) -> bool:
    values = _values(condition) if condition.name == matcher.name else None
    return condition == matcher or (values is not None and all(_meets(value, [matcher]) for value in values))


def _meets(value: str, matchers: Sequence[Matcher]) -> bool:
    return all(matcher.matches({matcher.name: value}) for matcher in matchers)


def _values(matcher: Matcher) -> list[str] | None:
    """All values that *matcher* matches, if it lists them."""
    if matcher.operator == "=":
        return [matcher.value]
    is_list = matcher.operator == "=~" and _WORDS.fullmatch(matcher.value)
    return matcher.value.split("|") if is_list else None
