"""The state: one JSON file, changed under a lock, and one line for each call."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

State = dict[str, Any]
STATE, CALLS, LOCK = "state.json", "calls.jsonl", "lock"


@contextmanager
def opened(folder: str) -> Iterator[State]:
    """The state, ours alone; written back if it was changed, also where an error ends the change."""
    with open(os.path.join(folder, LOCK), "w") as lock:  # noqa: PTH118, PTH123  (pathlib costs 10 ms)
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = os.path.join(folder, STATE)  # noqa: PTH118
        before = read(path)
        state = json.loads(before)
        try:
            yield state
        finally:
            _write(path, json.dumps(state), before)


def read(path: str) -> str:
    with open(path) as file:  # noqa: PTH123
        return file.read()


def _write(path: str, after: str, before: str) -> None:
    if after != before:
        with open(f"{path}.new", "w") as file:  # noqa: PTH123
            file.write(after)
        os.replace(f"{path}.new", path)  # noqa: PTH105


def note(folder: str, call: dict[str, Any]) -> None:
    """Write *call* down: one write, so that lines of calls at the same time do not mix."""
    line = json.dumps(call).encode() + b"\n"
    descriptor = os.open(os.path.join(folder, CALLS), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)  # noqa: PTH118
    os.write(descriptor, line)
    os.close(descriptor)
