"""A folder of somebody else's: what lies beside its opos.yaml is read at most, and never run."""

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from opos.cli import main
from opos.history.git_blame import changed_at
from opos.terminal.options import Place
from shared.config.files import compiled_config
from shared.config.files.loader import load_config
from tests.support.bundle import CONFIG, FLAGS, SECRETS

RAN = "ran"
RUNS = f"from pathlib import Path; Path({RAN!r}).touch()"
"""What everything hostile does if it is run."""
DEPLOY = """
deploy:
  smoke: app
  targets: {staging: {project: my-company-staging}}
"""
COMMANDS = (
    "verify", "doctor", "alerts list", "silence list", "silence add team=a --for 1h", "focus list", "digest explain",
    "noise", "review", "flags list", "flags stale", "flags evaluate everyone", "flags compile", "route explain severity=info",
    "route what-if --config opos.yaml", "slo", "send github payload.json", "trace x", "replay x", "replay --since 7d --dry-run",
    "export --since 2026-11-01", "retry x", "secrets rotate GITHUB_SECRET", "deploy --target staging --dry-run", "rollback --target staging",
    "deployments --target staging", "console", "cost --events-per-day 9", "import opos.yaml",
)  # fmt: skip


class Exploit:
    def __reduce__(self) -> Any:
        return exec, (RUNS,)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With settings that would be read, and one file for each way in which a file may be run."""
    monkeypatch.chdir(tmp_path)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", str(tools(tmp_path / "bin")))
    Path("opos.yaml").write_text(CONFIG + DEPLOY)
    Path("flags.yaml").write_text(FLAGS)
    Path("payload.json").write_text("{}")
    Path(".env").write_text("LD_PRELOAD=./evil.so\nPYTHONPATH=.\nGIT_PAGER=./program\n")
    for name in ("opos.compiled.pickle", "opos.compiled.json", "flags.compiled.json"):
        Path(name).write_bytes(pickle.dumps(Exploit()))
    repository()
    return tmp_path


def tools(bin: Path) -> Path:
    """A folder of programs without gcloud: a deploy gets no further than the checkout."""
    bin.mkdir()
    for program in ("git", "sh", "touch", "cat"):
        (bin / program).symlink_to(str(shutil.which(program)))
    return bin


def repository() -> None:
    """A repository whose own settings name programs, as an unpacked archive may have it."""
    git("init", "-q")
    program = Path("program")
    program.write_text(f'#!/bin/sh\ntouch {Path(RAN).absolute()}\ncat "$1"\n')
    program.chmod(0o755)
    for setting in ("core.fsmonitor", "core.pager", "core.editor", "diff.evil.textconv", "diff.evil.command"):
        git("config", setting, str(program.absolute()))
    Path(".gitattributes").write_text("* diff=evil\n")
    git("add", "-A")
    git("-c", "user.email=me@example.com", "-c", "user.name=Me", "commit", "-qm", "x")
    hook = Path(".git/hooks/post-index-change")
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(program.read_bytes())
    hook.chmod(0o755)
    Path("payload.json").write_text("{ }")
    Path(RAN).unlink(missing_ok=True)


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True, capture_output=True)


@pytest.mark.slow
def test_no_command_runs_what_lies_beside_the_configuration(folder: Path) -> None:
    assert [command for command in COMMANDS if runs(command, folder)] == []


def runs(command: str, folder: Path) -> bool:
    CliRunner().invoke(main, command.split())
    ran = (folder / RAN).exists()
    (folder / RAN).unlink(missing_ok=True)
    return ran


def test_the_age_of_a_line_is_read_without_the_programs_of_the_repository(folder: Path) -> None:
    assert len(changed_at(folder / "opos.yaml")) == len((CONFIG + DEPLOY).splitlines())
    assert not (folder / RAN).exists()


@pytest.mark.slow
def test_a_module_in_the_folder_does_not_replace_one_of_ours(folder: Path) -> None:
    for module in ("yaml", "shared", "opos", "click", "sitecustomize", "json"):
        (folder / f"{module}.py").write_text(RUNS)
    script = Path(sys.executable).with_name("opos")
    done = subprocess.run(
        [script, "verify"], check=False, env={**SECRETS, "PATH": os.environ["PATH"]}, capture_output=True, text=True
    )
    assert done.returncode in {0, 1}, done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / RAN).exists()


@pytest.mark.parametrize(
    "part",
    [
        ["section", 0, "import_module", [], {}], ["section", 11, "Source", ["x"], {"x": "y"}], ["value", "Path", "ran"],
        ["section", -1, "__builtins__", [], {}], ["os.system", "touch ran"], ["section", 0, "Section", [], []], [],
    ],
)  # fmt: skip
def test_a_compiled_configuration_cannot_name_what_is_no_part_of_a_configuration(folder: Path, part: Any) -> None:
    file = Path("opos.yaml")
    content = json.loads(compiled_config.written(load_config(file), file))
    content["parts"]["sources"] = part
    compiled_config.place(file).write_text(json.dumps(content))
    config = compiled_config.read(file)
    with pytest.raises((TypeError, LookupError, AttributeError, ValueError)):
        _ = config.sources  # type: ignore[union-attr]
    assert not (folder / RAN).exists()


def test_the_file_of_the_emulators_sets_nothing_but_their_addresses(folder: Path) -> None:
    stated = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1", "LD_PRELOAD": "./evil.so", "PYTHONPATH": ".", "OPOS_STORE": "x"}
    (folder / "emulators.json").write_text(json.dumps(stated))
    place = Place(folder, folder / "opos.yaml", folder / "flags.yaml", "emulators")
    environment = place.environment()
    assert environment["FIRESTORE_EMULATOR_HOST"] == "127.0.0.1:1"
    assert environment["OPOS_STORE"] == "firestore"
    assert "LD_PRELOAD" not in environment
    assert environment.get("PYTHONPATH") == os.environ.get("PYTHONPATH")
