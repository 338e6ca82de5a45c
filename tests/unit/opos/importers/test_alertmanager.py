"""An alertmanager.yml becomes sections of opos.yaml, and what could not be carried is named."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings

from opos.cli import main
from opos.importers.alertmanager.conversion import import_alertmanager
from shared.alerting.alert import labels_of
from shared.alerting.matchers import parse_matcher
from shared.events import Alert
from shared.verification import verify
from tests.support.alertmanager_files import FILES as DRAWN
from tests.support.alertmanager_files import imported, located, whole_config
from tests.support.configuration import parse_config
from tests.support.project import ROOT

CASES = ROOT.parent / "shared/cases/alertmanager-import"
FILES = [*sorted((ROOT / "tests/data/alertmanager").glob("*.yml")), *sorted(CASES.glob("*.yml"))]

AM = """
global: {resolve_timeout: 5m, slack_api_url: "https://hooks.slack.com/services/T/B/secret"}
route:
  receiver: Team Phone
  group_by: [alertname, cluster]
  routes:
    - match: {severity: info}
      receiver: "null"
    - match_re: {service: "foo1|foo2"}
      matchers: ['owner="team-X"', "{env=prod,zone!~\\"eu.*\\"}"]
      continue: true
      group_wait: 10s
      repeat_interval: 1d
      mute_time_intervals: [offhours]
      frobnicate: yes
receivers:
  - {name: Team Phone, pagerduty_configs: [{routing_key: very-secret}]}
  - {name: "null"}
inhibit_rules:
  - {source_match: {severity: critical}, target_match_re: {severity: "warning|info"}, equal: [alertname]}
mute_time_intervals:
  - name: offhours
    time_intervals: [{times: [{start_time: "18:00", end_time: "24:00"}], weekdays: ["monday:friday"], location: Europe/Berlin}]
