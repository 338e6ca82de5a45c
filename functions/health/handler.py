"""Tells whether the bundle is healthy: `/livez` the process, `/readyz` what it depends on, `/health` the whole report,
`/metrics` the same for a scraper, `/status` and `/status.svg` what the public may know of it, if it may.

Anyone may ask, so an answer holds numbers and our own words: never the text of an exception.
"""

from collections.abc import Iterable

from functions.health import status
from functions.health.metrics import metrics
from shared.context import Context
from shared.errors import NotFound
from shared.health.asking import ask_all
from shared.health.looking import findings
from shared.health.probes import DEPENDENCIES, everything
from shared.health.report import Finding, report
from shared.http import HttpRequest, HttpResponse, json_response
from shared.process import version
from shared.usage import Outcome, reported

_HEADERS = {"content-type": "application/health+json", "cache-control": "no-store"}


def handle(request: HttpRequest, context: Context) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        fault = {"code": "method_not_allowed", "message": f"expected GET or HEAD, found {request.method}"}
        return json_response(405, {"error": fault}, {"allow": "GET, HEAD"})
    match request.path.rstrip("/"):
        case "/livez":
            return json_response(200, {"status": "pass"}, _HEADERS)
        case "/readyz":
            return _answer(findings(DEPENDENCIES, context), context)
        case "/health":
            return _answer(findings(everything(context), context), context)
        case "/status" | "/status.svg" as path if context.config.health.status_page:
            return _public(path, context.config.health.status_page, context)
        case "/metrics":
            return metrics(
                findings(everything(context), context), _usage(context), accept=request.headers.get("accept", "")
            )
    raise NotFound("There is nothing at this address.", hint="Ask for /health, /readyz, /livez or /metrics.")


def _answer(found: Iterable[Finding], context: Context) -> HttpResponse:
    runbooks = context.config.health.runbooks or ""
    content = report(found, version=version(), now=context.now, runbooks=runbooks, release=context.release)
    return json_response(503 if content["status"] == "fail" else 200, content, _HEADERS)


def _public(path: str, title: str, context: Context) -> HttpResponse:
    found = status.current(lambda: findings(everything(context), context), context)
    return status.badge(found, title) if path.endswith(".svg") else status.page(found, title)


def _usage(context: Context) -> dict[str, dict[Outcome, int]]:
    (answer,) = ask_all([lambda: reported(context.store)], context.config.health.dependency_timeout)
    return answer if isinstance(answer, dict) else {}
