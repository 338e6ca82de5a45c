"""Functions on functions-framework's ASGI server, beside which `servers` measures the ones that are deployed.

A handler that only computes runs on the event loop; one that waits for the store runs in a thread.
"""

import asyncio
from collections.abc import Callable

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.flag_evaluator.handler import handle as evaluate
from functions.webhook_intake.handler import handle as take_in
from shared.runtime import container as runtime
from shared.runtime.entry import READING_TIME, retry_conflicts
from shared.runtime.invocation import Invocation
from shared.telemetry import tracing
from shared.values.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest, Invocation], HttpResponse]


@functions_framework.aio.http
async def hello(request: Request) -> str:
    await request.body()
    return "OK"


@functions_framework.aio.http
async def flag_evaluator(request: Request) -> Response:
    return answered("flag_evaluator", evaluate, await plain(request))


@functions_framework.aio.http
async def webhook_intake(request: Request) -> Response:
    return await asyncio.to_thread(answered, "webhook_intake", take_in, await plain(request))


async def plain(request: Request) -> HttpRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}
    async with asyncio.timeout(READING_TIME):
        body = await request.body()
    return HttpRequest(request.method, request.url.path, headers, dict(request.query_params), body)


def answered(function: str, handle: Handler, request: HttpRequest) -> Response:
    with tracing.serving(function, request.headers.get("traceparent")) as span:
        context = runtime.current().context(span.place.trace)
        answer = retry_conflicts(lambda: handle(request, context))
        span.tell(method=request.method, status=answer.status)
    return Response(answer.body, answer.status, dict(answer.headers))
