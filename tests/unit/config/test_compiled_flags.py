"""Compiled flags: the same values as from the file, and a cold start that does not load pydantic."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from opos.commands.flags import command
from shared.config.files.compiled_flags import place, read
from shared.config.files.loader import load_config, load_flags
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from tests.support.bundle import CONFIG
from tests.support.project import ROOT

FLAGS = """
metadata: {team: shop}
flags:
  quarter: {enabled: true, rollout: 25, owner: me}
  other: {enabled: true, requires: [quarter], from: 2026-01-01, environments: {staging: {enabled: false}}}
  banner: {state: ENABLED, variants: {none: {}, sale: {text: é}}, defaultVariant: none,
    targeting: {if: [{sem_ver: [{var: version}, ">=", 2.1.0]}, sale]}, metadata: {owner: me}}
  asleep: {state: DISABLED, variants: {a: 1}}
"""
ACCESS = """
flags:
  origins: [https://shop.example]
  requests_per_minute: 60
  identity: [{issuer: shop, audience: shop, secret: FLAGS_KEY}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "opos.yaml").write_text(CONFIG + ACCESS)
    (tmp_path / "flags.yaml").write_text(FLAGS)
    return tmp_path


def runtime(folder: Path, **more: str) -> Runtime:
    files = {"OPOS_CONFIG": str(folder / "opos.yaml"), "OPOS_FLAGS": str(folder / "flags.yaml")}
    return Runtime(Settings.from_environment({**files, **more}))


def compile_(folder: Path, monkeypatch: pytest.MonkeyPatch, environment: str = "") -> None:
    monkeypatch.setenv("OPOS_ENVIRONMENT", environment)
    files = ["--config", str(folder / "opos.yaml"), "--flags", str(folder / "flags.yaml")]
    command(["compile", *files, "--json"], standalone_mode=False)


@pytest.mark.parametrize("environment", ["", "staging"])
def test_compiled_flags_have_the_values_of_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    compile_(folder, monkeypatch, environment)
    built = read(folder / "flags.yaml", folder / "opos.yaml", environment)
    assert built is not None
    checked = load_flags(folder / "flags.yaml", environment)
    assert built.flags.version == checked.version
    for n in range(200):
        context = {"targetingKey": f"u{n}", "version": f"{n % 4}.1.0"}
        ours, theirs = (flags.evaluate_all(context, 2_000_000_000) for flags in (built.flags, checked))
        assert [evaluation.ofrep for evaluation in ours.values()] == [
            evaluation.ofrep for evaluation in theirs.values()
        ]


def test_the_access_settings_are_compiled_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_(folder, monkeypatch)
    access, declared = runtime(folder).access, load_config(folder / "opos.yaml").flags
    assert access == declared.access()
    assert access.identity[0].secret == "FLAGS_KEY"


@pytest.mark.parametrize("changed", ["flags.yaml", "opos.yaml"])
def test_flags_compiled_from_other_files_are_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    compile_(folder, monkeypatch)
    (folder / changed).write_text((folder / changed).read_text() + "\n# changed\n")
    assert read(folder / "flags.yaml", folder / "opos.yaml", "") is None
    assert runtime(folder).access.origins == ("https://shop.example",)


def test_flags_compiled_for_another_environment_or_by_another_version_are_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_(folder, monkeypatch)
    assert read(folder / "flags.yaml", folder / "opos.yaml", "staging") is None
    monkeypatch.setattr("shared.process.facts.version", lambda: "0.0.1")
    assert read(folder / "flags.yaml", folder / "opos.yaml", "") is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"of": 1}', "null"])
def test_a_file_of_another_format_is_not_used(folder: Path, content: str) -> None:
    place(folder / "flags.yaml").write_text(content)
    assert read(folder / "flags.yaml", folder / "opos.yaml", "") is None


def test_invalid_flags_are_not_compiled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "flags.yaml").write_text("flags: {a: {enabled: maybe}}")
    with pytest.raises(SystemExit):
        compile_(folder, monkeypatch)
    assert not place(folder / "flags.yaml").exists()


ASKING = """
import json, sys
sys.path[:0] = %r
from functions_framework import create_app
client = create_app("flag_evaluator", "functions/flag_evaluator/main.py").test_client()
answers = [client.post("/ofrep/v1/evaluate/flags"), client.get("/flags?targetingKey=u1")]
slow = ["pydantic", "structlog", "yaml", "google.cloud.firestore_v1", "apprise", "jwt"]
print(json.dumps([[answer.status_code for answer in answers], [name for name in slow if name in sys.modules]]))
"""


def test_the_first_evaluation_after_a_cold_start_loads_neither_pydantic_nor_structlog(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "opos.yaml").write_text(CONFIG)
    compile_(folder, monkeypatch)
    files = {"OPOS_CONFIG": str(folder / "opos.yaml"), "OPOS_FLAGS": str(folder / "flags.yaml")}
    script = ASKING % ([str(ROOT)],)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT,
        env={**files, "OPOS_STORE": f"sqlite:///{folder}/opos.db", "PATH": "/usr/bin"},
    )  # fmt: skip
    statuses, slow = json.loads(done.stdout)
    assert (statuses, slow) == ([200, 200], [])
