"""What `opos verify` refuses or warns about, because it can never be meant."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from opos.cli import main
from shared.config.files.faults import ConfigError
from shared.verification import warnings
from tests.support.configuration import parse_config

REST = "owner: me@x.org\nsources: {}\ndigest: {channel: desk}\n"
CHANNELS = "channels: {desk: {ntfy: N}}\n"


def warned(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "opos.yaml"
    file.write_text(REST + text)
    return [str(warning).removeprefix(f"{file}:") for warning in warnings(file, {}, "https://opos.example")]


def routed(*routes: str) -> str:
    return CHANNELS + "route:\n  channel: desk\n  routes:\n" + "".join(f"    - {route}\n" for route in routes)


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        (("{matchers: [a=b]}", "{matchers: [c=d, a=b]}"), '9: route.routes.1: expected a route that an alert can match; found that route.0 (a="b") matches its alerts first and does not continue'),
        (("{matchers: ['a=~\"b|c\"']}", "{matchers: [a=c]}"), '9: route.routes.1: expected a route that an alert can match; found that route.0 (a=~"b|c") matches its alerts first and does not continue'),
        (("{matchers: ['a=~.*']}", "{matchers: [x=y]}"), '9: route.routes.1: expected a route that an alert can match; found that route.0 (a=~".*") matches its alerts first and does not continue'),
        (("{matchers: [a=b, a=c]}",), '8: route.routes.0: expected a route that an alert can match; found that no value of a matches a="b" and a="c"'),
        (("{matchers: ['a!~.*']}",), '8: route.routes.0: expected a route that an alert can match; found that no value of a matches a!~".*"'),
        (("{matchers: [a=b], routes: [{matchers: ['a=~c.*']}]}",), '8: route.routes.0.routes.0: expected a route that an alert can match; found that no value of a matches a="b" and a=~"c.*"'),
    ],
)  # fmt: skip
def test_a_route_that_no_alert_can_match_is_warned_about(
    tmp_path: Path, routes: tuple[str, ...], expected: str
) -> None:
    assert warned(tmp_path, routed(*routes)) == [expected]


@pytest.mark.parametrize(
    "routes",
    [
        ("{matchers: [a=b], continue: true}", "{matchers: [a=b, c=d]}"),
        ("{matchers: [a=b, c=d]}", "{matchers: [a=b]}"),
        ("{matchers: ['a=~b.*']}", "{matchers: ['a=~\"b.*|c\"']}"),
        ("{matchers: ['a!=b']}", "{matchers: [c=d]}"),
        ("{matchers: [a=b], routes: [{matchers: ['a=~b.*']}]}",),
        ("{matchers: ['a=~\"b|c\"', 'a!=b']}",),
    ],
)
def test_a_route_that_an_alert_can_match_is_not_warned_about(tmp_path: Path, routes: tuple[str, ...]) -> None:
    assert warned(tmp_path, routed(*routes)) == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{source_matchers: [a=b], target_matchers: [a=b], equal: [c]}", "both sides match the same alerts, so it holds none: an alert that matches both sides inhibits no other"),
        ("{}", "both sides match the same alerts, so it holds none: an alert that matches both sides inhibits no other"),
        ("{source_matchers: [a=b]}", "it has no target_matchers, so it holds every other alert, also critical ones"),
        ("{target_matchers: [a=b]}", "it has no source_matchers, so any other alert that fires holds its targets"),
        ("{source_matchers: [a=b, a=c], target_matchers: [d=e]}", 'no value of a matches a="b" and a="c"'),
    ],
)  # fmt: skip
def test_an_inhibition_that_holds_nothing_or_everything_is_warned_about(
    tmp_path: Path, rule: str, expected: str
) -> None:
    text = CHANNELS + f"route: {{channel: desk}}\ninhibit_rules: [{rule}]\n"
    assert warned(tmp_path, text) == [
        f"6: inhibit_rules.0: expected a rule that holds some alerts; found that {expected}"
    ]


def test_what_nothing_names_and_what_is_named_twice_is_warned_about_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "channels: {desk: {console: true}, a: {ntfy: N}, b: {ntfy: N, cost: 5}, c: {email: S, to: x}, d: {email: S, to: y}}\n"
        "route: {channel: desk, routes: [{matchers: [a=b], mute_time_intervals: [night, night]}]}\n"
        "time_intervals: {night: [{weekdays: [sunday]}], day: [{weekdays: [monday]}]}\n"
        "escalations: {me: {repeats: 2}}\n"
    )
    assert warned(tmp_path, text) == [
        "4: channels.a: expected a route, an escalation, a digest or the review that names this channel; found none",
        "4: channels.b: expected a route, an escalation, a digest or the review that names this channel; found none",
        "4: channels.b: expected a receiver of its own; found that of a",
        "4: channels.c: expected a route, an escalation, a digest or the review that names this channel; found none",
        "4: channels.d: expected a route, an escalation, a digest or the review that names this channel; found none",
        "5: route.routes.0.mute_time_intervals.1: expected each name once; found 'night' again",
        "6: time_intervals.day: expected a route that names this time interval; found none",
        "7: escalations.me: expected a route that names this escalation; found none",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (routed("{matchers: ['']}"), "8: route.routes.0.matchers: expected a matcher, not '', which every alert matches"),
        (routed("{matchers: ['a=~']}"), "8: route.routes.0.matchers: expected a regular expression after =~ or !~ in 'a=~'"),
        (routed("{matchers: [null]}"), "8: route.routes.0.matchers: expected matchers that are text"),
        (CHANNELS + "route: {channel: desk}\nfocus: {blocks: [{name: a, from: '09:00', to: '09:00'}]}", "6: focus.blocks.0: expected an end other than the start"),
        (CHANNELS + "route: {channel: desk}\nheartbeats: {a: {secrets: [S, S]}}", "6: heartbeats.a.secrets: expected each secret once"),
        (CHANNELS + "route: {channel: desk}\ntime_intervals: {a: [{times: [{start_time: '00:00', end_time: '00:00'}]}]}", "6: time_intervals.a.0.times.0: expected an end other than the start"),
        (CHANNELS + "route: {channel: desk}\ntime_intervals: {a: [{times: }]}", "6: time_intervals.a.0.times: expected a list"),
        (CHANNELS + "route: {channel: desk}\ntime_intervals: {a: []}", "6: time_intervals.a: expected at least one entry"),
        ("channels:\n  desk: {console: true}\n  desk: {console: true}\nroute: {channel: desk}\n", "6: channels.desk: expected each key once; found it also on line 5"),
    ],
)  # fmt: skip
def test_what_can_never_be_meant_is_refused_where_it_stands(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_config(REST + text)
    assert [str(fault).removeprefix("opos.yaml:")[: len(expected)] for fault in error.value.faults] == [expected]


def test_all_that_is_refused_is_named_together() -> None:
    bad = "{matchers: ['a=~']}", "{matchers: ['']}"
    intervals = "time_intervals: {a: [{weekdays: [monday:sunday]}], b: [{months: []}]}\n"
    with pytest.raises(ConfigError) as error:
        parse_config(REST + routed(*bad) + intervals)
    assert [fault.line for fault in error.value.faults] == [8, 9, 10, 10]


def test_a_warning_is_shown_and_does_not_fail(tmp_path: Path) -> None:
    file, flags = tmp_path / "opos.yaml", tmp_path / "flags.yaml"
    file.write_text(REST + "channels: {desk: {console: true}}\nroute: {channel: desk}\nescalations: {me: {}}\n")
    flags.write_text("flags: {}\n")
    arguments = ["verify", "--config", str(file), "--flags", str(flags)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0
    assert f"\nwarning: {file}:6: escalations.me: expected a route that names this escalation" in done.stdout
    document = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert (document["faults"], [warning["line"] for warning in document["warnings"]]) == ([], [4, 6])


def test_channels_that_reach_no_phone_are_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "opos.yaml"
    for channel, expected in (("{console: true}", 1), ("{ntfy: PHONE_URL}", 0)):
        file.write_text(REST + f"channels: {{desk: {channel}}}\nroute: {{channel: desk}}\n")
        said = [str(warning) for warning in warnings(file, {}, "https://opos.example")]
        assert sum(warning.endswith("found only the console") for warning in said) == expected


STATUS = """channels: {desk: {ntfy: N}}
route: {channel: desk}
status:
  title: Shop
  components:
    checkout:
      name: Checkout
      when:
