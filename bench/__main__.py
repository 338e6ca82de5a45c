"""`python -m bench [NAME ...]`: run the benches, print a table of each, and write one JSON and one text of the run.

Each bench is a module with `measure(quick) -> Result`; its docstring says what is compared and what is not fair about
it. `--quick` runs each as shortly as it can: it shows that they work, and its figures mean nothing.
"""

import argparse
import importlib
import json
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.machine import machine, versions
from bench.report import as_json, as_text
from bench.result import Result

BENCHES = (
    "intake", "page", "routing", "flags", "flags_http", "flags_loading", "digest", "store", "startup", "growth",
    "cost", "health", "telemetry", "servers", "slow_senders", "frozen", "records", "expressions",
)  # fmt: skip
LIMIT = 1800
"""Seconds that one bench may take: the installation of its peers included."""
RUNS = Path(__file__).parents[1] / ".cache" / "bench" / "runs"


class TookTooLong(SystemExit):
    """No part of a bench may take this for a fault of its own."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; without one, all")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in BENCHES]:
        parser.error(f"expected names of {', '.join(BENCHES)}, found {', '.join(unknown)}")
    run(given.names or list(BENCHES), quick=given.quick)


def run(names: list[str], *, quick: bool) -> None:
    began = datetime.now(UTC)
    found: dict[str, Any] = {"at": began.isoformat(timespec="seconds"), "machine": machine(), "versions": versions()}
    found |= {"quick": quick, "benches": {}}
    texts = [f"{found['at']}  {found['machine']}  {found['versions']}"]
    print(texts[0], flush=True)
    for name in names:
        about, result, seconds = measured(name, quick=quick)
        texts.append(as_text(name, about, result))
        found["benches"][name] = as_json(about, result, seconds)
        print(f"\n{texts[-1]}", flush=True)
    RUNS.mkdir(parents=True, exist_ok=True)
    written = RUNS / f"{began:%Y%m%dT%H%M%SZ}.json"
    written.write_text(json.dumps(found, indent=1))
    written.with_suffix(".txt").write_text("\n\n".join(texts) + "\n")
    print(f"\nwritten: {written} and {written.with_suffix('.txt').name}")


def measured(name: str, *, quick: bool) -> tuple[str, Result, float]:
    """What the bench *name* says of itself, what it found, and the seconds it took."""
    bench, began = importlib.import_module(f"bench.{name}"), time.monotonic()
    signal.signal(signal.SIGALRM, _stop)
    signal.alarm(LIMIT)
    try:
        result: Result = bench.measure(quick=quick)
    finally:
        signal.alarm(0)
    return bench.__doc__ or "", result, time.monotonic() - began


def _stop(*_: object) -> None:
    raise TookTooLong(f"not done after {LIMIT} seconds")


if __name__ == "__main__":
    main()
