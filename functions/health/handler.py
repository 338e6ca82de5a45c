"""Tells whether the bundle is healthy: `/livez` the process, `/readyz` what it depends on, `/health` the whole report.

Source: draft-inadarei-api-health-check-06 (`application/health+json`).
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

from shared.context import Context
from shared.errors import MethodNotAllowed, NotFound, OposError, Unavailable
from shared.events import iso
from shared.http import HttpRequest, HttpResponse, json_response
from shared.ports import Condition, Set
from shared.process import memory_mb

Status = Literal["pass", "warn", "fail"]
_MEDIA_TYPE = {"content-type": "application/health+json", "cache-control": "no-store"}
_SHOWN: tuple[tuple[str, str, list[Condition]], ...] = (
    ("quarantine", "events", [("quarantine", ">", "")]),
    ("deadLetters", "dead_letters", []),
    ("failedMessages", "outbox", [("state", "==", "failed")]),
    ("parkedMessages", "outbox", [("state", "==", "parked")]),
)
"""What an operator has to look at, though nothing is broken."""


@dataclass(frozen=True, slots=True)
class Check:
    """One observation. `output` says what went wrong, in our own words only."""

    name: str
    status: Status
    value: float
    unit: str
    output: str = ""

    def shown(self, at: str) -> dict[str, Any]:
        said = {"output": self.output} if self.output else {}
        return {"status": self.status, "observedValue": self.value, "observedUnit": self.unit, "time": at, **said}


def handle(request: HttpRequest, context: Context) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed(f"expected GET, found {request.method}")
    match request.path.rstrip("/"):
        case "/livez":
            return json_response(200, {"status": "pass"}, _MEDIA_TYPE)
        case "/readyz":
            return _answer(_dependencies(context), context)
        case "/health":
            return _answer([*_dependencies(context), _memory(context), _uptime(context)], context)
    raise NotFound("There is no such address.", hint="Try /health, /readyz or /livez.")


def _answer(checks: list[Check], context: Context) -> HttpResponse:
    overall = worst([check.status for check in checks])
    content = {
        "status": overall,
        "version": version("one-person-os"),
        "checks": {check.name: [check.shown(iso(context.now))] for check in checks},
    }
    return json_response(503 if overall == "fail" else 200, content, _MEDIA_TYPE)


def worst(statuses: list[Status]) -> Status:
    order: tuple[Status, ...] = ("pass", "warn", "fail")
    return max(statuses, key=order.index)


def _dependencies(context: Context) -> list[Check]:
    """Every dependency really used, all at once, each under its own timeout."""
    probes = {
        "store:responseTime": lambda: _probe_store(context),
        "bus:responseTime": context.bus.ping,
        "attention:items": lambda: _attention(context),
    }
    started = [(name, _Running(probe)) for name, probe in probes.items()]
    deadline = time.monotonic() + context.config.health.dependency_timeout.total_seconds()
    return [running.check(name, deadline) for name, running in started]


def _probe_store(context: Context) -> None:
    said = context.new_id()
    context.store.commit([Set("probes/health", {"said": said, "at": iso(context.now)})])
    if context.store.get("probes/health") is None:
        raise Unavailable("What was written is not there.")


def _attention(context: Context) -> str:
    found = {name: context.store.count(collection, where=where) for name, collection, where in _SHOWN}
    return ", ".join(f"{name}: {count}" for name, count in found.items() if count)


class _Running:
    """A probe in a thread of its own: when it hangs, it costs its timeout and no more."""

    def __init__(self, probe: Callable[[], str | None]) -> None:
        self._probe = probe
        self._began = time.monotonic()
        self._output = ""
        self._failed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._output = self._probe() or ""
        except OposError as fault:
            self._failed, self._output = True, fault.code
        except Exception as fault:  # noqa: BLE001  (a probe that breaks is a finding, not a crash)
            self._failed, self._output = True, type(fault).__name__

    def check(self, name: str, deadline: float) -> Check:
        self._thread.join(max(0.0, deadline - time.monotonic()))
        hung, took = self._thread.is_alive(), (time.monotonic() - self._began) * 1000
        if hung or self._failed:
            return Check(name, "fail", round(took, 1), "ms", "no answer in time" if hung else self._output)
        return Check(name, "warn" if self._output else "pass", round(took, 1), "ms", self._output)


def _memory(context: Context) -> Check:
    used, threshold = memory_mb(), context.config.health.memory_threshold_mb
    over = used > threshold
    output = f"over the threshold of {threshold} MiB" if over else ""
    return Check("memory:utilization", "warn" if over else "pass", round(used, 1), "MiB", output)


def _uptime(context: Context) -> Check:
    return Check("uptime", "pass", round(context.uptime_seconds, 1), "s")