"""
DEPLOY = """sources: {github: {scheme: github, secrets: [S]}}
deploy: {smoke: github, targets: {production: {project: my-company}}}
"""


def on_the_page(*conditions: str) -> str:
    return STATUS + "".join(f"        - {condition}\n" for condition in conditions)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (("{state: down, matchers: [a=b, a=c]}",), '12: status.components.checkout.when.0: expected matchers that an alert can meet; found that no value of a matches a="b" and a="c"'),
        (("{state: down, matchers: [a=b]}", "{state: degraded, matchers: [a=b, c=d]}"), "13: status.components.checkout.when.1: expected a condition that changes the state; found that an earlier one covers it"),
    ],
)  # fmt: skip
def test_a_condition_of_the_status_page_that_does_nothing_is_warned_about(
    tmp_path: Path, conditions: tuple[str, ...], expected: str
) -> None:
    assert warned(tmp_path, on_the_page(*conditions)) == [expected]


def test_a_condition_of_a_worse_state_after_a_better_one_does_something(tmp_path: Path) -> None:
    conditions = ("{state: degraded, matchers: [a=b]}", "{state: down, matchers: [a=b, c=d]}")
    assert warned(tmp_path, on_the_page(*conditions)) == []


def test_a_deployed_status_page_that_nobody_can_reach_is_warned_about(tmp_path: Path) -> None:
    file = tmp_path / "opos.yaml"
    page = STATUS.partition("  components")[0]
    unreachable = "deploy: expected health among the public functions, since it serves the status page; found webhook_intake, flag_evaluator"
    homeless = "status: expected the url of the page, since a deployed function has its own; found none"
    for public, url, expected in (
        ("", "", [homeless, unreachable]),
        (", public: [webhook_intake, flag_evaluator, health]", "  url: https://status.example\n", []),
    ):
        file.write_text((REST + page + url).replace("sources: {}\n", "") + DEPLOY.replace("}}}", "}}" + public + "}"))
        shown = [str(warning).partition(": ")[2] for warning in warnings(file, {}, "https://opos.example")]
        assert shown == expected
