"""A request of ASGI as the environment of WSGI (PEP 3333), as gunicorn's WSGI workers make it."""

import sys
from typing import IO, Any
from urllib.parse import unquote_to_bytes


def environ(scope: dict[str, Any], body: IO[bytes]) -> dict[str, Any]:
    """The environment of the request in *scope*, whose whole body is *body*."""
    raw = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(_path(raw)).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": f"{raw}?{query}" if query else raw,
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "REMOTE_ADDR": scope["client"][0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **_headers(scope["headers"]),
    }


def _path(target: str) -> str:
    """The path of a request's target, which a client may also write as a whole URL (RFC 9112, section 3.2.2)."""
    _, _, rest = target.partition("://")
    return f"/{rest.partition('/')[2]}" if rest and not target.startswith("/") else target


def _headers(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in headers:
        key = _key(name.decode("latin-1"))
        values[key] = f"{values[key]},{value.decode('latin-1')}" if key in values else value.decode("latin-1")
    return values


def _key(header: str) -> str:
    key = header.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
