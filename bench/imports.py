"""What importing costs, by top-level package, from the log of `python -X importtime`."""

import re
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.result import Table

MOST, TOTAL, REST = 10, "total", "all others"
_LINE = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cost:
    """`ms` without what a module imports in its turn."""

    ms: float = 0.0
    modules: int = 0


def logging_imports(command: Sequence[str], log: str) -> list[str]:
    """*command*, with what it writes to standard error in the file *log*; needs PYTHONPROFILEIMPORTTIME."""
    return ["sh", "-c", f"exec {shlex.join(command)} 2>{shlex.quote(log)}"]


def costs(log: str) -> dict[str, Cost]:
    """By top-level package."""
    took: dict[str, float] = defaultdict(float)
    modules: dict[str, set[str]] = defaultdict(set)
    for microseconds, module in _LINE.findall(log):
        package = module.partition(".")[0]
        took[package] += int(microseconds) / 1000
        modules[package].add(module)
    return {package: Cost(ms, len(modules[package])) for package, ms in took.items()}


def table(title: str, rounds: Sequence[Mapping[str, Cost]]) -> Table:
    """The packages that cost most, what all the others cost, and the sum."""
    packages = sorted({package for one in rounds for package in one}, key=lambda name: -_middle(name, rounds))
    groups = {**{package: [package] for package in packages[:MOST]}, REST: packages[MOST:], TOTAL: packages}
    rows = {name: _row(members, rounds) for name, members in groups.items()}
    return Table(title, rows, (("self ms", TOTAL),))


def _middle(package: str, rounds: Sequence[Mapping[str, Cost]]) -> float:
    return median(one.get(package, Cost()).ms for one in rounds)


def _row(packages: Sequence[str], rounds: Sequence[Mapping[str, Cost]]) -> dict[str, list[float]]:
    found = [[one.get(package, Cost()) for package in packages] for one in rounds]
    return {
        "self ms": [sum(cost.ms for cost in one) for one in found],
        "modules": [sum(cost.modules for cost in one) for one in found],
    }
