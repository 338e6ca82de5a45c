"""A port in front of functions that each have a port of their own. The path of a request selects its function.

`python -m opos.bundle.proxy HOST PORT PORTS` serves it; PORTS is a JSON object of the functions' ports.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any

from werkzeug.wrappers import Request, Response

from opos.bundle.connection import listen
from opos.bundle.front import LIMITS, WSGI, Front
from opos.bundle.gateway import function_for
from shared.runtime.entry import caller_of

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host"})
"""Headers for the next hop only (RFC 9110, section 7.6.1)."""
_OWN = frozenset({"content-length", "x-forwarded-for"})
"""Headers that the proxy writes itself: it has cut a body that is too large, and it knows who has called."""
PATIENCE = 30.0


def proxy(ports: Mapping[str, int]) -> WSGI:
    """An application that forwards each request to its function. *ports* are the ports of the functions."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        return _forward(request, ports[function_for(request.path)])(environ, start_response)

    return application


def _forward(request: Request, port: int) -> Response:
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP | _OWN}
    caller = {"X-Forwarded-For": caller_of(request)}
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(
            request.method, request.environ["RAW_URI"], request.get_data(), {**headers, **caller, "Host": request.host}
        )
        answer = connection.getresponse()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
        return Response(answer.read(), answer.status, kept)
    except (OSError, HTTPException):
        return Response("The function is starting.\n", 503, {"retry-after": "5"})
    finally:
        connection.close()


if __name__ == "__main__":
    listen(Front(proxy(json.loads(sys.argv[3])), LIMITS), sys.argv[1], int(sys.argv[2]), when_ready=lambda: None)
