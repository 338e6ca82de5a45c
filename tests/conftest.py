"""The tiers of the tests, how many examples their properties are tried with, and a line for each thing that is missing."""

import os
import signal
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from structlog.dev import ConsoleRenderer, plain_traceback

from tests.support.requirements import TIERS

BUSY = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("OPOS_CI"))
)
"""A property says nothing about speed: on a busy machine any example may take long. CI tries the same examples each time,
so that a commit fails or passes for what is in it; everywhere else they are new ones.
"""
settings.register_profile("fast", BUSY, max_examples=25)
settings.register_profile("thorough", BUSY, max_examples=100)
settings.load_profile(os.environ.get("OPOS_TEST_PROFILE", "fast"))

ConsoleRenderer.get_active().exception_formatter = plain_traceback
"""Rich draws the variables of each frame, for which a test with many faults takes seconds."""

signal.signal(signal.SIGINT, signal.default_int_handler)
"""A shell has its jobs in the background ignore Ctrl-C, and a process that ignores it has its children ignore it too."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with the tier of what it needs, before `-m` selects by the marks."""
    for item in items:
        reasons = [mark.kwargs.get("reason") for mark in item.iter_markers("skipif")]
        for tier in {TIERS[reason] for reason in reasons if reason in TIERS}:
            item.add_marker(tier)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.items():
        terminalreporter.write_line(f"skipped {count} tests: {reason}")