templates: ["/etc/alertmanager/*.tmpl"]
tracing: {}
"""


def taken_over(tmp_path: Path, text: str = AM, *options: str) -> Any:
    file = tmp_path / "alertmanager.yml"
    file.write_text(text)
    return CliRunner().invoke(main, ["import", str(file), *options])


def test_the_sections_are_accepted_and_mean_the_same(tmp_path: Path) -> None:
    done = taken_over(tmp_path)
    assert done.exit_code == 0, done.output
    sections = yaml.safe_load(done.stdout)
    rest = {"owner": "me@x.org", "sources": {}, "digest": {"channel": "team-phone"}}
    config = parse_config(yaml.safe_dump({**rest, **sections}))
    first, second = config.route.routes
    assert (first.channel, first.interrupt_from) == ("null", "never")
    assert [str(one) for one in second.matchers] == [
        'service=~"foo1|foo2"', 'owner="team-X"', 'env="prod"', 'zone!~"eu.*"',
    ]  # fmt: skip
    settings = config.routes.children[1].settings
    found = [str(value) for value in (settings.group_wait, settings.group_interval, settings.repeat_interval)]
    assert found == ["0:00:10", "0:05:00", "1 day, 0:00:00"]
    assert config.escalations[settings.escalation or ""].backoff == 1
    assert (second.continue_, settings.group_by) == (True, ("alertname", "cluster"))
    assert config.time_intervals["offhours"][0].location == "Europe/Berlin"
    assert str(config.inhibit_rules[0].target_matchers[0]) == 'severity=~"warning|info"'


def test_what_was_not_carried_is_named_and_no_secret_is_shown(tmp_path: Path) -> None:
    done = taken_over(tmp_path)
    for part in (
        "route.routes.1.frobnicate: not converted",
        "receivers.Team Phone.pagerduty_configs: not converted, because it contains secrets; write team-phone: {apprise: TEAM_PHONE_URL}",
        "receivers.null: has no integration, so its routes get interrupt_from: never",
        "alertmanager.yml:15: route.routes.1.frobnicate",
        "global (resolve_timeout, slack_api_url): not converted",
        "templates: not converted",
        "tracing: not converted, opos has no such section",
    ):
        assert part in done.stderr
    assert "secret" not in done.output.replace("contains secrets", "").replace("secrets and addresses", "")


def test_as_json_both_are_one_document(tmp_path: Path) -> None:
    found = json.loads(taken_over(tmp_path, AM, "--json").stdout)
    assert set(found) == {"sections", "notes"}


@pytest.mark.parametrize(
    "text",
    [
        "a: 1",
        "route: {receiver: a}\nreceivers: no",
        "- 1",
        "route: {receiver: a, matchers: [x]}\nreceivers: [{name: a}]",
    ],
)
def test_what_is_no_alertmanager_configuration_is_refused_in_words(tmp_path: Path, text: str) -> None:
    done = taken_over(tmp_path, text)
    assert (done.exit_code, "expected" in done.stderr) == (2, True)
    assert "Traceback" not in done.output


def lines_of(tmp_path: Path, text: str) -> tuple[dict[str, Any], list[str]]:
    """The sections of an import that works, and its notes without the name of the file."""
    document = json.loads(taken_over(tmp_path, text, "--json").stdout)
    return document["sections"], [note.rpartition("alertmanager.yml:")[2] for note in document["notes"]]


RECEIVERS = """receivers: [{name: a, webhook_configs: [{url: 'http://x'}]}, {name: b}]\n"""


@pytest.mark.parametrize(
    ("receiver", "expected"), [("a", ("info", "never")), ("b", ("never", "info"))], ids=["loud root", "silent root"]
)
def test_a_receiver_without_integration_never_interrupts_wherever_it_is_and_what_inherits_it(
    tmp_path: Path, receiver: str, expected: tuple[str, str]
) -> None:
    other = "b" if receiver == "a" else "a"
    text = f"route: {{receiver: {receiver}, routes: [{{receiver: {other}, matchers: [x=y]}}, {{matchers: [x=z]}}]}}\n"
    config = parse_config(whole_config(imported_text(tmp_path, text + RECEIVERS)))
    root, (first, second) = config.routes, config.routes.children
    assert (root.settings.interrupt_from, first.settings.interrupt_from) == expected
    assert second.settings.interrupt_from == root.settings.interrupt_from


def imported_text(tmp_path: Path, text: str) -> Any:
    file = tmp_path / "alertmanager.yml"
    file.write_text(text)
    return imported(file)


@pytest.mark.parametrize(
    ("written", "matcher"),
    [
        ("match: {x: true}", 'x="true"'), ("match: {x: 1.10}", 'x="1.10"'), ("match: {x: 0500}", 'x="0500"'),
        ("match: {x: yes}", 'x="yes"'), ("match: {x: }", 'x=""'), ("match: {x: 2024-01-01}", 'x="2024-01-01"'),
        ("match_re: {x: 1e3}", 'x=~"1e3"'), ("match: {on: y}", 'on="y"'), ("matchers: [x=~b]", 'x=~"b"'),
        (r"""matchers: ['"service.name"="a\tb"']""", '"service.name"="a\tb"'),
        (r"""matchers: ['x="a\tb"']""", r'x="a\\tb"'), ("matchers: ['x=~']", 'x=~""'),
        ("matchers: ['x=~a{3}']", 'x=~"a{3"'), ("match: {source: b}", 'exported_source="b"'),
        ('match: {severity: ""}', 'severity=~"|unset"'), ("""matchers: ['severity!~".+"']""", 'severity=~"|unset"'),
        ("match_re: {severity: low|}", 'severity=~"(?:low|)|unset"'), ("matchers: [severity!=low]", 'severity!="low"'),
    ],
)  # fmt: skip
def test_a_value_is_the_text_of_the_file_and_a_matcher_means_what_alertmanager_means(
    tmp_path: Path, written: str, matcher: str
) -> None:
    route = imported_text(tmp_path, f"route: {{receiver: a, routes: [{{{written}}}]}}\n{RECEIVERS}").sections["route"]
    assert route["routes"][0]["matchers"] == [matcher]


def test_a_severity_that_any_word_matches_excludes_the_word_for_none(tmp_path: Path) -> None:
    text = "route: {receiver: a, routes: [{matchers: ['severity=~.+']}]}\n" + RECEIVERS
    routes = imported_text(tmp_path, text).sections["route"]["routes"]
    assert routes[0]["matchers"] == ['severity=~".+"', 'severity!="unset"']


def test_the_senders_own_source_is_carried_by_the_name_that_opos_gives_it(tmp_path: Path) -> None:
    rule = "inhibit_rules: [{source_matchers: [source=b], target_matchers: [c=d], equal: [source]}]\n"
    sections, notes = lines_of(tmp_path, f"route: {{receiver: a, group_by: [source, x]}}\n{rule}{RECEIVERS}")
    assert sections["route"]["group_by"] == ["exported_source", "x"]
    assert sections["inhibit_rules"][0]["equal"] == ["exported_source"]
    alert = Alert(fingerprint="f", title="t", severity="low", labels={"alertname": "A", "source": "b"})
    labels = labels_of(alert, source="am", type="t")
    assert parse_matcher(sections["inhibit_rules"][0]["source_matchers"][0]).matches(labels)
    assert [note.partition(": the label source becomes exported_source")[0] for note in notes[:3]] == [
        "1: route.group_by", "2: inhibit_rules.0", "2: inhibit_rules.0.equal",
    ]  # fmt: skip


def test_a_label_that_has_the_new_name_already_is_named_since_the_two_cannot_be_told_apart(tmp_path: Path) -> None:
    _, notes = lines_of(tmp_path, "route: {receiver: a, group_by: [source, exported_source]}\n" + RECEIVERS)
    assert (
        "1: route.group_by: the label exported_source is in opos the sender's label source, if an alert has both"
        in notes
    )


def test_the_absence_of_group_by_and_an_empty_one_mean_a_single_group_and_times_are_alertmanagers(
    tmp_path: Path,
) -> None:
    children = "[{matchers: [a=b], group_by: [x]}, {matchers: [a=c], group_by: [], group_wait: 0, repeat_interval: 1y}]"
    config = parse_config(
        whole_config(imported_text(tmp_path, f"route: {{receiver: a, routes: {children}}}\n{RECEIVERS}"))
    )
    groups = [node.settings.group_by for node in (config.routes, *config.routes.children)]
    assert groups == [(), ("x",), ()]
    settings = config.routes.children[1].settings
    assert (settings.group_wait, settings.repeat_interval) == (timedelta(0), timedelta(days=365))


def test_names_that_look_alike_stay_apart_and_a_number_is_a_name(tmp_path: Path) -> None:
    names = ["ops", "OPS", "db team", "db/team", "db_team", 7, "v2", "größe", "/"]
    text = yaml.safe_dump({"route": {"receiver": 7}, "receivers": [{"name": name} for name in names]})
    result = imported_text(tmp_path, text)
    assert list(result.channels.values()) == [
        "ops", "ops-2", "db-team", "db-team-2", "db_team-3", "7", "v2-2", "gr--e", "c-",
    ]  # fmt: skip
    assert any(
        "receivers.OPS: becomes the channel ops-2, because ops is another name already" in n for n in result.notes
    )
    assert result.sections["route"]["channel"] == "7"


INTERVALS = """route:
  receiver: a
  routes:
    - {matchers: [a=b], mute_time_intervals: [plain, lost], active_time_intervals: [here, half]}
