"""Routing is total, and what is true of every tree and every set of labels."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.matchers import Matcher, parse_matcher, parse_matchers
from shared.alerting.routes import Route, compile_routes, group_id, group_labels, route
from shared.alerting.verdict import judge
from tests.support.alerts import fired, situation

NAMES = st.sampled_from(["severity", "team", "source", "alertname"])
VALUES = st.sampled_from(["", "a", "b", "critical", "db.1", 'q"\\\n'])
LABELS = st.dictionaries(NAMES, st.text(max_size=8) | VALUES, max_size=5)
MATCHERS = st.builds(Matcher, NAMES, st.sampled_from(["=", "!="]), VALUES) | st.builds(
    Matcher, NAMES, st.sampled_from(["=~", "!~"]), st.sampled_from(["", "a|b", ".*", "c.+", "[^a]*"])
)

ANY_TEXT = st.text("aé.:/ \t\n\"\\'`{}=~!,😀", min_size=1, max_size=8)
ANY_MATCHERS = st.builds(Matcher, ANY_TEXT, st.sampled_from(["=", "!="]), ANY_TEXT)


def children(inner: st.SearchStrategy[Any] | None) -> st.SearchStrategy[Any]:
    below = st.lists(inner, max_size=3) if inner is not None else st.just([])
    return st.fixed_dictionaries(
        {"matchers": st.lists(MATCHERS.map(str), max_size=2), "continue": st.booleans()},
        optional={
            "channel": st.sampled_from(["one", "two"]), "routes": below,
            "group_by": st.sampled_from([["..."], [], ["team", "source"]]),
            "interrupt_from": st.sampled_from(["info", "warning", "critical", "never"]),
            "auto_pause": st.sampled_from(["2m", "15m", "0s"]), "group_wait": st.just("30s"),
        },
    )  # fmt: skip


ROOTS = st.lists(st.recursive(children(None), children, max_leaves=12), max_size=4).map(
    lambda routes: compile_routes(Route.model_validate({"channel": "root", "routes": routes}))
)


@given(ROOTS, LABELS)
def test_every_alert_takes_a_route_and_all_that_it_takes_match_with_everything_above_them(
    root: Any, labels: dict[str, str]
) -> None:
    taken = route(root, labels)
    assert taken
    for node in taken:
        above = root
        for position in node.path:
            above = above.children[position]
            assert all(matcher.matches(labels) for matcher in above.spec.matchers)


@given(ROOTS, LABELS)
def test_labels_that_differ_only_in_what_is_empty_take_the_same_routes_and_join_the_same_group(
    root: Any, labels: dict[str, str]
) -> None:
    full = {name: labels.get(name, "") for name in ("severity", "team", "source", "alertname")} | labels
    some = {name: value for name, value in full.items() if value}
    assert [node.path for node in route(root, full)] == [node.path for node in route(root, some)]
    taken = route(root, some)
    if "..." not in {name for node in taken for name in node.settings.group_by}:
        assert group_id(taken, full) == group_id(taken, some)


@given(ROOTS, LABELS, st.sampled_from(["info", "warning", "critical", "sev0"]), st.integers(0, 3600))
def test_every_alert_has_a_verdict_and_what_is_held_is_looked_at_again(
    root: Any, labels: dict[str, str], severity: str, passed: int
) -> None:
    begun = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    alert = fired(severity=severity, labels=labels, now=begun)
    now = begun + timedelta(seconds=passed)
    verdict = judge(alert, route(root, alert["labels"]), situation(now))
    assert verdict.path in {"page", "hold", "digest"}
    assert verdict.reason
    assert (verdict.path == "hold") == (verdict.until is not None)
    assert verdict.until is None or verdict.until > now


@given(MATCHERS | ANY_MATCHERS)
def test_a_matcher_reads_back_as_it_is_written(matcher: Matcher) -> None:
    assert parse_matcher(str(matcher)) == matcher


@given(st.lists(MATCHERS | ANY_MATCHERS, max_size=4))
def test_several_matchers_in_one_text_read_back_in_braces_or_not(matchers: list[Matcher]) -> None:
    text = ",".join(map(str, matchers))
    assert list(parse_matchers(text)) == matchers
    assert list(parse_matchers("{" + text + "}")) == matchers


@given(st.text(max_size=30))
def test_any_text_is_matchers_or_refused_in_words(text: str) -> None:
    try:
        found = list(parse_matchers(text))
    except ValueError as fault:
        found, said = [], str(fault)
    else:
        said = "expected "
    assert said.startswith("expected ")
    assert all(matcher.name for matcher in found)


@given(ROOTS, LABELS)
def test_a_group_is_named_by_its_labels_alone(root: Any, labels: dict[str, str]) -> None:
    taken = route(root, labels)
    other = {**labels, "unused": "x"}
    if group_labels(taken, labels) == group_labels(taken, other):
        assert group_id(taken, labels) == group_id(taken, other)
