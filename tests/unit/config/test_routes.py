"""The alerting sections of opos.yaml: valid ones, all their errors, and the operator's route tests."""

from pathlib import Path

import pytest

from shared.config.files.faults import ConfigError
from shared.config.files.route_tests import outcome
from shared.config.model import RouteTest
from shared.verification import verify
from tests.support.configuration import parse_config

REST = "owner: me@x.org\ntimezone: Europe/Berlin\nsources: {}\nchannels: {desk: {console: true}, phone: {console: true}}\ndigest: {channel: desk}\n"
GOOD = """route:
  channel: desk
  group_by: [source, alertname]
  escalation: me
  routes:
    - matchers: ['severity=~"warning|info"', team!=db]
      channel: phone
      interrupt_from: warning
      auto_pause: 5m
      mute_time_intervals: [night]
    - {matchers: [alertname=Watchdog], interrupt_from: never, continue: true}
inhibit_rules: [{source_matchers: [alertname=Down], target_matchers: [alertname=Slow], equal: [host]}]
time_intervals:
  night: [{times: [{start_time: "22:00", end_time: "06:00"}], weekdays: ["monday:friday", sunday]}]
escalations: {me: {levels: [{channel: phone, after: 5m}], repeats: 3}}
focus: {blocks: [{name: deep work, days: mon-fri, from: "09:00", to: "12:00"}], budget: {interruptions_per_day: 8}}
heartbeats: {backup: {every: 1d, grace: 1h}, report: {cron: "0 3 * * *"}}
runbooks: {DiskFull: docs/runbooks/disk.md, Slow: "https://wiki.example/slow"}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(REST + text)
    return [str(fault).removeprefix("opos.yaml:") for fault in caught.value.faults]


def test_a_whole_configuration_of_alerting_is_accepted() -> None:
    config = parse_config(REST + GOOD)
    assert [child.settings.escalation for child in config.routes.children] == ["me", "me"]
    assert config.routes.children[0].settings.group_by == ("source", "alertname")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("route: {channel: desk, routes: [{channel: phon}]}", "6: route.routes.0.channel: expected a declared channel (desk, phone); found 'phon' (did you mean 'phone'?)"),
        ("route: {channel: desk, escalation: you}", "6: route.escalation: expected a declared escalation (none is declared); found 'you'"),
        ("route: {channel: desk, routes: [{mute_time_intervals: [nigth]}]}", "6: route.routes.0.mute_time_intervals.0: expected a declared time interval (none is declared); found 'nigth'"),
        ("route: {channel: desk, matchers: [a=b]}", "6: route: expected the root route without matchers, continue or time intervals, as it matches every alert; found a mapping"),
        ("route: {channel: desk, routes: [{matchers: [disk]}]}", "6: route.routes.0.matchers: expected a matcher such as severity=\"critical\" or alertname=~\"Disk.*\", not 'disk'; found a list of 1"),
        ("route: {channel: desk, routes: [{auto_pause: 20m}]}", "6: route.routes.0.auto_pause: expected a pause of 2m to 15m; found '20m'"),
        ("route: {channel: desk, group_by: [a, a]}", "6: route: expected group_by to list each label only once; found a mapping"),
        ("route: {channel: desk, group_by: ['...', a]}", "6: route: expected '...' to be the only entry of group_by, because it means all labels; found a mapping"),
        ("route: {channel: desk}\nheartbeats: {a: {every: 1d, cron: '* * * * *'}}", "7: heartbeats.a: expected either every or cron; found a mapping"),
        ("route: {channel: desk}\nheartbeats: {a: {backup: true}}", "7: heartbeats.a: expected every or cron, so that a missed backup is noticed; found a mapping"),
        ("route: {channel: desk}\nheartbeats: {a: {every: 1d, backup: true, secrets: [A]}}", "7: heartbeats.a: expected no secrets, since only `opos backup` pings it; found a mapping"),
        ("route: {channel: desk}\nheartbeats: {a: {cron: 'at noon'}}", "7: heartbeats.a.cron: expected a cron line such as 0 3 * * *; found 'at noon'"),
        ("route: {channel: desk}\nescalations: {me: {levels: [{channel: call}]}}", "7: escalations.me.levels.0.channel: expected a declared channel (desk, phone); found 'call'"),
        ("route: {channel: desk}\nfocus: {blocks: [{name: a, from: 9, to: noon}]}", "7: focus.blocks.0.to: expected a time such as 08:30, or 24:00; found 'noon'"),
    ],
)  # fmt: skip
def test_a_single_fault_is_named_where_it_stands(text: str, fault: str) -> None:
    assert faults(text) == [fault]


@pytest.mark.parametrize("pattern", ["(?=a)b", "(a)\\1", "a**", "[", "(?<!x)y", "a{2000}"])
def test_a_regular_expression_that_could_run_for_ever_or_is_none_is_refused(pattern: str) -> None:
    quoted = f"a=~{pattern}".replace("'", "''")
    (fault,) = faults(f"route: {{channel: desk, routes: [{{matchers: ['{quoted}']}}]}}")
    assert "expected a regular expression that RE2 can run" in fault


def test_every_fault_is_reported_at_once() -> None:
    text = "route: {channel: dsk, escalation: you, routes: [{channel: phon, group_wait: soon}]}"
    assert len(faults(text)) == 4


TESTS = """route_tests:
  - name: a full disk pages
    labels: {alertname: DiskFull, severity: critical}
    path: page
    channels: [desk]
  - name: nobody is woken by a warning
    labels: {alertname: Slow, severity: warning}
    at: 2026-11-20T23:00
    path: hold
    because: paused until
  - name: wrong on purpose
    labels: {alertname: Watchdog}
    path: page
