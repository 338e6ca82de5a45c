"""Cloud Run's front: addresses, the check of who calls, and the traffic split, played from the recorded state.

Source: Cloud Run documentation, "Service-to-service authentication" and "Rollbacks, gradual rollouts, and traffic
migration".
"""

import base64
import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.support.recording_gcloud.cloud import RecordedCloud
from tests.support.recording_gcloud.serving import holders
from tests.support.recording_gcloud.state import State

INVOKER, AUDIENCES = "roles/run.invoker", "run.googleapis.com/custom-audiences"
AUTHORIZATION, SERVERLESS = "authorization", "x-serverless-authorization"
REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    """Without the service, with the query."""
    headers: Mapping[str, str]
    """Their names in small letters."""
    body: bytes
    service: str


Response = tuple[int, Mapping[str, str], bytes]
Answer = Callable[[str, Request], Response]
"""What the revision of that name answers."""


@dataclass
class Front:
    """`/{service}/PATH` goes to a revision drawn by the split, `/{tag}---{service}/PATH` to the tagged one.

    The recorded addresses are the front's while it is open. It answers 403 to who may not call, 401 to a token that is
    for something else, 404 where there is no such service or tag. `served` says who answered what.
    """

    cloud: RecordedCloud
    answer: Answer
    strips: bool = True
    """As Cloud Run does: a function behind the check of who calls sees the token, but its signature removed."""
    served: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Service, revision, path, status."""
    draw: random.Random = field(default_factory=lambda: random.Random(8))

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._server.daemon_threads = True
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.cloud.serve_at(self.url)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.cloud.serve_at("")

    def respond(self, request: Request) -> Response:
        tag, _, service = request.service.rpartition("---")
        state = self.cloud.state
        if service not in state["services"]:
            return _page(404, "Page not found")
        if refused := _refused(state, service, request.headers, f"{self.url}/{service}"):
            return refused
        if (revision := self._revision(state["services"][service], tag)) is None:
            return _page(404, "Page not found")
        shown = _stripped(request) if self.strips and not _is_public(state, service) else request
        status, headers, body = self.answer(revision, Request(**{**vars(shown), "service": service}))
        with self._lock:
            self.served.append((service, revision, request.path, status))
        return status, headers, body

    def _revision(self, service: dict[str, Any], tag: str) -> str | None:
        targets = service["status"]["traffic"]
        if tag:
            return next((str(one["revisionName"]) for one in targets if one.get("tag") == tag), None)
        weights = [one.get("percent", 0) for one in targets]
        with self._lock:
            return str(self.draw.choices(targets, weights)[0]["revisionName"])


def _refused(state: State, service: str, headers: Mapping[str, str], url: str) -> Response | None:
    """What Cloud Run itself says to who may not call. It looks at the header made for it, where there are both."""
    if _is_public(state, service):
        return None
    scheme, _, token = (headers.get(SERVERLESS) or headers.get(AUTHORIZATION, "")).partition(" ")
    if scheme.lower() != "bearer":
        return _page(403, "Your client does not have permission to get the URL from this server.")
    claims = _claims(token)
    if claims.get("aud") not in {url, *json.loads(state["services"][service]["metadata"]["annotations"][AUDIENCES])}:
        return _page(401, "The access token could not be verified")
    if f"serviceAccount:{claims.get('email')}" not in holders(state, f"services/{service}", INVOKER):
        return _page(403, "Your client does not have permission to get the URL from this server.")
    return None


def _is_public(state: State, service: str) -> bool:
    return "allUsers" in holders(state, f"services/{service}", INVOKER)


def _claims(token: str) -> dict[str, Any]:
    try:
        body = token.split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return found


def _stripped(request: Request) -> Request:
    """The token that was looked at loses its signature."""
    name = SERVERLESS if SERVERLESS in request.headers else AUTHORIZATION
    value = request.headers[name].rpartition(".")[0] + f".{REMOVED}"
    return Request(**{**vars(request), "headers": {**request.headers, name: value}})


def _page(status: int, text: str) -> Response:
    headers = {"content-type": "text/html; charset=UTF-8"}
    return status, headers, f"<html><head><title>{status}</title></head><body>{text}</body></html>".encode()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, front: Front, *rest: Any) -> None:
        self.front = front
        super().__init__(*rest)

    def pass_on(self) -> None:
        service, _, path = self.path.lstrip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answered, content = self.front.respond(Request(self.command, f"/{path}", headers, body, service))
        self.send_response(status)
        for name, value in {**answered, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing is written between the dots of a test run."""


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
    setattr(_Handler, f"do_{_method}", _Handler.pass_on)
