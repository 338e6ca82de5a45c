"""The one place where a request begins and an error ends: platform types in, plain values to the handler, and back."""

import base64
import gc
import io
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import flask
from cloudevents.http import CloudEvent
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request

from shared.errors import AlreadyExists, Conflict, Malformed, OposError, TooLarge, TooSlow
from shared.process.reading_deadline import reading_deadline
from shared.runtime import container as runtime
from shared.runtime.invocation import Invocation
from shared.telemetry import setup as telemetry
from shared.telemetry import tracing
from shared.telemetry.fault_response import OURS, fault_response
from shared.telemetry.logger import log as _log
from shared.values.http import HttpRequest, HttpResponse, error_response

if TYPE_CHECKING:
    from shared.events import Message

T = TypeVar("T")
HttpHandler = Callable[[HttpRequest, Invocation], HttpResponse]
Note = Callable[[OposError, HttpRequest, Invocation], None]
"""What a function does with an error that it answers with 4xx. It gets the request without its body."""
EventHandler = Callable[[Any, Invocation], None]

BODY_LIMIT = 1024 * 1024
OUR_FAULT = 500
"""From this status on, an answer reports a fault of ours."""
READING_TIME = 10.0
"""Seconds in which the body of a request has to arrive."""
PATIENCE = 20.0
"""Seconds for which a conflict is retried: less than a push may take, so that the bus does not deliver it twice."""
_queues = [threading.Lock() for _ in range(64)]

# The first model would search everything that is installed for plugins of pydantic; opos has none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
telemetry.configure()


def run_http(request: flask.Request, handle: HttpHandler, note: Note | None = None) -> flask.Response:
    """The answer of *handle* to *request*; every error becomes the JSON body of DESIGN section 6.

    *note* is called with each error that is the caller's.
    """
    with tracing.serving(_function(handle.__module__), request.environ.get("HTTP_TRACEPARENT")) as span:
        answer = _answer(request, handle, note, span.place.trace)
        span.tell(method=request.method, status=answer.status)
    return flask.Response(answer.body, answer.status, dict(answer.headers))


def _answer(request: flask.Request, handle: HttpHandler, note: Note | None, trace: str) -> HttpResponse:
    try:
        context = runtime.current().context(trace)
        plain = _plain_request(request)
        return retry_conflicts(lambda: handle(plain, context))
    except OposError as fault:
        if note and fault.http_status < OUR_FAULT:
            _note(note, fault, request, trace)
        return fault_response(fault)
    except Exception as fault:  # noqa: BLE001  (the last resort)
        return _crash_answer(fault)


def _note(note: Note, fault: OposError, request: flask.Request, trace: str) -> None:
    """Passes *fault* to *note*. The answer is the same if that fails."""
    try:
        plain = HttpRequest(request.method, request.path, caller=caller_of(request))
        note(fault, plain, runtime.current().context(trace))
    except Exception as second:  # noqa: BLE001  (the caller gets its answer whatever becomes of the count)
        _log.warning("rejection_not_counted", error=type(second).__name__)


def run_event(event: CloudEvent, handlers: Mapping["type[Message]", EventHandler]) -> None:
    """Pass the message in *event*, a Pub/Sub push, to the handler of its topic. Ends the request with an error if the
    message has to be delivered again.
    """
    topic = str(event["source"]).rpartition("/topics/")[2]
    function = _function(next(iter(handlers.values())).__module__)
    with tracing.consuming(function, topic, _attributes(event)) as span:
        answer = _refusal(lambda: _handle(topic, event, handlers, span))
        if answer:
            span.tell(status=answer.status)
    if answer:
        flask.abort(flask.Response(answer.body, answer.status, dict(answer.headers)))


def _refusal(handle: Callable[[], None]) -> HttpResponse | None:
    """The error that *handle* raised, as an answer; None if it raised none."""
    try:
        handle()
    except OposError as fault:
        return fault_response(fault)
    except Exception as fault:  # noqa: BLE001  (raised, the framework would log its text)
        return _crash_answer(fault)
    return None


def _attributes(event: CloudEvent) -> dict[str, str]:
    """The attributes of the message in *event*, in whatever shape it is: its sender is not authenticated yet."""
    message = event.data.get("message") if isinstance(event.data, dict) else None
    values = message.get("attributes") if isinstance(message, dict) else None
    return {name: text for name, text in values.items() if isinstance(text, str)} if isinstance(values, dict) else {}


