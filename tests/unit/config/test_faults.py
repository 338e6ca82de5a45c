"""Single configuration errors that test_loader does not cover, and secrets, which no error may show."""

from datetime import timedelta
from pathlib import Path

import pytest

from shared.config.files.faults import ConfigError, Fault, nearest
from shared.security.secrets import read_secret
from shared.values.durations import parse_duration
from shared.verification import verify
from tests.support.configuration import parse_config
from tests.unit.config.test_loader import GOOD, changed, faults_of

CHANNEL = "expected a channel: {console: true}, {ntfy: SECRET}, {slack: SECRET}, {apprise: SECRET}, {webpush: SECRET} or {email: SECRET, to: address}"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5m", timedelta(minutes=5)),
        ("2s", timedelta(seconds=2)),
        ("1h30m", timedelta(minutes=90)),
        ("250ms", timedelta(milliseconds=250)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_duration_is_written_with_its_units(written: str, read: timedelta) -> None:
    assert parse_duration(written) == read


@pytest.mark.parametrize(
    "written", ["0s", "-5m", "5", "5 m", "5s1m", "1.5h", "5M", "", "\u0665m", "9" * 5000 + "s", "9" * 20 + "d"]
)
def test_what_is_no_duration_is_a_fault(written: str) -> None:
    (fault,) = faults_of(changed("digest: {channel: desk}", f'digest: {{channel: desk, window: "{written}"}}'))
    assert fault.startswith("opos.yaml:7: digest.window: expected a duration such as 5m, 1h30m or 250ms; found ")


@pytest.mark.parametrize(
    "written", ["https://", "https:///x", "ftp://opos.example", "opos.example", "http://[", "http://a:99999", "5"]
)
def test_an_address_that_nobody_could_open_is_a_fault(written: str) -> None:
    (fault,) = faults_of(f'{GOOD}public_url: "{written}"\n')
    assert fault == f"opos.yaml:8: public_url: expected an address such as https://opos.example.com; found '{written}'"


@pytest.mark.parametrize("zone", ["Europe", "../../etc/passwd", "", "Mars/Olympus"])
def test_a_time_zone_that_is_none_is_a_fault(zone: str) -> None:
    (fault,) = faults_of(f'{GOOD}timezone: "{zone}"\n')
    assert fault == f"opos.yaml:8: timezone: expected an IANA time zone such as Europe/Berlin; found {zone!r}"


@pytest.mark.parametrize("expression", ["a[", "5", "(" * 3000, "[" * 3000])
@pytest.mark.parametrize(
    "place", ["type: {0}", "delivery: {{body: {0}}}", "alert: {{title: {0}}}", "event: {{title: t, amount: {0}}}"]
)
def test_an_expression_that_does_not_compile_is_a_fault(place: str, expression: str) -> None:
    value = place.format(f'"{expression}"' if expression != "5" else expression)
    (fault,) = faults_of(changed("secrets: [GITHUB_SECRET]", f"secrets: [S], {value}"))
    assert "expected a JMESPath expression; found " in fault


SINGLE_FAULTS = {
    "hmac declared for another scheme": (
        changed("scheme: github", "scheme: github, hmac: {header: X-Sig}"),
        "opos.yaml:3: sources.github: expected the key 'hmac' with scheme hmac, and with no other scheme; found a mapping",
    ),
    "a delivery named nowhere": (
        changed("secrets: [GITHUB_SECRET]", "secrets: [S], delivery: {}"),
        "opos.yaml:3: sources.github.delivery: expected exactly one of header, body, hash; found an empty mapping",
    ),
    "a channel of two kinds": (
        changed("{console: true}", "{console: true, apprise: PHONE_URL}"),
        f"opos.yaml:5: channels.desk: {CHANNEL}; found a mapping",
    ),
    "a channel of nothing": (changed("{console: true}", ""), f"opos.yaml:5: channels.desk: {CHANNEL}; found nothing"),
    "a console switched off": (
        changed("{console: true}", "{console: off}"),
        "opos.yaml:5: channels.desk.console: expected true; found 'off'",
    ),
    "an undeclared channel of the digest": (
        changed("digest: {channel: desk}", "digest: {channel: dusk}"),
        "opos.yaml:7: digest.channel: expected a declared channel (desk); found 'dusk' (did you mean 'desk'?)",
    ),
    "a size in quotes": (
        changed("digest: {channel: desk}", 'digest: {channel: desk, size: "5"}'),
        "opos.yaml:7: digest.size: expected a whole number; found '5'",
    ),
    "a size that is a bool": (
        changed("digest: {channel: desk}", "digest: {channel: desk, size: true}"),
        "opos.yaml:7: digest.size: expected a whole number; found true",
    ),
    "an owner left empty": (changed("me@example.com", ""), "opos.yaml:1: owner: expected text; found nothing"),
    "a reserved heartbeat name": (
        f"{GOOD}heartbeats: {{v2: {{}}}}\n",
        "opos.yaml:8: heartbeats.v2: expected a name other than v2 and ping, which are reserved; found 'v2'",
    ),
    "the name of a secret outside of a list": (
        changed("[GITHUB_SECRET]", "GITHUB_SECRET"),
        "opos.yaml:3: sources.github.secrets: expected a list; found 'GITHUB_SECRET'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLE_FAULTS)
def test_a_single_fault_is_named_where_it_stands(name: str) -> None:
    text, expected = SINGLE_FAULTS[name]
    assert faults_of(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        changed("[GITHUB_SECRET]", "[whsec_hunter2]"),
        changed("[GITHUB_SECRET]", "whsec_hunter2"),
        changed("[GITHUB_SECRET]", "[[whsec_hunter2]]"),
        changed("[GITHUB_SECRET]", "{whsec_hunter2: 1}"),
        changed("secrets: [GITHUB_SECRET]", "secret: whsec_hunter2"),
        changed("{console: true}", '{apprise: "ntfy://hunter2@host"}'),
        changed("{console: true}", '{email: "smtp://u:hunter2@host", to: a@example.com}'),
        changed("{console: true}", '"ntfy://hunter2@host"'),
        changed("{console: true}", "{telegram: hunter2}"),
        f"{GOOD}heartbeats: {{backup: {{secrets: hunter2}}}}\n",
        f"{GOOD}heartbeats: {{backup: {{secrets: [hunter2]}}}}\n",
    ],
)
def test_what_may_be_a_secret_is_never_shown(text: str) -> None:
    faults = faults_of(text)
    assert faults
    assert "hunter2" not in "\n".join(faults)


def test_many_faults_are_reported_at_once_each_on_its_line() -> None:
    text = """\
owner: me@example.com
timezone: Europe/Berln
public_url: opos.example.com
sources:
  github: {scheme: gihub, secrets: [GITHUB_SECRET]}
  Shop:
    scheme: hmac
    secrets: [lower_case]
  app:
    scheme: bearer
    secrets: [APP_TOKEN]
    delivery:
      header: X-Id
      hash: body
    alert:
      title: "data.["
      titel: x
    tolerance: 5
heartbeats:
  ping: {}
channels:
  desk:
    consol: true
  inbox: {email: SMTP_URL}
route: {channel: dsk}
digest:
  channel: inbx
  window: 5
  size: 500
colour: red
"""
    places = [(int(fault.split(":")[1]), fault.split(": ")[1]) for fault in faults_of(text)]
    assert places == [
        (2, "timezone"),
        (3, "public_url"),
        (5, "sources.github.scheme"),
        (6, "sources.Shop"),
        (8, "sources.Shop.secrets.0"),
        (12, "sources.app.delivery"),
        (16, "sources.app.alert.title"),
        (17, "sources.app.alert.titel"),
        (18, "sources.app.tolerance"),
        (20, "heartbeats.ping"),
        (22, "channels.desk"),
        (24, "channels.inbox"),
        (25, "route.channel"),
        (27, "digest.channel"),
        (28, "digest.window"),
        (29, "digest.size"),
        (30, "colour"),
    ]


def test_secrets_are_missed_even_where_the_file_has_other_faults(tmp_path: Path) -> None:
    (tmp_path / "opos.yaml").write_text(changed("route: {channel: desk}", "route: {chanel: desk}"))
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    faults = verify(tmp_path / "opos.yaml", tmp_path / "flags.yaml", {})
    assert [(fault.line, fault.path) for fault in faults] == [
        (3, "sources.github.secrets.0"),
        (6, "route"),
        (6, "route.chanel"),
    ]


def test_verify_answers_for_files_that_cannot_be_read_at_all(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("sources: [1]\nchannels: 5\n")
    assert {fault.file for fault in verify(tmp_path / "gone", tmp_path / "gone too", {})} == {
        str(tmp_path / "gone"),
        str(tmp_path / "gone too"),
    }
    assert verify(tmp_path / "list.yaml", tmp_path / "gone", {})


def test_a_secret_is_the_variable_or_the_text_of_the_file_it_names(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"hunter2\n\n")
    (tmp_path / "latin").write_bytes(b"\xff")
    of_file = {"A_FILE": str(tmp_path / "secret")}
    assert read_secret("A", {"A": "x", **of_file}) == "x"
    assert read_secret("A", of_file) == "hunter2\n"
    for path in ("gone", "latin", "."):
        assert read_secret("A", {"A_FILE": str(tmp_path / path)}) is None
    assert read_secret("A", {"A": ""}) is None


def test_a_fault_reads_as_one_line() -> None:
    fault = Fault(
        "opos.yaml", 12, "sources.github.scheme", "one of github, stripe", "'gihub'", nearest("gihub", ["github"])
    )
    assert str(fault) == (
        "opos.yaml:12: sources.github.scheme: expected one of github, stripe; found 'gihub' (did you mean 'github'?)"
    )


def test_the_error_lists_every_fault_under_its_own_code() -> None:
    with pytest.raises(ConfigError) as error:
        parse_config("owner: 3\n")
    assert error.value.code == "bad_config"
    assert str(error.value) == "\n".join(str(fault) for fault in error.value.faults)


SEVERAL = 'digest: {now: {channel: desk}, morning: {channel: desk, cron: "30 8 * * 1-5"}}'


def test_several_digests_are_named_and_the_first_takes_what_no_route_sends_elsewhere() -> None:
    config = parse_config(changed("digest: {channel: desk}", SEVERAL))
    assert list(config.digests) == ["now", "morning"]
    assert (config.digests["now"].size, config.digests["morning"].size) == (5, None)
    assert config.routes.settings.digest == "now"


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("{channel: desk, window: 1h, cron: '0 8 * * *'}", "digest: expected either window or cron; found a mapping"),
        ("{channel: desk, size: 5}", "digest: expected window or cron in addition to size, so that the last items do not wait forever; found a mapping"),
        ("{channel: desk, cron: daily}", "digest.cron: expected a cron line such as 0 3 * * *; found 'daily'"),
        ("{now: {channel: dsk}}", "digest.now.channel: expected a declared channel (desk); found 'dsk' (did you mean 'desk'?)"),
        ("{now: {chanel: desk}}", "digest.now.chanel: expected one of channel, window, cron, timezone, size, messages_per_minute; found the key 'chanel' (did you mean 'channel'?)"),
        ("{now: {channel: desk, window: soon}}", "digest.now.window: expected a duration such as 5m, 1h30m or 250ms; found 'soon'"),
        ("{now: {channel: desk}, later: 5}", "digest.later: expected a mapping of keys to values; found 5"),
        ("{Now: {channel: desk}}", "digest.Now: expected a name of lower-case letters, digits, - and _; found 'Now'"),
        ("{window: 5m}", "digest: expected the key 'channel'; found none"),
        ("{}", "digest: expected the key 'channel'; found none"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_digest_is_named(section: str, fault: str) -> None:
    assert fault in "\n".join(faults_of(changed("digest: {channel: desk}", f"digest: {section}")))


def test_a_route_can_only_name_a_digest_that_is_declared() -> None:
    text = changed("digest: {channel: desk}", SEVERAL)
    faults = faults_of(text.replace("route: {", "route: {digest: mornin, "))
    assert [fault.partition(": ")[2] for fault in faults] == [
        "route.digest: expected a declared digest (now, morning); found 'mornin' (did you mean 'morning'?)"
    ]


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ("review: {channel: dsk}", "review.channel: expected a declared channel (desk); found 'dsk' (did you mean 'desk'?)"),
        ("review: {channel: desk, cron: weekly}", "review.cron: expected a cron line such as 0 3 * * *; found 'weekly'"),
        ("rotate_by: {GITHUB_SECRET: soon}", "rotate_by.GITHUB_SECRET: expected a day such as 2027-01-31; found 'soon'"),
        ("rotate_by: {github: 2027-01-31}", "expected the NAME of a secret"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_review_is_named(section: str, fault: str) -> None:
    assert fault in "\n".join(faults_of(f"{GOOD}{section}\n"))


def test_the_review_is_on_monday_at_eight_unless_it_says_otherwise() -> None:
    config = parse_config(f"{GOOD}review: {{channel: desk}}\nrotate_by: {{GITHUB_SECRET: 2027-01-31}}\n")
    assert config.review is not None
    assert config.review.cron == "0 8 * * mon"
    assert config.rotate_by["GITHUB_SECRET"].isoformat() == "2027-01-31"
