"""The API of Cloud Run over HTTP, from the recorded state, for the real gcloud: then it does its half itself.

It is gcloud's proxy for plain HTTP, so that the names of Google's machines, which it makes itself, need not resolve.
Every other API of Google answers with `refusal`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.http_server import Quiet, served
from tests.support.recording_gcloud import run, serving
from tests.support.recording_gcloud.arguments import Call
from tests.support.recording_gcloud.cloud import RecordedCloud
from tests.support.recording_gcloud.refusals import Refused
from tests.support.recording_gcloud.state import State, opened

KNATIVE = "/apis/serving.knative.dev/v1/namespaces/"
CODES = {"PERMISSION_DENIED": 403, "NOT_FOUND": 404, "ALREADY_EXISTS": 409, "FAILED_PRECONDITION": 400}
OTHERS = ("secretmanager", "cloudresourcemanager", "pubsub", "serviceusage", "artifactregistry", "cloudquotas")


@dataclass
class Api:
    cloud: RecordedCloud
    environment: dict[str, str]
    """With it, the real gcloud asks here and needs no account."""
    refusal: str = "NOT_FOUND: nothing"

    def answer(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """Raises Refused."""
        if not path.startswith(KNATIVE):
            raise Refused(self.refusal)
        kind, _, name = path.removeprefix(KNATIVE).partition("/")[2].partition("/")
        with opened(str(self.cloud.folder)) as state:
            if method in {"PUT", "POST"}:
                return run.shown(state, serving.put(state, json.loads(body)))
            return _found(state, kind, name)


@contextmanager
def api(cloud: RecordedCloud, folder: Path) -> Iterator[Api]:
    """*folder* takes gcloud's own files."""
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text("worthless")
    found = Api(cloud, {})

    class Handler(Quiet):
        def pass_on(self) -> None:
            _answer(self, found)

        do_GET = do_POST = do_PUT = pass_on  # noqa: N815

    with served(Handler) as port:
        found.environment.update(_environment(folder, port))
        yield found


def _environment(folder: Path, port: int) -> dict[str, str]:
    override = "CLOUDSDK_API_ENDPOINT_OVERRIDES_"
    return {
        **{f"{override}{name.upper()}": f"http://{name}.invalid/" for name in ("run", *OTHERS)}, "CLOUDSDK_CONFIG": str(folder), "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(folder / "token"),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API": "false",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1", "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1", "CLOUDSDK_PROXY_PORT": str(port),
    }  # fmt: skip


def _answer(handler: BaseHTTPRequestHandler, api: Api) -> None:
    body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
    try:
        status, found = 200, api.answer(handler.command, urlsplit(handler.path).path, body)
    except Refused as refused:
        word, _, text = refused.text.partition(": ")
        status = CODES[word]
        found = {"error": {"code": status, "status": word, "message": text}}
    content = json.dumps(found).encode()
    handler.send_response(status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def _found(state: State, kind: str, name: str) -> dict[str, Any]:
    if not name:
        return {"items": run.list_services(Call("run services list", [], {}), state)}
    if name not in state[kind]:
        raise Refused(f"NOT_FOUND: Resource '{name}' was not found")
    found: dict[str, Any] = run.shown(state, state[kind][name]) if kind == "services" else state[kind][name]
    return found
