"""The lock files: the same versions in both, a hash for each, and no address to download from."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.project import ROOT


def pins(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_what_is_deployed_is_what_is_tested() -> None:
    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def test_every_package_has_its_hash_and_none_an_address() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")


@pytest.mark.parametrize(
    ("uv", "install"),
    [
        ("", ".venv/bin/python -m pip install -q --disable-pip-version-check"),
        ("/x/uv", "/x/uv pip install -q --python .venv/bin/python"),
    ],
)
def test_make_checks_the_hashes_whatever_installs(uv: str, install: str) -> None:
    command = ["make", "-n", "-B", f"UV={uv}", "install"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert f"{{ {install} --require-hashes -r requirements.txt; }}" in printed
    assert f"{{ {install} --no-deps -e .; }}" in printed


def test_a_step_of_make_that_fails_shows_why(tmp_path: Path) -> None:
    command = ["make", "-f", str(ROOT / "Makefile"), "PYTHON=false", "install"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode, "opos needs Python 3.11 or newer" in done.stdout) == (2, True)
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ncase "$1" in -m) echo "no ensurepip"; exit 1;; esac\n')
    python.chmod(0o755)
    done = subprocess.run(
        [*command[:3], f"PYTHON={python}", "install"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert re.search(r"Creating .venv +failed\nno ensurepip\nThis Python cannot create", done.stdout)
