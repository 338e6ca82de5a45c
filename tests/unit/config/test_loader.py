"""Configuration errors: all reported together, each with file, line, what was expected and what was found."""

from pathlib import Path

import pytest

from shared.config.files.faults import ConfigError
from shared.config.files.loader import load_config, load_flags, parse_flags
from shared.verification import verify
from tests.support.configuration import parse_config
from tests.support.project import ROOT

GOOD = """\
owner: me@example.com
sources:
  github: {scheme: github, secrets: [GITHUB_SECRET]}
channels:
  desk: {console: true}
route: {channel: desk}
digest: {channel: desk}
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        parse_config(text)
    return [str(fault) for fault in error.value.faults]


def changed(line: str, into: str) -> str:
    assert line in GOOD
    return GOOD.replace(line, into)


def test_the_files_of_the_project_and_of_the_demo_are_good() -> None:
    for folder in (ROOT, ROOT / "opos/demo"):
        assert load_config(folder / "opos.yaml").sources
        assert load_flags(folder / "flags.yaml").definitions


SINGLE_FAULTS = {
    "unknown key": (
        changed("route: {channel: desk}", "route: {channel: desk, chanel: desk}"),
        "opos.yaml:6: route.chanel: expected one of matchers, continue, channel, group_by, group_wait, group_interval, repeat_interval, interrupt_from, auto_pause, ack_timeout, escalation, digest, send_resolved, failure_threshold, success_threshold, mute_time_intervals, active_time_intervals, routes, pages_per_minute; found the key 'chanel' (did you mean 'channel'?)",
    ),
    "missing key": (
        changed("owner: me@example.com\n", ""),
        "opos.yaml:1: expected the key 'owner'; found none",
    ),
    "unknown scheme": (
        changed("scheme: github", "scheme: gihub"),
        "opos.yaml:3: sources.github.scheme: expected one of github, stripe, standard-webhooks, slack, sentry, pagerduty,"
        " pagerduty-events, shopify, linear, bearer, basic, hmac; found 'gihub' (did you mean 'github'?)",
    ),
    "a secret in the file": (
        changed("[GITHUB_SECRET]", "[ghs_abcdef]"),
        "opos.yaml:3: sources.github.secrets.0: expected the NAME of a secret, such as GITHUB_WEBHOOK_SECRET;"
        " found something else (put its name here and its value in the environment)",
    ),
    "no secret": (
        changed("[GITHUB_SECRET]", "[]"),
        "opos.yaml:3: sources.github.secrets: expected at least one entry; found a list of 0",
    ),
    "a source name that is no address": (
        changed("  github:", "  Git Hub:"),
        "opos.yaml:3: sources.Git Hub: expected a name of lower-case letters, digits, - and _; found 'Git Hub'",
    ),
    "a reserved source name": (
        changed("  github:", "  ping:"),
        "opos.yaml:3: sources.ping: expected a name other than v2 and ping, which are reserved; found 'ping'",
    ),
    "undeclared channel": (
        changed("route: {channel: desk}", "route: {channel: dsk}"),
        "opos.yaml:6: route.channel: expected a declared channel (desk); found 'dsk' (did you mean 'desk'?)",
    ),
    "a channel of no kind": (
        changed("{console: true}", "{consol: true}"),
        "opos.yaml:5: channels.desk: expected a channel: {console: true}, {ntfy: SECRET}, {slack: SECRET}, {apprise: SECRET}"
        ", {webpush: SECRET} or {email: SECRET, to: address}; found a mapping",
    ),
    "an incomplete channel": (
        changed("{console: true}", "{email: SMTP_URL}"),
        "opos.yaml:5: channels.desk: expected the key 'to'; found none",
    ),
    "a duration without a unit": (
        changed("digest: {channel: desk}", "digest: {channel: desk, window: 5}"),
        "opos.yaml:7: digest.window: expected a duration such as 5m, 1h30m or 250ms; found 5",
    ),
    "an unknown time zone": (
        GOOD + "timezone: Europe/Berln\n",
        "opos.yaml:8: timezone: expected an IANA time zone such as Europe/Berlin; found 'Europe/Berln'",
    ),
    "a broken expression": (
        changed("secrets: [GITHUB_SECRET]", "secrets: [S], alert: {title: 'a['}"),
        "opos.yaml:3: sources.github.alert.title: expected a JMESPath expression; found 'a['",
    ),
    "hmac without its declaration": (
        changed("scheme: github", "scheme: hmac"),
        "opos.yaml:3: sources.github: expected the key 'hmac' with scheme hmac, and with no other scheme; found a mapping",
    ),
    "a delivery named twice": (
        changed("secrets: [GITHUB_SECRET]", "secrets: [S], delivery: {header: X-Id, hash: body}"),
        "opos.yaml:3: sources.github.delivery: expected exactly one of header, body, hash; found a mapping",
    ),
    "a key twice": (GOOD + "owner: you@example.com\n", "opos.yaml:8: owner: expected each key once; found it also on line 1"),
    "broken YAML": ("owner: [1, 2\nroute: x", "opos.yaml:2: expected valid YAML; found expected ',' or ']', but got ':'"),
    "a tab": ("owner:\n\tme", "opos.yaml:2: expected valid YAML; found character '\\t' that cannot start any token"),
    "an empty file": ("", "opos.yaml:1: expected a mapping of keys to values; found an empty file"),
    "a list": ("- a\n- b\n", "opos.yaml:1: expected a mapping of keys to values; found something else"),
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLE_FAULTS)
def test_a_single_fault_is_named_where_it_stands(name: str) -> None:
    text, expected = SINGLE_FAULTS[name]
    assert faults_of(text) == [expected]


def test_every_fault_is_reported_at_once_in_the_order_of_the_file() -> None:
    text = (
        GOOD.replace("me@example.com", "3").replace("github,", "gihub,").replace("console", "cosole")
        .replace("route: {channel: desk}", "route: {channel: dsk}") + "zone: x\n"
    )  # fmt: skip
    assert [fault.split(":")[1] for fault in faults_of(text)] == ["1", "3", "5", "6", "8"]


def test_a_file_of_aliases_that_multiply_is_refused() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    (fault,) = faults_of(bomb)
    assert "expected at most" in fault


def test_a_file_that_is_not_there_or_not_utf8_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml:1: expected a readable file; found No such file"):
        load_config(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"owner: me\nname: \xe9\n")
    with pytest.raises(ConfigError, match=r"latin\.yaml:2: expected UTF-8 text; found the byte 0xe9"):
        load_config(tmp_path / "latin.yaml")


FLAG_FAULTS = {
    "flags: {a: {enabled: on}}": "flags.yaml:1: flags.a.enabled: expected true or false; found 'on'",
    "flags: {a: {enabled: yes}}": "flags.yaml:1: flags.a.enabled: expected true or false; found 'yes'",
    "flags: {a: {enabled: true, rollout: 101}}": (
        "flags.yaml:1: flags.a.rollout: expected less than or equal to 100; found 101"
    ),
    "flags: {a: {enabled: true, rolout: 5}}": (
        "flags.yaml:1: flags.a.rolout: expected one of enabled, rollout, steps, from, until, requires, requires_auth, environments, description, owner, expires, state, variants, defaultVariant, targeting, metadata;"
        " found the key 'rolout' (did you mean 'rollout'?)"
    ),
    "flags: {a: {rollout: 5}}": "flags.yaml:1: flags.a: expected the key 'enabled'; found none",
    "flags:\n  on: {enabled: true}\n  true: {enabled: true}": (
        'flags.yaml:3: flags.true: expected a key that is text; found true (write "true")'
    ),
}


@pytest.mark.parametrize("text", FLAG_FAULTS)
def test_a_fault_in_flags_is_named_where_it_stands(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_flags(text)
    assert [str(fault) for fault in error.value.faults] == [FLAG_FAULTS[text]]


def test_verify_reports_both_files_and_every_missing_secret_at_once(tmp_path: Path) -> None:
    (tmp_path / "opos.yaml").write_text(GOOD.replace("{console: true}", "{apprise: PHONE_URL}"))
    (tmp_path / "flags.yaml").write_text("flags: {a: {enabled: on}}\n")
    (tmp_path / "empty").write_text("\n")
    environment = {"PHONE_URL_FILE": str(tmp_path / "empty")}
    faults = [str(fault) for fault in verify(tmp_path / "opos.yaml", tmp_path / "flags.yaml", environment)]
    assert [fault.partition(": ")[0].rpartition("/")[2] for fault in faults] == [
        "opos.yaml:3",
        "opos.yaml:5",
        "flags.yaml:1",
    ]
    assert "the secret GITHUB_SECRET to be set; found no value" in faults[0]
    assert "no text in the file that PHONE_URL_FILE names" in faults[1]


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"GITHUB_SECRET": "hunter2\r"}, "set GITHUB_SECRET again"),
        ({}, "set the file that GITHUB_SECRET_FILE names again"),
    ],
)
def test_verify_refuses_a_secret_that_ends_in_whitespace_and_does_not_show_it(
    environment: dict[str, str], place: str, tmp_path: Path
) -> None:
    (tmp_path / "opos.yaml").write_text(GOOD)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    (tmp_path / "secret").write_text("hunter2\n\n")
    from_file = {"GITHUB_SECRET_FILE": str(tmp_path / "secret")}
    (fault,) = verify(tmp_path / "opos.yaml", tmp_path / "flags.yaml", environment or from_file)
    assert "expected the secret GITHUB_SECRET without whitespace or quotes around it; found one that ends in" in str(
        fault
    )
    assert place in str(fault)
    assert "hunter2" not in str(fault)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "opos.yaml").write_text(GOOD)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    (tmp_path / "secret").write_text("hunter2\n")
    assert (
        verify(tmp_path / "opos.yaml", tmp_path / "flags.yaml", {"GITHUB_SECRET_FILE": str(tmp_path / "secret")}) == []
    )