"""


def test_the_operators_tests_run_with_verify_and_say_what_came_instead(tmp_path: Path) -> None:
    (tmp_path / "opos.yaml").write_text(REST + GOOD + TESTS)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    (tmp_path / "docs/runbooks").mkdir(parents=True)
    (tmp_path / "docs/runbooks/disk.md").write_text("# A full disk\n")
    (fault,) = verify(tmp_path / "opos.yaml", tmp_path / "flags.yaml", {})
    assert str(fault).removeprefix(f"{tmp_path}/opos.yaml:") == (
        "36: route_tests.wrong on purpose.path: expected page; found digest"
        ' (matched route.1 (alertname="Watchdog"): critical, its route never interrupts)'
    )


@pytest.mark.parametrize(
    ("labels", "path"),
    [({"severity": "P1"}, "page"), ({"severity": "Warn"}, "digest"), ({"source": "app", "severity": "P1"}, "digest")],
)
def test_a_route_test_reads_a_severity_as_a_webhook_is_read(labels: dict[str, str], path: str) -> None:
    source = "{app: {scheme: bearer, secrets: [APP], severity_values: {p1: warning}}}"
    config = parse_config(REST.replace("sources: {}", f"sources: {source}") + "route: {channel: desk}\n")
    assert outcome(RouteTest(labels=labels), config).verdict.path == path


def test_a_runbook_that_is_no_address_must_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "opos.yaml").write_text(REST + GOOD)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    (fault,) = verify(tmp_path / "opos.yaml", tmp_path / "flags.yaml", {})
    assert str(fault).removeprefix(f"{tmp_path}/opos.yaml:") == (
        "23: runbooks.DiskFull: expected a web address, or a file in the folder of opos.yaml; found 'docs/runbooks/disk.md'"
    )


def test_the_secrets_of_channels_and_of_the_checker_must_be_set(tmp_path: Path) -> None:
    more = "checker: {ping: CHECKER_URL}\nroute: {channel: push}\n"
    channels = "channels: {desk: {console: true}, push: {ntfy: PUSH_URL}, chat: {slack: CHAT_URL}}"
    (tmp_path / "opos.yaml").write_text(
        REST.replace("channels: {desk: {console: true}, phone: {console: true}}", channels) + more
    )
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    paths = [fault.path for fault in verify(tmp_path / "opos.yaml", tmp_path / "flags.yaml", {"CHAT_URL": "https://x"})]
    assert paths == ["channels.push.ntfy", "checker.ping"]
