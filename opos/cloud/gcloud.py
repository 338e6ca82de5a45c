"""Calls of gcloud, Google's command line. It handles signing in, and you can repeat each call by hand."""

import json
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import OposError

PATIENCE = 1800.0
"""Seconds that a call may take: a build is the longest."""
ATTEMPTS = 3
_TRANSIENT = ("HTTPError 503", "HTTPError 502", "HTTPError 500", "UNAVAILABLE", "deadline exceeded", "Connection reset")
_MISSING = ("Cannot find", "NOT_FOUND", "could not be found", "was not found", "not found")
_HINTS: Mapping[str, str] = {
    "active account": "Sign in: gcloud auth login",
    "Reauthentication": "Sign in again: gcloud auth login",
    "has not been used in project": "Run `pulumi up` in infra/, which enables the API: docs/infrastructure.md.",
    "PERMISSION_DENIED": "The account lacks a permission: run `pulumi up` in infra/, see docs/infrastructure.md.",
    "does not have permission": "The account lacks a permission, or the project does not exist: gcloud projects list",
}


class CloudError(OposError):
    """A call of gcloud failed; the message ends with what gcloud printed."""

    code = "cloud"

    @property
    def brief(self) -> str:
        """The line that names the error, without the rest of what gcloud printed."""
        lines = self.message.splitlines()
        return next((line for line in lines if line.startswith("ERROR:")), lines[-1])


class Missing(CloudError):
    """The resource of the call does not exist."""

    code = "cloud_missing"


class NoGcloud(CloudError):
    code = "bad_settings"


@dataclass(frozen=True, slots=True)
class Gcloud:
    """gcloud for one project and region. It repeats calls whose error may be transient."""

    project: str
    region: str
    sleep: Callable[[float], None] = time.sleep
    patience: float = PATIENCE
    attempts: int = ATTEMPTS

    def json(self, *words: str, given: str | None = None) -> Any:
        """The answer of the call. Raises CloudError, Missing or NoGcloud."""
        answer = self.text(*words, "--format=json", given=given)
        try:
            return json.loads(answer) if answer.strip() else None
        except ValueError:
            raise CloudError(f"expected JSON from gcloud {shlex.join(words)}, found {answer[:200]!r}") from None

    def regional(self, *words: str) -> Any:
        """As `json`, for a resource of the region."""
        return self.json(*words, f"--region={self.region}")

    def text(self, *words: str, given: str | None = None) -> str:
        """As `json`, but the answer as text."""
        command = ["gcloud", *words, f"--project={self.project}", "--quiet"]
        for attempt in range(1, self.attempts):
            try:
                return _run(command, given, self.patience)
            except CloudError as fault:
                if not any(word in fault.message for word in _TRANSIENT):
                    raise
            self.sleep(2.0**attempt)
        return _run(command, given, self.patience)


def run(*words: str) -> str:
    """What a call of gcloud that belongs to no project prints. Raises CloudError or NoGcloud."""
    return _run(["gcloud", *words, "--quiet"], None, PATIENCE)


def _run(command: list[str], given: str | None, patience: float) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            command, input=given, stdin=None if given is not None else subprocess.DEVNULL, capture_output=True,
            text=True, timeout=patience, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        hint = "Install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install"
        raise NoGcloud("expected gcloud on the PATH, found none", hint=hint) from None
    except subprocess.TimeoutExpired:
        raise CloudError(f"`{_shown(command)}` gave no answer within {patience:g} s") from None
    if done.returncode:
        raise _fault(command, done.stderr)
    return done.stdout


def _fault(command: list[str], printed: str) -> CloudError:
    text = printed.strip()[-1500:] or "nothing"
    kind = Missing if any(word in text for word in _MISSING) else CloudError
    hint = next((hint for word, hint in _HINTS.items() if word in text), None)
    return kind(f"`{_shown(command)}` failed. gcloud printed:\n{text}", hint=hint)


def _shown(command: list[str]) -> str:
    """The command line, shortened if it is long, so that you can repeat it by hand."""
    line = shlex.join(command)
    return line if len(line) <= 200 else f"{line[:200]}..."  # noqa: PLR2004
