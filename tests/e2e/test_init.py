"""`opos init` at a real terminal, in a new folder: answered, interrupted, and out of disk space."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

from opos.bundle.ports import free_port
from opos.bundle.processes import end, start
from opos.commands.init import command
from opos.init import dotenv
from tests.support.project import ROOT
from tests.support.receivers import ntfy, receiving
from tests.torture.senders import until

pytestmark = pytest.mark.slow
OPOS = (sys.executable, "-m", "opos")
CTRL_C = "\x03"


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPOS_", "GIT_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **more}


class Terminal:
    """A process at a pseudo-terminal, which answers each prompt with the next of the typed lines."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self.text = ""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execve(OPOS[0], [*OPOS, *arguments], environment(TERM="xterm", COLUMNS="80"))  # noqa: S606

    def answer(self, *lines: str) -> int:
        """The exit code, after all *lines* have been typed and the process has ended."""
        left = list(lines)
        for chunk in self._chunks():
            self.text += chunk
            if not chunk and lines[-1:] == (CTRL_C,) and not left:  # readline misses it just before it reads
                os.write(self.descriptor, CTRL_C.encode())
            if left and self.text.rstrip(" ").endswith(":"):
                line = left.pop(0)
                self.text += "\n"
                os.write(self.descriptor, (line if line == CTRL_C else f"{line}\n").encode())
        _, status = os.waitpid(self.process, 0)
        os.close(self.descriptor)
        assert left == [], self.text
        return os.waitstatus_to_exitcode(status)

    def _chunks(self) -> Iterator[str]:
        """What it writes, and nothing for each second in which it is silent, at most a minute."""
        silence = 0
        while silence < 60:
            ready, _, _ = select.select([self.descriptor], [], [], 1)
            silence = 0 if ready else silence + 1
            if not ready:
                yield ""
                continue
            try:
                chunk = os.read(self.descriptor, 65536)
            except OSError:  # Linux, at the end of a pseudo-terminal
                return
            if not chunk:
                return
            yield chunk.decode().replace("\r\n", "\n")
        raise AssertionError(self.text)


def opos(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    shell = environment(**dotenv.values(folder))
    return subprocess.run(
        [*OPOS, *arguments], cwd=folder, env=shell, capture_output=True, text=True, timeout=300, check=False
    )


def test_from_an_empty_folder_to_a_phone_that_rings(tmp_path: Path) -> None:
    with receiving(ntfy) as phone:
        terminal = Terminal(["init"], tmp_path)
        topic = f"http://{phone.address}/my-topic"
        answers = ["me@x.org", "UTC", "ntfy", topic, "", "?", "github, shop", "y", "22:00-07:00", "08:00", "", "y"]
        assert terminal.answer(*answers) == 0, terminal.text
        assert "phone  delivered  HTTP 200." in terminal.text
        assert [posted.json["title"] for posted in phone.accepted] == ["Test notification from opos"]
        shown = [line.partition("]:")[0] for line in terminal.text.splitlines() if re.match(r"\d\. |   \S", line)]
        assert [line for line in shown if len(line) > 79] == []
        assert opos(tmp_path, "verify").returncode == 0
        port = free_port()
        with (tmp_path / "log").open("wb") as log:
            shell = environment(**dotenv.values(tmp_path))
            words = ["sh", "-c", f'cd "{tmp_path}" && exec "$@"', "sh", *OPOS, "up", "--port", str(port)]
            bundle = start(words, environment=shell, output=log)
        try:
            payload = tmp_path / "body.json"
            payload.write_text('{"data": {"id": "1", "title": "Down", "severity": "critical", "status": "firing"}}')
            url = f"http://127.0.0.1:{port}"
            until(
                lambda: opos(tmp_path, "send", "shop", "body.json", "--url", url).stdout.startswith("202"),
                seconds=60, what="the webhook to be accepted",
            )  # fmt: skip
            until(lambda: len(phone.accepted) > 1, seconds=60, what="the phone to ring")
        finally:
            end(bundle)
    assert "Down" in phone.accepted[1].json["title"]


def test_ctrl_c_at_a_question_changes_nothing_and_says_so(tmp_path: Path) -> None:
    terminal = Terminal(["init"], tmp_path)
    assert terminal.answer("me@x.org", "UTC", "console", CTRL_C) == 1
    assert terminal.text.endswith("Interrupted. Nothing was changed.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_space_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    with chdir(tmp_path):
        assert CliRunner().invoke(command, ["--yes", "--email", "me@x.org"]).exit_code == 0
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    limited = f'ulimit -f 1; exec "{OPOS[0]}" -B -m opos init --add {"alertmanager,grafana,shop,a,b"} --yes'
    done = subprocess.run(
        ["sh", "-c", limited], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "File too large. Nothing was changed." in done.stderr
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
