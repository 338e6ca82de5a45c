"""The compiled configuration: equal to the original, and loaded without the models."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.config.files.compiled_config import place, read, written
from shared.config.files.loader import load_config
from shared.config.model import Config
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from tests.support.project import ROOT

EVERYTHING = """
owner: me@example.com
operators: [you@example.com]
timezone: Europe/Berlin
public_url: https://opos.example
sources:
  github: {scheme: github, secrets: [GITHUB_SECRET, GITHUB_OLD]}
  shop: {scheme: standard-webhooks, secrets: [SHOP_SECRET], alert: {title: data.title, labels: {team: data.team}}}
channels: {desk: {console: true}, phone: {ntfy: PHONE_URL}, inbox: {email: SMTP_URL, to: me@example.com}}
route:
  channel: desk
  routes:
    - {matchers: ['team=~"a|b.*"'], channel: phone, escalation: hard, mute_time_intervals: [lunch]}
digest: {daily: {channel: inbox, cron: "0 8 * * *"}, soon: {channel: inbox, window: 5m, size: 5}}
review: {channel: inbox}
heartbeats: {backup: {every: 1d, secrets: [BACKUP_TOKEN]}}
checker: {ping: CHECKER_URL}
inhibit_rules: [{source_matchers: [alertname=Cause], target_matchers: [alertname=Effect]}]
time_intervals: {lunch: [{times: [{start_time: "12:00", end_time: "13:00"}], weekdays: ["monday:friday"]}]}
escalations: {hard: {levels: [{channel: phone, after: 5m}]}}
focus: {blocks: [{name: deep work, days: mon-fri, from: "09:00", to: "12:00"}], budget: {interruptions_per_day: 8}}
runbooks: {Cause: https://runbooks.example/cause}
route_tests: [{labels: {team: a}, path: page}]
flags: {origins: ["https://shop.example"], identity: [{issuer: shop, audience: shop, secret: FLAGS_KEY}]}
slos: {window: 7d}
rotate_by: {SHOP_SECRET: 2027-01-31}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "opos.yaml"
    file.write_text(EVERYTHING)
    place(file).write_bytes(written(load_config(file), file))
    return file


def test_every_section_is_as_the_file_says(file: Path) -> None:
    compiled, checked = read(file), load_config(file)
    assert compiled is not None
    assert not isinstance(compiled, Config)
    for name in Config.model_fields:
        assert getattr(compiled, name) == getattr(checked, name), name


def test_what_follows_from_the_sections_is_the_same(file: Path) -> None:
    compiled, checked = read(file), load_config(file)
    assert compiled is not None
    assert compiled.digests == checked.digests
    assert compiled.routes.spec == checked.routes.spec
    assert compiled.inhibition.rules == checked.inhibition.rules


def test_a_name_that_is_no_section_is_an_error(file: Path) -> None:
    with pytest.raises(AttributeError, match="sauces"):
        _ = read(file).sauces  # type: ignore[union-attr]


def test_a_process_uses_it(file: Path) -> None:
    runtime = Runtime(Settings.from_environment({"OPOS_CONFIG": str(file)}))
    assert not isinstance(runtime.config, Config)
    assert runtime.config.owner == "me@example.com"


def test_what_was_compiled_of_another_file_or_by_another_version_is_not_used(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.config.files.compiled_config.version", lambda: "0.0.1")
    assert read(file) is None
    monkeypatch.undo()
    file.write_text(EVERYTHING + "# changed\n")
    assert read(file) is None
    assert isinstance(Runtime(Settings.from_environment({"OPOS_CONFIG": str(file)})).config, Config)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b'"of"', b"\x80\x05}\x94.", b"[" * 100_000, b'{"of": 1, "parts": []}']
)
def test_a_file_that_is_something_else_is_not_used(file: Path, content: bytes) -> None:
    place(file).write_bytes(content)
    assert read(file) is None


ASKING = """
import json, sys
from pathlib import Path
from shared.config.files.compiled_config import read
found = read(Path(sys.argv[1]))
assert found.sources["shop"].secrets == ("SHOP_SECRET",)
print(json.dumps([name for name in sys.modules if name in sys.argv[2:]]))
"""


def test_who_asks_for_the_sources_loads_nothing_that_reads_or_checks_the_rest(file: Path) -> None:
    others = [
        "yaml",
        "shared.config.files.loader",
        "shared.config.model",
        "shared.alerting.routes",
        "shared.config.channels",
    ]
    done = subprocess.run(
        [sys.executable, "-c", ASKING, str(file), *others], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(done.stdout) == []
