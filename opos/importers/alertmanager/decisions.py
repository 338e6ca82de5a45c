"""The decisions of Alertmanager's tree, which its own `amtool` makes, next to those of the imported tree."""

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from opos.importers.alertmanager.conversion import Imported
from opos.importers.alertmanager.label_sets import MOST, label_sets, matchers_of_rules
from opos.importers.alertmanager.labels import carried_labels
from shared.alerting.matchers import Labels, Matcher
from shared.alerting.routes import Node, Route, compile_routes, route
from shared.errors import OposError
from shared.values.text import counted

PATIENCE = 20.0
AT_A_TIME = 4


class NotCompared(OposError):
    """amtool is not there, or cannot read the file; the reason in one line."""

    code = "not_compared"


@dataclass(frozen=True, slots=True)
class Difference:
    """The receivers of an alert with `labels`, by Alertmanager and by the imported routes."""

    labels: dict[str, str]
    alertmanager: str
    opos: str

    def __str__(self) -> str:
        return f"{{{_written(self.labels)}}}: Alertmanager notifies {self.alertmanager}, opos {self.opos}"


@dataclass(frozen=True, slots=True)
class Comparison:
    compared: int
    differences: tuple[Difference, ...]

    def __iter__(self) -> Iterator[str]:
        yield f"check: {counted(len(self.differences), 'difference')} in {counted(self.compared, 'set')} of labels"
        yield from (f"check: {difference}" for difference in self.differences)


def compare(file: Path, imported: Imported, *, most: int = MOST) -> Comparison:
    """Asks amtool and the imported routes about the same labels. Raises NotCompared."""
    if shutil.which("amtool") is None:
        raise NotCompared("amtool is not installed, so the decisions were not compared")
    tree = compile_routes(Route.model_validate(imported.sections["route"]))
    sets = label_sets(imported.content.route, matchers_of_rules(imported.content.inhibit_rules), most=most)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        decisions = list(pool.map(lambda labels: (labels, _amtool(file, labels), _opos(tree, labels, imported)), sets))
    return Comparison(len(sets), tuple(Difference(*decision) for decision in decisions if decision[1] != decision[2]))


def _amtool(file: Path, labels: Labels) -> str:
    """The receivers of an alert with *labels*, in their order, separated by commas."""
    command = ["amtool", "config", "routes", "test", f"--config.file={file}", "--", *_arguments(labels)]
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


def _opos(tree: Node, labels: Labels, imported: Imported) -> str:
    receivers = {channel: receiver for receiver, channel in imported.channels.items()}
    return ",".join(receivers[node.settings.channel] for node in route(tree, carried_labels(labels)))


def _arguments(labels: Labels) -> list[str]:
    return [str(Matcher(name, "=", value)) for name, value in labels.items()]


def _written(labels: Labels) -> str:
    return ", ".join(_arguments(labels))
