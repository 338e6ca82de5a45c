"""Tells whether the bundle is healthy: `/livez` the process, `/readyz` what it depends on, `/health` the whole report,
`/metrics` the same for a scraper, `/status` and `/status.svg` what the public may know of it, if it may.

Anyone may ask, so an answer holds numbers and our own words: never the text of an exception. What each answer needs is
imported by it: that the process lives is said before all that the others look at is loaded.
"""

from typing import TYPE_CHECKING

from shared.context import Context
from shared.errors import NotFound
from shared.process.facts import version
from shared.services.health.context import HealthContext
from shared.values.http import HttpRequest, HttpResponse, json_response

if TYPE_CHECKING:
    from shared.health.report import Finding
    from shared.services.flags.usage import Outcome

_HEADERS = {"content-type": "application/health+json", "cache-control": "no-store"}


def handle(request: HttpRequest, context: HealthContext) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        fault = {"code": "method_not_allowed", "message": f"expected GET or HEAD, found {request.method}"}
        return json_response(405, {"error": fault}, {"allow": "GET, HEAD"})
    match request.path.rstrip("/"):
        case "/livez":
            return json_response(200, {"status": "pass"}, _HEADERS)
        case "/readyz":
            return _ready(context)
        case "/health":
            return _answer(_findings(context), context)
        case "/status" | "/status.svg" as path if context.config.health.status_page:
            return _public(path, context.config.health.status_page, context)
        case "/metrics":
            return _metrics(request, context)
    raise NotFound("There is nothing at this address.", hint="Ask for /health, /readyz, /livez or /metrics.")


def _ready(context: HealthContext) -> HttpResponse:
    from shared.services.health.checks.registry import DEPENDENCIES
    from shared.services.health.probes import findings

    return _answer(findings(DEPENDENCIES, context), context)


def _findings(context: HealthContext) -> "list[Finding]":
    from shared.services.health.checks.registry import everything
    from shared.services.health.probes import findings

    return findings(everything(context), context)


def _metrics(request: HttpRequest, context: HealthContext) -> HttpResponse:
    from functions.health.metrics import metrics

    return metrics(_findings(context), _usage(context), accept=request.headers.get("accept", ""))


def _answer(found: "list[Finding]", context: HealthContext) -> HttpResponse:
    from shared.health.report import report

    runbooks = context.config.health.runbooks or ""
    content = report(found, version=version(), now=context.now, runbooks=runbooks, release=context.release)
    return json_response(503 if content["status"] == "fail" else 200, content, _HEADERS)


def _public(path: str, title: str, context: HealthContext) -> HttpResponse:
    from functions.health import status

    found = status.current(lambda: _findings(context), context)
    return status.badge(found, title) if path.endswith(".svg") else status.page(found, title)


def _usage(context: Context) -> "dict[str, dict[Outcome, int]]":
    from shared.process.fan_out import ask_all
    from shared.services.flags.usage import reported

    (answer,) = ask_all([lambda: reported(context.store)], context.config.health.dependency_timeout)
    return answer if isinstance(answer, dict) else {}
