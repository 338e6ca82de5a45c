"""The one place where a request begins and an error ends: platform types in, plain values to the handler, and back."""

import base64
import io
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar

import flask
import structlog
from cloudevents.http import CloudEvent
from pydantic import ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from shared import runtime, telemetry
from shared.context import Context
from shared.errors import AlreadyExists, Conflict, OposError, TooLarge, Unauthorized, Unavailable
from shared.events import Message
from shared.http import HttpRequest, HttpResponse, error_response

T = TypeVar("T")
HttpHandler = Callable[[HttpRequest, Context], HttpResponse]
EventHandler = Callable[[Any, Context], None]

BODY_LIMIT = 1024 * 1024
PATIENCE = 20.0
"""Seconds for which a conflict is tried again: less than a push may take, so that the bus does not deliver it twice."""
_queues = [threading.Lock() for _ in range(64)]
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

_log = structlog.get_logger()
telemetry.configure()


def run_http(request: flask.Request, handle: HttpHandler) -> flask.Response:
    """Answer *request* with what *handle* makes of it; every error becomes the JSON body of DESIGN section 6."""
    trace = _trace(request.headers.get("traceparent"))
    try:
        context = runtime.current().context(trace)
        with telemetry.traced(context.trace):
            plain = _plain_request(request)
            answer = retry_conflicts(lambda: handle(plain, context))
    except OposError as fault:
        answer = error_response(fault)
    except Exception as fault:  # noqa: BLE001  (the last resort: nothing of it is shown to the caller)
        _log.exception("crashed", error=type(fault).__name__)
        answer = error_response(OposError("Something went wrong on our side. It has been logged."))
    return flask.Response(answer.body, answer.status, dict(answer.headers))


def run_event(event: CloudEvent, handlers: Mapping[type[Message], EventHandler]) -> None:
    """Hand the message in *event*, a Pub/Sub push, to the handler of its topic. Raising means: deliver it again."""
    _require_push(flask.request)
    topic = str(event["source"]).rpartition("/topics/")[2]
    contract = next((one for one in handlers if one.topic == topic), None)
    if contract is None:
        expected = ", ".join(one.topic for one in handlers)
        raise OposError(f"expected a message of the topic {expected}, found {event['source']!r}")
    pushed = event.data["message"]
    attributes = pushed.get("attributes") or {}
    try:
        message = contract.from_push(base64.b64decode(pushed["data"]), attributes)
    except ValidationError as fault:
        _log.error("message_contract_broken", topic=topic, faults=fault.error_count())
        raise OposError(f"The message does not hold the contract of {topic}.") from None
    context = runtime.current().context(attributes.get("trace"))
    with telemetry.traced(context.trace):
        retry_conflicts(lambda: handlers[contract](message, context))


def _require_push(request: flask.Request) -> None:
    """Ends the request with 401 unless Pub/Sub or Scheduler is calling, and with 503 where nobody can say."""
    ours = runtime.current()
    _say_once_whether_pushes_are_checked(deployed=ours.settings.deployed)
    try:
        ours.callers.require_push(_headers(request.environ), ours.clock.now())
    except (Unauthorized, Unavailable) as fault:
        answer = error_response(fault)
        flask.abort(flask.Response(answer.body, answer.status, dict(answer.headers)))


@cache
def _say_once_whether_pushes_are_checked(*, deployed: bool) -> None:
    _log.info("push_authentication", state="on" if deployed else "off, since this is not deployed")


def retry_conflicts(run: Callable[[], T]) -> T:
    """What *run* returns, run again while another writer is quicker: handlers are idempotent, so that is safe.

    Who lost the race for a document waits here for the others of this process that lost it too: a storm on one
    document is then a queue, and only other processes are met by waiting at random.
    """
    try:
        return run()
    except (Conflict, AlreadyExists) as fault:
        queue = _queues[hash(fault.path) % len(_queues)]
        if not queue.acquire(timeout=PATIENCE):
            raise
        try:
            return _run_again(run, fault.path)
        finally:
            queue.release()


def _run_again(run: Callable[[], T], path: str) -> T:
    until, longest = time.monotonic() + PATIENCE, 0.005
    while True:
        _log.info("conflict", path=path)
        try:
            return run()
        except (Conflict, AlreadyExists) as fault:
            path, longest = fault.path, min(2 * longest, 0.5)
            wait = random.uniform(0, longest)  # noqa: S311  (jitter, not a secret)
            if time.monotonic() + wait > until:
                raise
            time.sleep(wait)


def _plain_request(request: flask.Request) -> HttpRequest:
    return HttpRequest(
        method=request.method,
        path=request.path,
        headers=_headers(request.environ),
        query={name: values[0] for name, values in request.args.lists()} if request.query_string else {},
        body=_body(request),
        caller=_caller(request),
    )


def _caller(request: flask.Request) -> str:
    """The address that the nearest proxy saw: on the platform there is always one, elsewhere it runs on this machine.

    Only the last entry of X-Forwarded-For is a proxy's own; those before it are what the caller says.
    """
    peer = request.remote_addr or ""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    behind_proxy = runtime.current().settings.deployed or peer in {"127.0.0.1", "::1"}
    return forwarded if forwarded and behind_proxy else peer


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """By lower-case names. From the environment itself (PEP 3333): the framework's view of it is slow."""
    return {header: value for name, value in environ.items() if (header := _header(name)) and value}


@lru_cache(maxsize=512)
def _header(variable: str) -> str:
    """The header in an environment's *variable*; empty for a variable that holds none."""
    if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        return variable.replace("_", "-").lower()
    is_header = variable.startswith("HTTP_") and variable not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}
    return variable.removeprefix("HTTP_").replace("_", "-").lower() if is_header else ""


def _body(request: flask.Request) -> bytes:
    # One byte more than allowed, so that a chunked body over the limit is seen to be so, and not cut short in silence.
    request.max_content_length = BODY_LIMIT + 1
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        # functions-framework reads the whole request before it answers; there must be nothing left to read.
        request.__dict__["stream"] = io.BytesIO()
        raise _too_large() from None
    if len(body) > BODY_LIMIT:
        raise _too_large()
    return body


def _too_large() -> TooLarge:
    message = f"expected a body of at most {BODY_LIMIT} bytes, found more"
    return TooLarge(message, hint="Send less, or a link to the rest.")


def _trace(traceparent: str | None) -> str | None:
    """The trace id of a W3C traceparent header, when it is a valid one (W3C Trace Context, section 3.2)."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    return match[1] if match else None