time_intervals:
  - {name: plain, time_intervals: [{times: [{start_time: 09:00, end_time: "17:00"}]}]}
  - {name: here, time_intervals: [{location: Local, weekdays: [sunday]}]}
  - {name: half, time_intervals: [{months: ["2"]}, {months: ["13"]}]}
  - {name: lost, time_intervals: [{times: []}]}
"""


def test_intervals_are_in_utc_and_what_is_lost_of_them_mutes_nothing(tmp_path: Path) -> None:
    sections, notes = lines_of(tmp_path, INTERVALS + RECEIVERS)
    (route,) = sections["route"]["routes"]
    assert (route["mute_time_intervals"], "active_time_intervals" in route) == (["plain"], False)
    assert sections["time_intervals"]["plain"][0]["location"] == "UTC"
    assert sections["time_intervals"]["here"] == [{"weekdays": ["sunday"]}]
    assert [note.split(", ")[0] for note in notes if not note.startswith("10")][:5] == [
        "4: route.routes.0.mute_time_intervals: not converted",
        "4: route.routes.0.active_time_intervals: not converted",
        "7: time_intervals.1.time_intervals.0.location: Local is the zone of Alertmanager's host; opos uses your `timezone` instead",
        "8: time_intervals.2.time_intervals.1.months.0: not converted",
        "9: time_intervals.3.time_intervals.0.times: not converted",
    ]


BROKEN = """route:
  receiver: a
  group_wait: soon
  routes:
    - {matchers: ['x']}
    - {match_re: {x: }}
    - {group_by: [x, x]}
    - {repeat_interval: 0s}
    - {match: {1a: x}}
    - {continue: maybe}
