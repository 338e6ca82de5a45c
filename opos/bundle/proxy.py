"""A port in front of functions that each have a port of their own. The path of a request selects its function."""

import threading
from collections.abc import Iterable, Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from opos.bundle.gateway import function_for

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host"})
"""Headers for the next hop only (RFC 9110, section 7.6.1)."""
PATIENCE = 30.0


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """The functions log for themselves."""


def start_proxy(host: str, port: int, ports: Mapping[str, int]) -> BaseWSGIServer:
    """Listens on *host*:*port* in a thread. *ports* are the ports of the functions."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        return _forward(request, ports[function_for(request.path)])(environ, start_response)

    server = make_server(host, port, application, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, name="proxy", daemon=True).start()
    return server


def _forward(request: Request, port: int) -> Response:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(
            request.method, request.environ["RAW_URI"], request.get_data(), {**headers, "Host": request.host}
        )
        answer = connection.getresponse()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
        return Response(answer.read(), answer.status, kept)
    except (OSError, HTTPException):
        return Response("The function is starting.\n", 503, {"retry-after": "5"})
    finally:
        connection.close()
