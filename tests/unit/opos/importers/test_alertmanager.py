"""An alertmanager.yml becomes sections of opos.yaml, and what could not be carried is named."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from opos.cli import main
from tests.support.configuration import parse_config

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