receivers: [{nam: a}]
"""


def test_all_errors_of_a_file_are_named_with_their_lines(tmp_path: Path) -> None:
    done = taken_over(tmp_path, BROKEN)
    assert done.exit_code == 2
    assert [line.partition("alertmanager.yml:")[2].partition(": expected")[0] for line in done.stderr.splitlines()] == [
        "3: route.group_wait", "5: route.routes.0.matchers.0", "6: route.routes.1.match_re.x", "7: route.routes.2",
        "8: route.routes.3.repeat_interval", "9: route.routes.4.match", "10: route.routes.5.continue", "11: receivers.0",
    ]  # fmt: skip


def test_all_contradictions_between_the_parts_are_named_with_their_lines(tmp_path: Path) -> None:
    text = "route:\n  receiver: c\n  matchers: [a=b]\n  routes: [{mute_time_intervals: [x]}]\n"
    done = taken_over(tmp_path, text + "receivers:\n- {name: a}\n- {name: a}\n")
    assert [line.partition("alertmanager.yml:")[2] for line in done.stderr.splitlines()] == [
        "1: route: expected the root route without matchers or time intervals, as it matches every alert; found some",
        "2: route.receiver: expected a declared name (a, a); found 'c'",
        "4: route.routes.0.mute_time_intervals.0: expected a declared name (); found 'x'",
        "7: receivers.1.name: expected each name once; found 'a' also on line 6",
    ]


def test_what_later_versions_add_is_named_and_an_inhibition_with_it_is_left_out(tmp_path: Path) -> None:
    text = "inhibit_rules: [{name: x, target_matchers: [a=b]}, {sources: [], target_matchers: [a=b]}]\nevent_recorder: {}\n"
    sections, notes = lines_of(tmp_path, "route: {receiver: a, labels: {x: y}}\n" + text + RECEIVERS)
    assert len(sections["inhibit_rules"]) == 1
    assert [note.partition(": not converted")[0] for note in notes if ": not converted, opos has" in note] == [
        "1: route.labels", "2: inhibit_rules.0.name", "2: inhibit_rules.1.sources", "3: event_recorder",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("integrations", "told"),
    [
        ("webhook_configs: [{}]", True), ("webhook_configs: [{send_resolved: false}]", False),
        ("slack_configs: [{}]", False), ("slack_configs: [{}, {send_resolved: true}]", True),
        ("email_configs: [{send_resolved: yes}]", True), ("email_configs: [{}], pagerduty_configs: [{}]", True),
    ],
)  # fmt: skip
def test_a_channel_hears_of_resolves_as_its_receiver_does(tmp_path: Path, integrations: str, *, told: bool) -> None:
    sections, _ = lines_of(tmp_path, f"route: {{receiver: a}}\nreceivers: [{{name: a, {integrations}}}]\n")
    assert sections["channels"]["a"].get("send_resolved", True) is told


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_files_become_a_configuration_that_verify_accepts(file: Path, tmp_path: Path) -> None:
    (tmp_path / "opos.yaml").write_text(whole_config(imported(file)))
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    assert verify(tmp_path / "opos.yaml", tmp_path / "flags.yaml", {}) == []


def test_without_amtool_a_check_says_so_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = taken_over(tmp_path, AM, "--check")
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "# check: amtool is not installed, so the decisions were not compared"


def test_a_check_needs_an_alertmanager_configuration(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("")
    done = CliRunner().invoke(main, ["import", str(tmp_path / "log.jsonl"), "--check"])
    assert (done.exit_code, "--check needs an Alertmanager configuration" in done.stderr) == (2, True)


@pytest.mark.slow
@settings(max_examples=60)
@given(DRAWN)
def test_any_valid_file_becomes_a_configuration_without_errors(content: Any) -> None:
    result = import_alertmanager(located(content))
    config = parse_config(whole_config(result))
    assert sorted(config.channels) == sorted(result.channels.values())
    assert len(result.channels) == len(content["receivers"])
