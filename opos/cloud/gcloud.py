"""Calls of Google's own command line: it knows how one is signed in, and each call can be repeated by hand."""

import json
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import OposError

PATIENCE = 1800.0
"""Seconds that one call may take: a build is the longest."""
ATTEMPTS = 3
_TRANSIENT = ("HTTPError 503", "HTTPError 502", "HTTPError 500", "UNAVAILABLE", "deadline exceeded", "Connection reset")
_MISSING = ("Cannot find", "NOT_FOUND", "could not be found", "was not found", "not found")
_HINTS: Mapping[str, str] = {
    "active account": "Sign in: gcloud auth login",
    "Reauthentication": "Sign in again: gcloud auth login",
    "has not been used in project": "Switch the API on: `pulumi up` in infra/ does, see docs/infrastructure.md.",
    "PERMISSION_DENIED": "The account lacks a right: `pulumi up` in infra/ grants them, see docs/infrastructure.md.",
    "does not have permission": "The account lacks a right, or there is no such project: gcloud projects list",
}


class CloudError(OposError):
    """A call of gcloud failed; the message ends with what it said."""

    code = "cloud"

    @property
    def brief(self) -> str:
        """The line that names the fault, without what gcloud says around it."""
        lines = self.message.splitlines()
        return next((line for line in lines if line.startswith("ERROR:")), lines[-1])


class Missing(CloudError):
    """What was asked about does not exist."""

    code = "cloud_missing"


class NoGcloud(CloudError):
    code = "bad_settings"


@dataclass(frozen=True, slots=True)
class Gcloud:
    """gcloud, asked about one project and region. A call that may succeed by being repeated is."""

    project: str
    region: str
    sleep: Callable[[float], None] = time.sleep

    def json(self, *words: str, given: str | None = None) -> Any:
        """What the call answers. Raises CloudError; Missing where the thing does not exist; NoGcloud."""
        said = self.text(*words, "--format=json", given=given)
        try:
            return json.loads(said) if said.strip() else None
        except ValueError:
            raise CloudError(f"expected JSON from gcloud {shlex.join(words)}, found {said[:200]!r}") from None

    def regional(self, *words: str) -> Any:
        """As `json`, of something that is in the region."""
        return self.json(*words, f"--region={self.region}")

    def text(self, *words: str, given: str | None = None) -> str:
        """As `json`, the words as they were written."""
        command = ["gcloud", *words, f"--project={self.project}", "--quiet"]
        for attempt in range(1, ATTEMPTS):
            try:
                return _run(command, given)
            except CloudError as fault:
                if not any(word in fault.message for word in _TRANSIENT):
                    raise
            self.sleep(2.0**attempt)
        return _run(command, given)


def _run(command: list[str], given: str | None) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            command, input=given, stdin=None if given is not None else subprocess.DEVNULL, capture_output=True,
            text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        hint = "Install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install"
        raise NoGcloud("expected gcloud on the PATH, found none", hint=hint) from None
    except subprocess.TimeoutExpired:
        raise CloudError(f"`{_shown(command)}` gave no answer within {PATIENCE:g} s") from None
    if done.returncode:
        raise _fault(command, done.stderr)
    return done.stdout


def _fault(command: list[str], said: str) -> CloudError:
    text = said.strip()[-1500:] or "nothing"
    kind = Missing if any(word in text for word in _MISSING) else CloudError
    hint = next((hint for word, hint in _HINTS.items() if word in text), None)
    return kind(f"`{_shown(command)}` failed. It said:\n{text}", hint=hint)


def _shown(command: list[str]) -> str:
    """So that it can be repeated by hand; of a long one the beginning."""
    line = shlex.join(command)
    return line if len(line) <= 200 else f"{line[:200]}..."  # noqa: PLR2004
