"""Several files change together: whatever interrupts the change, each is as before, or each is new."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.init.files import Change, NotWritten, apply, diff
from opos.terminal import files as terminal_files

OLD, NEW = b"old\n", b"new\n"


@pytest.fixture
def changes(tmp_path: Path) -> list[Change]:
    (tmp_path / "opos.yaml").write_bytes(OLD)
    (tmp_path / ".env").write_bytes(OLD)
    return [
        Change(tmp_path / "opos.yaml", OLD, NEW), Change(tmp_path / "flags.yaml", None, NEW),
        Change(tmp_path / ".env", OLD, NEW, mode=0o600),
    ]  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_all_files_are_new_and_no_draft_is_left(tmp_path: Path, changes: list[Change]) -> None:
    apply(changes)
    assert contents(tmp_path) == {"opos.yaml": NEW, "flags.yaml": NEW, ".env": NEW}
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


class Fault:
    """Raises *fault* at the call number *at* of a function, and passes the others on."""

    def __init__(self, function: Any, at: int, fault: BaseException) -> None:
        self.function, self.left, self.fault = function, at, fault

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise self.fault
        return self.function(*arguments, **named)


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("fault", [FULL, KeyboardInterrupt()], ids=["full disk", "Ctrl-C"])
def test_after_a_full_disk_or_an_interruption_every_file_is_as_before(
    tmp_path: Path, changes: list[Change], monkeypatch: pytest.MonkeyPatch, at: int, call: str, fault: BaseException
) -> None:
    if call == "fsync":
        monkeypatch.setattr(terminal_files.os, "fsync", Fault(os.fsync, at, fault))
    else:
        replace = Fault(Path.replace, at, fault)

        def counted(path: Path, target: Path) -> Path:  # a function becomes a method, an object does not
            renamed: Path = replace(path, target)
            return renamed

        monkeypatch.setattr(Path, "replace", counted)
    with pytest.raises(NotWritten if fault is FULL else KeyboardInterrupt) as raised:
        apply(changes)
    assert contents(tmp_path) == {"opos.yaml": OLD, ".env": OLD}
    if fault is FULL:
        assert "No space left on device. Nothing was changed." in str(raised.value)


@pytest.mark.parametrize("is_full", [False, True])
def test_a_folder_is_made_for_its_files_and_only_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_full: bool
) -> None:
    changes = [Change(tmp_path / "company" / name, None, NEW) for name in ("a", "b")]
    if is_full:
        monkeypatch.setattr(terminal_files.os, "fsync", Fault(os.fsync, 2, FULL))
        with pytest.raises(NotWritten):
            apply(changes)
        assert list(tmp_path.iterdir()) == []
    else:
        apply(changes)
        assert contents(tmp_path / "company") == {"a": NEW, "b": NEW}


def test_a_file_that_somebody_changes_meanwhile_is_not_overwritten(tmp_path: Path, changes: list[Change]) -> None:
    (tmp_path / ".env").write_bytes(b"theirs")
    with pytest.raises(NotWritten, match=r"\.env has changed in the meantime\. Nothing was changed\."):
        apply(changes)
    assert contents(tmp_path) == {"opos.yaml": OLD, ".env": b"theirs"}


@given(st.binary(), st.binary())
def test_a_diff_is_of_whole_lines_and_empty_for_equal_contents(before: bytes, after: bytes) -> None:
    lines = diff(Change(Path("f"), before, after))
    same = before.decode(errors="replace").splitlines() == after.decode(errors="replace").splitlines()
    assert (lines == []) == same
