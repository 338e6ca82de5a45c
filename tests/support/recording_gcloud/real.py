"""The installed gcloud, asked without a cloud: its parser, its own modules, and itself against the API on loopback."""

import functools
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import requirements as needs

needed = needs.gcloud
_PARTS = (
    "surface/run/**/*.py", "googlecloudsdk/*_lib/run/*.py", "googlecloudsdk/command_lib/artifacts/docker_util.py",
    "googlecloudsdk/api_lib/run/*.py", "googlecloudsdk/api_lib/util/exceptions.py", "googlecloudsdk/core/properties.py",
    "googlecloudsdk/core/credentials/exceptions.py", "googlecloudsdk/core/util/files.py",
    "googlecloudsdk/calliope/*.py", "googlecloudsdk/api_lib/cloudbuild/*.py", "googlecloudsdk/command_lib/builds/*.py",
)  # fmt: skip
_TRAFFIC = """
import json, sys
sys.path[:0] = [sys.argv[1] + "/lib", sys.argv[1] + "/lib/third_party"]
from googlecloudsdk.api_lib.run import traffic
class Target:
    def __init__(self, latestRevision=None, revisionName=None, percent=None, tag=None):
        self.latestRevision, self.revisionName, self.percent, self.tag = latestRevision, revisionName, percent, tag
class Messages:
    TrafficTarget = Target
def carried_out(deed, targets, *given):
    held = [Target(**one) for one in targets]
    try:
        getattr(traffic.TrafficTargets(Messages, held), deed)(*given)
    except traffic.InvalidTrafficSpecificationError as refused:
        return str(refused)
    return [{name: value for name, value in vars(one).items() if value is not None} for one in held]
print(json.dumps([carried_out(*case) for case in json.load(sys.stdin)]))
"""


def gcloud(*words: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Whichever comes first on the PATH of *environment*."""
    return subprocess.run(
        ["gcloud", *words], env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def parsed(lines: list[str], folder: Path) -> dict[str, str]:
    """What the real parser has against each of *lines*: empty where it takes it."""
    file = folder / "commands.json"
    file.write_text(json.dumps([{"command_string": f"gcloud {line}"} for line in lines]))
    done = gcloud("meta", "lint-gcloud-commands", f"--commands-file={file}", environment=offline(folder))
    verdicts = {one["command_string"]: one for one in json.loads(done.stdout)}
    assert len(verdicts) == len(set(lines)), done.stderr
    return {line: _said(verdicts[f"gcloud {line}"]) for line in lines}


def _said(verdict: Mapping[str, Any]) -> str:
    return "" if verdict["success"] else verdict["error_message"] or "refused"


def offline(folder: Path) -> dict[str, str]:
    """Nobody is signed in."""
    quiet = {"CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1"}
    return {"CLOUDSDK_CONFIG": str(folder), **quiet}


def changed(cases: list[Any]) -> Any:
    """What the real TrafficTargets makes of each case: the method, the targets, its arguments."""
    python, root = _place()
    command, given = [python, "-c", _TRAFFIC, root], json.dumps(cases)
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def source() -> str:
    """The text of those of its modules whose words are claimed to be its own."""
    folder = Path(_place()[1]) / "lib"
    return "\n".join(file.read_text() for part in _PARTS for file in sorted(folder.glob(part)))


@functools.cache
def _place() -> tuple[str, str]:
    """Its Python, and where it is installed."""
    done = subprocess.run(["gcloud", "info", "--format=json"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return str(found["basic"]["python_location"]), str(found["installation"]["sdk_root"])