def _handle(
    topic: str, event: CloudEvent, handlers: Mapping["type[Message]", EventHandler], span: tracing.Span
) -> None:
    from pydantic import ValidationError

    _require_push(flask.request)
    contract = next((contract for contract in handlers if contract.topic == topic), None)
    if contract is None:
        expected = ", ".join(contract.topic for contract in handlers)
        raise OposError(f"expected a message of the topic {expected}, found a message of another topic")
    try:
        message = contract.from_push(base64.b64decode(event.data["message"]["data"]), _attributes(event))
    except ValidationError as fault:
        _log.error("message_contract_broken", topic=topic, faults=fault.error_count())
        raise OposError(f"The message does not match the contract of {topic}.") from None
    span.tell(**tracing.about(message))
    context = runtime.current().context(span.place.trace)
    retry_conflicts(lambda: handlers[contract](message, context))


def _crash_answer(fault: Exception) -> HttpResponse:
    _log.exception("crashed", error=type(fault).__name__)
    return error_response(OposError(OURS))


@lru_cache(maxsize=64)
def _function(module: str) -> str:
    """The name of the function whose handler is *module*."""
    names = module.split(".")
    return names[1] if names[0] == "functions" else ""


def _require_push(request: flask.Request) -> None:
    """Raises Unauthorized unless Pub/Sub or Scheduler is calling, and Unavailable if that cannot be verified now."""
    process = runtime.current()
    _log_once_whether_pushes_are_authenticated(deployed=process.settings.deployed)
    process.callers.require_push(_headers(request.environ), process.clock.now())


@cache
def _log_once_whether_pushes_are_authenticated(*, deployed: bool) -> None:
    _log.info("push_authentication", state="on" if deployed else "off, since this is not deployed")


def retry_conflicts(run: Callable[[], T]) -> T:
    """The result of *run*, which runs again for as long as another writer commits first. Handlers are idempotent, so
    that is safe.

    The requests of this process that lost the race for one document wait for each other here, so that a storm on one
    document becomes a queue; only between processes does a random wait keep them apart.
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
        caller=caller_of(request),
    )


def caller_of(request: Request) -> str:
    """The address that the nearest proxy saw. The platform always has a proxy; elsewhere it runs on this machine.

    Only the last entry of X-Forwarded-For comes from that proxy; the caller may have written the ones before it.
    """
    peer = request.remote_addr or ""
    forwarded = request.environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    behind_proxy = forwarded and (peer in {"127.0.0.1", "::1"} or runtime.current().settings.deployed)
    return forwarded if behind_proxy else peer


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """The headers by their lower-case names, from the environment itself (PEP 3333): the framework's view is slow."""
    return {header: value for name, value in environ.items() if (header := _header(name)) and value}


@lru_cache(maxsize=512)
def _header(variable: str) -> str:
    """The name of the header in *variable* of the environment; empty for a variable that holds no header."""
    if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        return variable.replace("_", "-").lower()
    is_header = variable.startswith("HTTP_") and variable not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}
    return variable.removeprefix("HTTP_").replace("_", "-").lower() if is_header else ""


def _body(request: flask.Request) -> bytes:
    # One byte more than allowed, so that a chunked body over the limit is detected, and not silently cut short.
    request.max_content_length = BODY_LIMIT + 1
    began = time.monotonic()
    try:
        body = _read(request)
        if len(body) < (request.content_length or 0):  # gunicorn gives what it has when the sender leaves
            raise Malformed("expected as many bytes as the Content-Length says, found fewer")
    except OposError as fault:
        # functions-framework reads the whole request before it answers, so nothing may be left to read.
        request.__dict__["stream"] = io.BytesIO()
        raise too_slow(READING_TIME) if time.monotonic() - began >= READING_TIME else fault from None
    if len(body) > BODY_LIMIT:
        raise too_large()
    return body


def _read(request: flask.Request) -> bytes:
    try:
        with reading_deadline(request.environ.get("gunicorn.socket"), READING_TIME):
            return request.get_data()
    except RequestEntityTooLarge:
        raise too_large() from None
    except Exception:  # noqa: BLE001  (only the sender or the network can make a read fail)
        raise Malformed("expected a complete body, found one that breaks off or has malformed chunks") from None


def too_slow(seconds: float) -> TooSlow:
    return TooSlow(f"expected the whole body within {seconds:g} seconds", hint="Send it again.")


def too_large() -> TooLarge:
    message = f"expected a body of at most {BODY_LIMIT} bytes, found more"
    return TooLarge(message, hint="Send less, or a link to the rest.")


# What is loaded by now stays loaded. If the collector went through it again, it would copy each page of it in the
# server's worker, which shares those pages with the process that loaded them.
gc.freeze()
