"""What a reading was taken on."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from sqlite3 import sqlite_version

PACKAGES = (
    "functions-framework", "gunicorn", "flask", "pydantic", "structlog", "google-cloud-firestore",
    "google-cloud-pubsub", "mmh3", "cbor2",
)  # fmt: skip


def machine() -> dict[str, str | int | float]:
    return {
        "processor": _processor(), "cores": os.cpu_count() or 0, "memory_gib": round(_memory_gib(), 1),
        "system": platform.platform(), "load_before": round(os.getloadavg()[0], 2),
    }  # fmt: skip


def versions() -> dict[str, str]:
    found = {"commit": _commit(), "python": platform.python_version(), "sqlite": sqlite_version}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    return done.stdout.strip() or "unknown"
