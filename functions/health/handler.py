"""Tells whether the bundle is healthy: `/livez` the process, `/readyz` what it depends on, `/health` the whole report.

Anyone may ask, so an answer holds numbers and our own words: never the text of an exception.
Source: Internet-Draft draft-inadarei-api-health-check-06, "Health Check Response Format for HTTP APIs".
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Literal

import structlog

from shared.concerns import concerns
from shared.context import Context
from shared.errors import NotFound, OposError, Unavailable
from shared.events import iso
from shared.fields import EXPIRY
from shared.http import HttpRequest, HttpResponse, json_response
from shared.ports import Set
from shared.process import memory_mb, process_id, version

Status = Literal["pass", "warn", "fail"]
_WORSE: tuple[Status, ...] = ("pass", "warn", "fail")
_HEADERS = {"content-type": "application/health+json", "cache-control": "no-store"}
_threads = threading.BoundedSemaphore(32)
"""A dependency that hangs for good keeps the threads that ask it: so many, and no more."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation, named `component:measurement`. `output` says what is wrong."""

    name: str
    component: Literal["datastore", "component", "system"]
    status: Status
    value: float
    unit: str
    output: str = ""


def handle(request: HttpRequest, context: Context) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        fault = {"code": "method_not_allowed", "message": f"expected GET or HEAD, found {request.method}"}
        return json_response(405, {"error": fault}, {"allow": "GET, HEAD"})
    match request.path.rstrip("/"):
        case "/livez":
            return json_response(200, {"status": "pass"}, _HEADERS)
        case "/readyz":
            return _answer(_dependencies(context), context)
        case "/health":
            return _answer([*_dependencies(context, _attention), _memory(context), _uptime(context)], context)
    raise NotFound("There is nothing at this address.", hint="Ask for /health, /readyz or /livez.")


def report(findings: Iterable[Finding], *, version: str, now: datetime) -> dict[str, Any]:
    """The document of the draft: as healthy as the worst of *findings*."""
    found = list(findings)
    overall = max((one.status for one in found), key=_WORSE.index, default="pass")
    return {"status": overall, "version": version, "checks": {one.name: [_check(one, now)] for one in found}}


def _check(finding: Finding, now: datetime) -> dict[str, Any]:
    said = {"output": finding.output} if finding.output else {}
    return {
        "componentType": finding.component,
        "observedValue": finding.value,
        "observedUnit": finding.unit,
        "status": finding.status,
        "time": iso(now),
        **said,
    }


def _answer(findings: list[Finding], context: Context) -> HttpResponse:
    content = report(findings, version=version(), now=context.now)
    return json_response(503 if content["status"] == "fail" else 200, content, _HEADERS)


Probe = Callable[[Context], list[Finding]]


def _dependencies(context: Context, *more: Probe) -> list[Finding]:
    """What the probes find, all asked at once: one that hangs costs the timeout, and is named."""
    _make_clients(context)
    began = monotonic()
    deadline = began + context.config.health.dependency_timeout.total_seconds()
    asked = [(probe, _ask(probe, context, deadline)) for probe in (_store, _bus, *more)]
    return [finding for probe, future in asked for finding in _found(probe, future, began, deadline)]


def _make_clients(context: Context) -> None:
    """Before the clock runs: what a cold start pays for importing and making clients says nothing of their health."""
    for make in (lambda: context.store, lambda: context.bus):
        with suppress(Exception):  # the probe will meet it again, and report it
            make()


def _ask(probe: Probe, context: Context, deadline: float) -> "Future[list[Finding]]":
    """Run *probe* in a daemon thread: nobody waits for it at exit, unlike for the threads of an executor."""
    future: Future[list[Finding]] = Future()
    if _threads.acquire(timeout=max(0.0, deadline - monotonic())):
        threading.Thread(target=_run, args=(probe, context, future), daemon=True).start()
    return future


def _run(probe: Probe, context: Context, future: "Future[list[Finding]]") -> None:
    try:
        future.set_result(probe(context))
    except Exception as fault:  # noqa: BLE001  (a probe that breaks is a finding)
        future.set_exception(fault)
    finally:
        _threads.release()


def _found(probe: Probe, future: "Future[list[Finding]]", began: float, deadline: float) -> list[Finding]:
    try:
        return future.result(max(0.0, deadline - monotonic()))
    except TimeoutError:
        output = "no answer in time"
    except OposError as fault:
        output = fault.code
    except Exception as fault:  # noqa: BLE001
        output = type(fault).__name__
    finding = _BROKEN[probe](_milliseconds_since(began), output)
    _log.warning("probe_failed", probe=finding.name, reason=output)
    return [finding]


def _store(context: Context) -> list[Finding]:
    """A real write and a real read, on one of 16 documents: instances seldom share one, and there are never more."""
    path, began = f"probes/health-{process_id() % 16}", monotonic()
    context.store.commit([Set(path, {"at": iso(context.now), EXPIRY: iso(context.now + timedelta(days=1))})])
    if context.store.get(path) is None:
        raise Unavailable("What was written cannot be read.")
    return [Finding("store:responseTime", "datastore", "pass", _milliseconds_since(began), "ms")]


def _bus(context: Context) -> list[Finding]:
    began = monotonic()
    context.bus.ping()
    return [Finding("bus:responseTime", "component", "pass", _milliseconds_since(began), "ms")]


def _attention(context: Context) -> list[Finding]:
    return [_count(one.name, count) for one, count in concerns(context)]


def _count(name: str, count: int) -> Finding:
    output = "look at the console" if count else ""
    return Finding(name, "component", "warn" if count else "pass", count, "items", output)


_BROKEN: dict[Probe, Callable[[float, str], Finding]] = {
    _store: lambda took, output: Finding("store:responseTime", "datastore", "fail", took, "ms", output),
    _bus: lambda took, output: Finding("bus:responseTime", "component", "fail", took, "ms", output),
    _attention: lambda took, output: Finding("attention:responseTime", "component", "warn", took, "ms", output),
}
"""What a probe that broke means. Unknown counts are no failure: when the store fails, its own probe says so."""


def _memory(context: Context) -> Finding:
    used, threshold = memory_mb(), context.config.health.memory_threshold_mb
    output = f"over the threshold of {threshold} MiB" if used >= threshold else ""
    return Finding("memory:utilization", "system", "warn" if output else "pass", round(used, 1), "MiB", output)


def _uptime(context: Context) -> Finding:
    return Finding("uptime", "system", "pass", round(context.uptime_seconds, 1), "s")


def _milliseconds_since(began: float) -> float:
    return round((monotonic() - began) * 1000, 2)
