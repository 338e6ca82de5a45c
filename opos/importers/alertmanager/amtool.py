"""Alertmanager's own `amtool`, which says which receivers an alert has."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from opos.importers.alertmanager.content import Alertmanager, Route
from shared.alerting.matchers import Labels, Matcher
from shared.errors import OposError

PATIENCE = 20.0


class NotCompared(OposError):
    """amtool is not there, or cannot read the file; the reason in one line."""

    code = "not_compared"


def receivers(file: Path, labels: Labels) -> str:
    """The receivers of an alert with *labels* in their order, separated by commas. Raises NotCompared."""
    command = ["amtool", "config", "routes", "test", f"--config.file={file}", "--", *arguments(labels)]
    try:
        done = subprocess.run(  # noqa: S603  (without a shell)
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise NotCompared(f"amtool gives no answer, so the decisions were not compared: {fault}") from None
    if done.returncode:
        reason = " ".join(done.stderr.rpartition("error: ")[2].split())
        raise NotCompared(f"amtool cannot read the file, so the decisions were not compared: {reason}")
    return done.stdout.strip("\n")


def readable(file: Path, content: Alertmanager, folder: Path) -> Path:
    """*file* if amtool can read it; else, in *folder*, its routes without the settings of its receivers."""
    if shutil.which("amtool") is None:
        raise NotCompared("amtool is not installed, so the decisions were not compared")
    try:
        receivers(file, {})
    except NotCompared:
        routes = folder / "routes.yml"
        names = [{"name": receiver.name} for receiver in content.receivers]
        routes.write_text(json.dumps({"route": _bare(content.route), "receivers": names}), encoding="utf-8")
        receivers(routes, {})
        return routes
    return file


def arguments(labels: Labels) -> list[str]:
    return [str(Matcher(name, "=", value)) for name, value in labels.items()]


def _bare(route: Route) -> dict[str, Any]:
    """What of *route* decides about receivers, as JSON, which is YAML."""
    settings = {"receiver": route.receiver, "matchers": list(map(str, route.tests)), "continue": route.continue_}
    return {**settings, "routes": [_bare(child) for child in route.routes]}
