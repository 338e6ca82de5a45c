"""What is known of the checkout that is deployed."""

import subprocess
from pathlib import Path

import pytest

from opos.deploy.source import NoRepository, source, stamp, who


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "opos.yaml").write_text("owner: me@example.com\n")
    (tmp_path / ".gitignore").write_text(".cache/\n")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "-c", "user.email=ann@example.com", "-c", "user.name=Ann", "commit", "-q", "-m", "x")


def test_a_commit_is_tested_once_its_tests_have_passed(checkout: Path) -> None:
    assert source(checkout).tested is False
    stamp(checkout)
    state = source(checkout)
    assert (state.commit, state.changed, state.tested) == (git(checkout, "rev-parse", "HEAD"), (), True)


def test_what_differs_from_the_commit_is_named_and_was_not_tested(checkout: Path) -> None:
    stamp(checkout)
    (checkout / "opos.yaml").write_text("owner: you@example.com\n")
    (checkout / "new.py").write_text("")
    state = source(checkout)
    assert (set(state.changed), state.tested) == ({"opos.yaml", "new.py"}, False)
    stamp(checkout)
    commit(checkout)
    assert source(checkout).tested is False


def test_the_next_commit_has_yet_to_be_tested(checkout: Path) -> None:
    stamp(checkout)
    (checkout / "opos.yaml").write_text("owner: you@example.com\n")
    commit(checkout)
    assert source(checkout).tested is False


def test_outside_of_a_repository_it_says_where_to_deploy_from(tmp_path: Path) -> None:
    with pytest.raises(NoRepository) as fault:
        source(tmp_path)
    assert "clone of your repository" in str(fault.value.hint)


def test_who_deploys_is_said_by_the_build_or_by_git(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(checkout, "config", "user.email", "ann@example.com")
    assert who(checkout) == "ann@example.com"
    monkeypatch.setenv("OPOS_BY", "Cloud Build 7")
    assert who(checkout) == "Cloud Build 7"
