"""Flags follow their file; an invalid file changes nothing."""

import os
from pathlib import Path

import pytest
import structlog

from shared.config.files.faults import ConfigError
from shared.config.files.loader import load_flags
from shared.services.flags import watched_file as watching
from shared.services.flags.watched_file import WatchedFlags
from tests.support.fakes import FakeClock

NOW = FakeClock().now()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "flags.yaml", "flags: {a: {enabled: true}}")


@pytest.fixture
def watched(file: Path, monkeypatch: pytest.MonkeyPatch) -> WatchedFlags:
    monkeypatch.setattr(watching, "FRESH", -1.0)
    return WatchedFlags(file, lambda: load_flags(file))


def write(file: Path, text: str) -> Path:
    new = file.with_suffix(".new")
    new.write_text(text)
    return new.replace(file)


def is_on(watched: WatchedFlags, key: str = "a") -> bool:
    """The value after the check of the file that this evaluation starts."""
    watched.current(NOW)
    watched.looking.wait()
    value = watched.current(NOW).evaluate(key, {}).value
    watched.looking.wait()
    return bool(value)


def test_a_change_of_the_file_takes_effect_without_a_restart(watched: WatchedFlags, file: Path) -> None:
    assert is_on(watched)
    write(file, "flags: {a: {enabled: false}}")
    assert not is_on(watched)


def test_an_invalid_or_missing_file_leaves_the_flags_as_they_were_and_is_logged_once(
    watched: WatchedFlags, file: Path
) -> None:
    with structlog.testing.capture_logs() as logs:
        write(file, "flags: {a: {enabled: maybe}}")
        assert is_on(watched)
        assert is_on(watched)
        file.unlink()
        assert is_on(watched)
    assert [entry["event"] for entry in logs] == ["flags_not_read_again"] * 2
    assert "flags.yaml:1: flags.a.enabled" in logs[0]["fault"]
    write(file, "flags: {a: {enabled: false}}")
    assert not is_on(watched)


def test_a_file_that_has_not_changed_is_not_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "FRESH", -1.0)
    read = list[int]()
    watched = WatchedFlags(file, lambda: (read.append(1), load_flags(file))[1])
    for _ in range(5):
        is_on(watched)
    os.utime(file, (1, 1))
    is_on(watched)
    assert len(read) == 2


def test_a_file_that_is_invalid_at_the_start_is_an_error(file: Path) -> None:
    write(file, "flags: 5")
    with pytest.raises(ConfigError):
        WatchedFlags(file, lambda: load_flags(file))
