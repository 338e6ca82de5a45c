"""The decisions of Alertmanager's tree, which its own `amtool` makes, next to those of the imported tree."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from opos.importers.alertmanager.amtool import arguments, readable, receivers
from opos.importers.alertmanager.conversion import Imported
from opos.importers.alertmanager.label_sets import MOST, label_sets, matchers_of_rules
from opos.importers.alertmanager.labels import carried_labels
from shared.alerting.matchers import Labels
from shared.alerting.routes import Node, Route, compile_routes, route
from shared.values.text import counted

AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """The receivers of an alert with `labels`, by Alertmanager and by the imported routes."""

    labels: dict[str, str]
    alertmanager: str
    opos: str

    def __str__(self) -> str:
        return f"{{{', '.join(arguments(self.labels))}}}: Alertmanager notifies {self.alertmanager}, opos {self.opos}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`without_receivers`: amtool could not read the settings of the receivers, so it read the routes alone."""

    compared: int
    differences: tuple[Difference, ...]
    without_receivers: bool

    def __iter__(self) -> Iterator[str]:
        alone = "; amtool cannot read the receivers, so it read the routes alone" if self.without_receivers else ""
        differences = counted(len(self.differences), "difference")
        yield f"check: {differences} in {counted(self.compared, 'set')} of labels{alone}"
        yield from (f"check: {difference}" for difference in self.differences)


def compare(file: Path, imported: Imported, *, most: int = MOST) -> Comparison:
    """Asks amtool and the imported routes about the same labels. Raises NotCompared."""
    tree = compile_routes(Route.model_validate(imported.sections["route"]))
    sets = label_sets(imported.content.route, matchers_of_rules(imported.content.inhibit_rules), most=most)
    with TemporaryDirectory() as folder, ThreadPoolExecutor(AT_A_TIME) as pool:
        read = readable(file, imported.content, Path(folder))
        theirs = list(pool.map(lambda labels: receivers(read, labels), sets))
    ours = [_opos(tree, labels, imported) for labels in sets]
    decisions = [Difference(*decision) for decision in zip(sets, theirs, ours, strict=True)]
    differences = tuple(decision for decision in decisions if decision.alertmanager != decision.opos)
    return Comparison(len(sets), differences, read != file)


def _opos(tree: Node, labels: Labels, imported: Imported) -> str:
    names = {channel: receiver for receiver, channel in imported.channels.items()}
    return ",".join(names[node.settings.channel] for node in route(tree, carried_labels(labels)))
