"""Asking a program, for a few seconds at most."""

import json
import subprocess
from typing import Any

PATIENCE = 8.0


class NoAnswer(Exception):
    """The program is not there, failed, or took too long; what it said, in one line."""


def asked(*command: str) -> str:
    """What *command* prints. Raises NoAnswer."""
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise NoAnswer("not installed") from None
    except (OSError, subprocess.TimeoutExpired):
        raise NoAnswer(f"no answer within {PATIENCE:g} s") from None
    if done.returncode:
        raise NoAnswer(_reason(done.stderr) or f"exit code {done.returncode}")
    return done.stdout or done.stderr  # Java tells its version to stderr


def _reason(said: str) -> str:
    """The line that says what is wrong, which gcloud's warnings may precede."""
    lines = [line for line in said.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("ERROR")), lines[0] if lines else "")


def gcloud(*words: str) -> Any:
    """What gcloud answers. Raises NoAnswer."""
    try:
        return json.loads(asked("gcloud", *words, "--format=json", "--quiet") or "null")
    except ValueError:
        raise NoAnswer("no JSON from gcloud") from None
