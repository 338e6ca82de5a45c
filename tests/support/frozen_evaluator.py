"""The flag evaluator as a process with short periods, which a test stops between two requests: `FOLDER PORT`.

Cloud Run withholds the processor from a process that answers no request. SIGSTOP withholds all of it.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from opos.bundle.ports import free_port
from tests.support.project import ROOT

EVERY = 0.5
"""Seconds between two reports of this process."""
FRESH = 1.0
"""Seconds for which this process uses the overrides that it last read."""
AFTER = 0.005
"""Seconds from an answer until the process is stopped."""


@contextmanager
def frozen(folder: Path) -> Iterator["Frozen"]:
    """The process with its data in *folder*, stopped once it has answered."""
    port = free_port()
    command = [sys.executable, "-m", "tests.support.frozen_evaluator", str(folder), str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        evaluator = Frozen(process.pid, port)
        evaluator.start()
        yield evaluator
    finally:
        process.kill()
        process.wait(60)


class Frozen:
    def __init__(self, pid: int, port: int) -> None:
        self._pid, self._port = pid, port

    def start(self) -> None:
        until = time.monotonic() + 60
        while True:
            try:
                self._answer("everyone")
            except ConnectionRefusedError:
                assert time.monotonic() < until, "the process does not listen"
                time.sleep(0.02)
            else:
                break
        self._stop()

    def evaluate(self, key: str) -> dict[str, Any]:
        """What the process answers that runs only until shortly after its answer."""
        os.kill(self._pid, signal.SIGCONT)
        answer = self._answer(key)
        self._stop()
        return answer

    def _answer(self, key: str) -> dict[str, Any]:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            connection.request("POST", f"/ofrep/v1/evaluate/flags/{key}", b"{}")
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        return answer

    def _stop(self) -> None:
        time.sleep(AFTER)
        os.kill(self._pid, signal.SIGSTOP)


def _serve(folder: str, port: int) -> None:
    os.environ |= {
        "OPOS_STORE": f"sqlite:///{folder}/opos.db", "OPOS_CONFIG": f"{folder}/opos.yaml", "OPOS_FLAGS": f"{folder}/flags.yaml",
    }  # fmt: skip
    from functions_framework import create_app
    from werkzeug.serving import run_simple

    from shared.services.flags import overrides, usage
    from shared.services.slo import indicators

    overrides.FRESH, usage.EVERY, indicators.EVERY = FRESH, EVERY, EVERY
    app = create_app("flag_evaluator", str(ROOT / "functions/flag_evaluator/main.py"))
    run_simple("127.0.0.1", port, app, threaded=True)


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
