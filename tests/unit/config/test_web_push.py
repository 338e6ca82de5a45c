"""A channel of Web Push in opos.yaml: one, with a key that is one, at an address where browsers subscribe."""

from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

from opos.cli import main
from opos.cloud.declared import secrets
from opos.init.questions import Answers
from opos.init.templates import config as init_config
from shared.config.files.faults import ConfigError
from shared.values.vapid import is_private_key
from shared.verification import verify, warnings
from tests.support.configuration import parse_config
from tests.support.push_service import KEY, PUBLIC

YAML = """
owner: me@example.com
sources: {}
channels: {phone: {webpush: VAPID_KEY}, desk: {console: true}}
route: {channel: phone}
digest: {channel: desk}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "opos.yaml").write_text(YAML)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    return tmp_path


def faults(folder: Path, key: str) -> list[str]:
    return [str(fault) for fault in verify(folder / "opos.yaml", folder / "flags.yaml", {"VAPID_KEY": key})]


def test_a_key_that_no_push_service_accepts_is_named_with_what_makes_one_and_not_shown(folder: Path) -> None:
    assert faults(folder, KEY) == []
    for key in ("hunter2!", PUBLIC, KEY[:-2]):
        (fault,) = faults(folder, key)
        assert "channels.phone.webpush: expected the secret VAPID_KEY to be a VAPID private key" in fault
        assert "`opos channels key` makes one" in fault
        assert key not in fault


def test_the_key_that_the_command_makes_is_accepted(folder: Path) -> None:
    with chdir(folder):
        made = CliRunner().invoke(main, ["channels", "key"])
    line = made.output.strip()
    assert line.startswith("export VAPID_KEY='")
    assert faults(folder, line.partition("'")[2].rstrip("'")) == []


def test_a_second_channel_of_web_push_is_rejected() -> None:
    with pytest.raises(ConfigError, match="at most one channel with webpush"):
        parse_config(YAML.replace("desk: {console: true}", "desk: {console: true}, other: {webpush: OTHER_KEY}"))


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("https://opos.example", ""), ("http://192.168.0.7:8080", "an https address, since browsers subscribe to phone"),
        ("http://opos.example", "an https address"), ("http://127.0.0.1:8080", "an address that your phone can open"),
    ],
)  # fmt: skip
def test_an_address_where_no_device_can_subscribe_is_warned_of(folder: Path, url: str, warned: str) -> None:
    shown = [str(line) for line in warnings(folder / "opos.yaml", {"VAPID_KEY": KEY}, url)]
    assert [warned in line for line in shown] == [True] * bool(warned)


def test_the_console_reads_the_key_because_devices_subscribe_to_it() -> None:
    read = secrets(parse_config(YAML))
    assert "VAPID_KEY" in read["console"]
    assert "VAPID_KEY" not in read["webhook_intake"]


def test_a_new_bundle_may_begin_with_web_push() -> None:
    answers = Answers("me@example.com", "UTC", (), "webpush", {}, "europe-west1")
    assert parse_config(init_config(answers)).channels["phone"].model_dump()["webpush"] == "VAPID_KEY"


def test_init_makes_the_key(tmp_path: Path) -> None:
    with chdir(tmp_path):
        arguments = ["init", "--yes", "--email", "me@example.com", "--senders", "", "--runs", "here"]
        done = CliRunner().invoke(main, [*arguments, "--timezone", "UTC", "--page", "webpush"])
    assert done.exit_code == 0, done.output
    written = dict(
        line.removeprefix("export ").split("=", 1)
        for line in (tmp_path / ".env").read_text().splitlines()
        if "=" in line
    )
    assert is_private_key(written["VAPID_KEY"].strip("'"))
