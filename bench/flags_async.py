"""The flag evaluator and a bare function as ASGI functions: what ADR 16 weighed against the ones that are deployed."""

import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

from functions.flag_evaluator.handler import handle
from shared.runtime import container as runtime
from shared.values.http import HttpRequest


@functions_framework.aio.http
async def hello(request: Request) -> str:
    await request.body()
    return "OK"


@functions_framework.aio.http
async def flag_evaluator(request: Request) -> Response:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}
    body = await request.body()
    plain = HttpRequest(request.method, request.url.path, headers, dict(request.query_params), body)
    answer = handle(plain, runtime.current().context())
    return Response(answer.body, answer.status, dict(answer.headers))
