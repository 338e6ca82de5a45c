"""All functions of the bundle behind one WSGI application. functions-framework loads each, as in a deployment."""

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Flask
from functions_framework import create_app
from werkzeug.test import Client

from opos.bundle.front import WSGI
from shared.ports.topology import FUNCTIONS, ROUTES
from shared.telemetry.logger import log as _log


def load_functions(names: Iterable[str] = FUNCTIONS) -> dict[str, Flask]:
    return {name: _load(name) for name in names}


def gateway(functions: Mapping[str, Flask]) -> WSGI:
    """The HTTP surface of the bundle on one port."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return functions[function_for(environ.get("PATH_INFO", "/"))](environ, start_response)

    return application


def function_for(path: str) -> str:
    """The function that answers *path*: the one with the first matching prefix. No path leads to a function that only
    the bus may call.
    """
    return next(function for prefix, function in ROUTES if prefix in {"/", path} or path.startswith(f"{prefix}/"))


def push_in_process(functions: Mapping[str, Flask]) -> Callable[[str, str, dict[str, Any]], int]:
    """Pushes to a function through its functions-framework application: no port is open to other programs."""
    clients = {name: Client(application) for name, application in functions.items()}

    def push(function: str, path: str, body: dict[str, Any]) -> int:
        try:
            return clients[function].post(path, json=body).status_code
        except Exception as fault:  # noqa: BLE001  (on the platform, too, a crash is answered with 500)
            _log.exception("function_crashed", function=function, error=type(fault).__name__)
            return 500

    return push


def _load(name: str) -> Flask:
    application: Flask = create_app(target=name, source=str(function_source(name)))  # type: ignore[no-untyped-call]
    return application


def function_source(name: str) -> Path:
    spec = find_spec(f"functions.{name}")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"functions/{name} is not installed")
    return Path(spec.origin).with_name("main.py")
