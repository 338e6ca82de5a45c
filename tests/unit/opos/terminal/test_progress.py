"""Progress: on a terminal only, after a second only, and nothing of it stays."""

import io
import sys
import threading

import pytest

from opos.terminal import progress as module
from opos.terminal.progress import followed, progress


class Terminal(io.StringIO):
    drawn: threading.Event

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.drawn.set()
        return super().write(text)


def on_terminal(monkeypatch: pytest.MonkeyPatch, *, patience: float) -> Terminal:
    """Called in the test itself: pytest replaces stderr again after the fixtures."""
    made = Terminal()
    made.drawn = threading.Event()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(module, "_PATIENCE", patience)
    return made


def test_what_is_quick_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch, patience=60)
    assert list(followed(range(3), "event")) == [0, 1, 2]
    assert terminal.getvalue() == ""


def test_what_takes_long_shows_the_count_so_far_and_erases_it(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch, patience=0)
    for item in followed(range(2), "event"):
        if item == 1:
            terminal.drawn.clear()
            assert terminal.drawn.wait(30)
    assert "1 event, " in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_file_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with progress("copying"):
        pass
    assert file.getvalue() == ""


def fail(terminal: Terminal) -> None:
    with progress("copying\x1b[2J"):
        assert terminal.drawn.wait(30)
        raise ZeroDivisionError


def test_an_error_ends_the_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch, patience=0)
    with pytest.raises(ZeroDivisionError):
        fail(terminal)
    assert "copying [2J, " in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
