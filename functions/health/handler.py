"""Tells whether the bundle is healthy: `/livez` the process, `/readyz` what it depends on, `/health` the whole report,
`/metrics` the same for a scraper.

Anyone may ask, so an answer holds numbers and our own words: never the text of an exception.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial

import structlog

from functions.health.asking import Unanswered, ask_all
from functions.health.metrics import metrics
from functions.health.probes import DEPENDENCIES, EVERYTHING, Probe, milliseconds
from functions.health.report import Finding, report
from shared.context import Context
from shared.errors import NotFound
from shared.http import HttpRequest, HttpResponse, json_response
from shared.process import version
from shared.usage import Outcome, reported

_HEADERS = {"content-type": "application/health+json", "cache-control": "no-store"}
_log = structlog.get_logger()


def handle(request: HttpRequest, context: Context) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        fault = {"code": "method_not_allowed", "message": f"expected GET or HEAD, found {request.method}"}
        return json_response(405, {"error": fault}, {"allow": "GET, HEAD"})
    match request.path.rstrip("/"):
        case "/livez":
            return json_response(200, {"status": "pass"}, _HEADERS)
        case "/readyz":
            return _answer(_findings(DEPENDENCIES, context), context)
        case "/health":
            return _answer(_findings(EVERYTHING, context), context)
        case "/metrics":
            return metrics(_findings(EVERYTHING, context), _usage(context), accept=request.headers.get("accept", ""))
    raise NotFound("There is nothing at this address.", hint="Ask for /health, /readyz, /livez or /metrics.")


def _answer(findings: Iterable[Finding], context: Context) -> HttpResponse:
    content = report(findings, version=version(), now=context.now)
    return json_response(503 if content["status"] == "fail" else 200, content, _HEADERS)


def _findings(probes: Iterable[Probe], context: Context) -> list[Finding]:
    """What the probes find, all asked at once."""
    _make_clients(context)
    asked = [(probe, partial(probe.look, context)) for probe in probes]
    answers = ask_all([look for _, look in asked], context.config.health.dependency_timeout)
    return [finding for (probe, _), answer in zip(asked, answers, strict=True) for finding in _found(probe, answer)]


def _make_clients(context: Context) -> None:
    """Before the clock runs: what a cold start pays for importing and making clients says nothing of their health."""
    for make in (lambda: context.store, lambda: context.bus):
        with suppress(Exception):  # the probe will meet it again, and report it
            make()


def _found(probe: Probe, answer: list[Finding] | Unanswered) -> Iterator[Finding]:
    if isinstance(answer, list):
        yield from answer
        return
    _log.warning("probe_failed", probe=probe.name, reason=answer.reason)
    yield Finding(probe.name, probe.component, probe.broken, milliseconds(answer.after), "ms", answer.reason)


def _usage(context: Context) -> dict[str, dict[Outcome, int]]:
    (answer,) = ask_all([lambda: reported(context.store)], context.config.health.dependency_timeout)
    return answer if isinstance(answer, dict) else {}
