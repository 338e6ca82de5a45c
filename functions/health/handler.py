"""Answers whether the bundle works.

- `/livez`: whether the process is running
- `/readyz`: whether its dependencies work
- `/health`: the whole report
- `/metrics`: the same for Prometheus
- `/status`, `/status.atom`, `/status.json` and `/status.svg`: the public status page, if opos.yaml declares one

Anyone may ask, so an answer contains numbers and fixed texts, but never the text of an exception. Each answer imports
what it needs itself, so that `/livez` answers before the other modules are loaded.
"""

from typing import TYPE_CHECKING

from shared.context import Context
from shared.errors import MethodNotAllowed, NotFound
from shared.process.facts import version
from shared.services.health.context import HealthContext
from shared.values.http import HttpRequest, HttpResponse, error_response, json_response

if TYPE_CHECKING:
    from shared.health.report import Result
    from shared.services.flags.usage import Outcome

_HEADERS = {"content-type": "application/health+json", "cache-control": "no-store"}


def handle(request: HttpRequest, context: HealthContext) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return error_response(MethodNotAllowed(request.method, "GET", "HEAD"))
    match request.path.rstrip("/"):
        case "/livez":
            return json_response(200, {"status": "pass"}, _HEADERS)
        case "/readyz":
            return _ready(context)
        case "/health":
            return _answer(_results(context), context)
        case path if path.startswith("/status"):
            return _public(path, request, context)
        case "/metrics":
            return _metrics(request, context)
    raise NotFound("This path does not exist.", hint="Try /health, /readyz, /livez or /metrics.")


def _ready(context: HealthContext) -> HttpResponse:
    from shared.services.health.check_runs import run_checks
    from shared.services.health.checks.registry import DEPENDENCIES

    return _answer(run_checks(DEPENDENCIES, context), context)


def _results(context: HealthContext) -> "list[Result]":
    from shared.services.health.check_runs import run_checks
    from shared.services.health.checks.registry import all_checks

    return run_checks(all_checks(context), context)


def _metrics(request: HttpRequest, context: HealthContext) -> HttpResponse:
    from functions.health.metrics import metrics

    accept = request.headers.get("accept", "")
    return metrics(_results(context), _usage(context), _rejections(context), accept=accept)


def _answer(results: "list[Result]", context: HealthContext) -> HttpResponse:
    from shared.health.report import report

    runbooks = context.config.health.runbooks or ""
    content = report(results, version=version(), now=context.now, runbooks=runbooks, release=context.release)
    return json_response(503 if content["status"] == "fail" else 200, content, _HEADERS)


def _public(path: str, request: HttpRequest, context: HealthContext) -> HttpResponse:
    from functions.health import status
    from functions.health.status_forms import FORMS
    from shared.services.status_page.page import declared

    page = declared(context.config)
    if page is None or path not in FORMS:
        raise NotFound("This path does not exist.")
    return status.answer(request, page, context)


def _usage(context: Context) -> "dict[str, dict[Outcome, int]]":
    from shared.process.fan_out import ask_all
    from shared.services.flags.usage import reported

    (answer,) = ask_all([lambda: reported(context.store)], context.config.health.dependency_timeout)
    return answer if isinstance(answer, dict) else {}


def _rejections(context: Context) -> dict[tuple[str, int], int]:
    """The counts by source and status. The reason is for the operator alone: a stranger may read these metrics."""
    from shared.intake.rejections import by_status
    from shared.process.fan_out import ask_all
    from shared.services.intake.rejections import stored

    (answer,) = ask_all([lambda: stored(context.store)], context.config.health.dependency_timeout)
    return by_status(answer, context.config.sources) if isinstance(answer, list) else {}
