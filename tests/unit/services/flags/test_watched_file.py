"""Flags follow their file; an invalid file changes nothing."""

import os
from pathlib import Path

import pytest
import structlog

from shared.config.files.faults import ConfigError
from shared.config.files.loader import load_flags
from shared.flags import FlagSet
from shared.services.flags import watched_file as watching
from shared.services.flags.watched_file import WatchedFlags

FIRST = "flags: {a: {enabled: true}}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "flags.yaml", FIRST)


@pytest.fixture
def watched(file: Path, monkeypatch: pytest.MonkeyPatch) -> WatchedFlags:
    monkeypatch.setattr(watching, "FRESH", -1.0)
    return WatchedFlags(file, lambda: load_flags(file))


def write(file: Path, text: str) -> Path:
    new = file.with_suffix(".new")
    new.write_text(text)
    return new.replace(file)


def is_on(watched: WatchedFlags, key: str = "a") -> bool:
    return bool(watched.current().evaluate(key, {}).value)


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


def test_a_read_that_failed_is_tried_again_although_the_file_has_not_changed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "FRESH", -1.0)
    faults = [OSError("too many open files"), OSError("too many open files")]

    def load() -> FlagSet:
        if file.read_text() != FIRST and faults:
            raise faults.pop()
        return load_flags(file)

    watched = WatchedFlags(file, load)
    write(file, "flags: {a: {enabled: false}}")
    with structlog.testing.capture_logs() as logs:
        assert [is_on(watched) for _ in range(3)] == [True, True, False]
    assert [entry["event"] for entry in logs] == ["flags_not_read_again", "flags_read_again"]
    assert watched.fault is None


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
