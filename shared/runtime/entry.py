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

from shared.errors import AlreadyExists, Conflict, OposError, TooLarge
from shared.runtime import container as runtime
from shared.runtime.invocation import Invocation
from shared.telemetry import setup as telemetry
from shared.telemetry import tracing
from shared.telemetry.logger import log as _log
from shared.values.http import HttpRequest, HttpResponse, error_response

if TYPE_CHECKING:
    from shared.events import Message

T = TypeVar("T")
HttpHandler = Callable[[HttpRequest, Invocation], HttpResponse]
EventHandler = Callable[[Any, Invocation], None]

BODY_LIMIT = 1024 * 1024
PATIENCE = 20.0
"""Seconds for which a conflict is tried again: less than a push may take, so that the bus does not deliver it twice."""
_OURS = "Something went wrong on our side. It has been logged."
_queues = [threading.Lock() for _ in range(64)]

# The first model would look through all that is installed for plugins of pydantic's: opos has none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
telemetry.configure()


def run_http(request: flask.Request, handle: HttpHandler) -> flask.Response:
    """Answer *request* with what *handle* makes of it; every error becomes the JSON body of DESIGN section 6."""
    with tracing.serving(_function(handle.__module__), request.environ.get("HTTP_TRACEPARENT")) as span:
        answer = _answer(request, handle, span.place.trace)
        span.tell(method=request.method, status=answer.status)
    return flask.Response(answer.body, answer.status, dict(answer.headers))


def _answer(request: flask.Request, handle: HttpHandler, trace: str) -> HttpResponse:
    try:
        context = runtime.current().context(trace)
        plain = _plain_request(request)
        return retry_conflicts(lambda: handle(plain, context))
    except OposError as fault:
        return _told(fault)
    except Exception as fault:  # noqa: BLE001  (the last resort)
        return _crashed(fault)


def run_event(event: CloudEvent, handlers: Mapping["type[Message]", EventHandler]) -> None:
    """Hand the message in *event*, a Pub/Sub push, to the handler of its topic; end the request with an error when it
    has to be delivered again.
    """
    topic = str(event["source"]).rpartition("/topics/")[2]
    function = _function(next(iter(handlers.values())).__module__)
    with tracing.consuming(function, topic, _attributes(event)) as span:
        answer = _refusal(lambda: _hear(topic, event, handlers, span))
        if answer:
            span.tell(status=answer.status)
    if answer:
        flask.abort(flask.Response(answer.body, answer.status, dict(answer.headers)))


def _refusal(hear: Callable[[], None]) -> HttpResponse | None:
    try:
        hear()
    except OposError as fault:
        return _told(fault)
    except Exception as fault:  # noqa: BLE001  (raised, the framework would log its text)
        return _crashed(fault)
    return None


def _attributes(event: CloudEvent) -> dict[str, str]:
    """Those of the message in *event*, if it is one: who sent it has yet to prove to be the bus."""
    pushed = event.data.get("message") if isinstance(event.data, dict) else None
    found = pushed.get("attributes") if isinstance(pushed, dict) else None
    return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def _hear(topic: str, event: CloudEvent, handlers: Mapping["type[Message]", EventHandler], span: tracing.Span) -> None:
    from pydantic import ValidationError

    _require_push(flask.request)
    contract = next((one for one in handlers if one.topic == topic), None)
    if contract is None:
        expected = ", ".join(one.topic for one in handlers)
        raise OposError(f"expected a message of the topic {expected}, found one of another")
    try:
        message = contract.from_push(base64.b64decode(event.data["message"]["data"]), _attributes(event))
    except ValidationError as fault:
        _log.error("message_contract_broken", topic=topic, faults=fault.error_count())
        raise OposError(f"The message does not hold the contract of {topic}.") from None
    span.tell(**tracing.about(message))
    context = runtime.current().context(span.place.trace)
    retry_conflicts(lambda: handlers[contract](message, context))


def _told(fault: OposError) -> HttpResponse:
    """What the caller is told of *fault*: where it is our own, the operator reads why, and no stranger."""
    if fault.http_status < 500:  # noqa: PLR2004
        return error_response(fault)
    _log.warning("failed", error=type(fault).__name__, fault=fault.message)
    fault.hint = None
    return error_response(fault if fault.retryable else OposError(_OURS))


def _crashed(fault: Exception) -> HttpResponse:
    _log.exception("crashed", error=type(fault).__name__)
    return error_response(OposError(_OURS))


@lru_cache(maxsize=64)
def _function(module: str) -> str:
    """The function that a handler's *module* belongs to."""
    names = module.split(".")
    return names[1] if names[0] == "functions" else ""


def _require_push(request: flask.Request) -> None:
    """Raises Unauthorized unless Pub/Sub or Scheduler is calling, and Unavailable where nobody can say."""
    ours = runtime.current()
    _say_once_whether_pushes_are_checked(deployed=ours.settings.deployed)
    ours.callers.require_push(_headers(request.environ), ours.clock.now())


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
    forwarded = request.environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    behind_proxy = forwarded and (peer in {"127.0.0.1", "::1"} or runtime.current().settings.deployed)
    return forwarded if behind_proxy else peer


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


# What is loaded by now stays for good. Were it looked through again, each page of it would be copied in the server's
# worker, which shares it with the process that loaded it.
gc.freeze()
