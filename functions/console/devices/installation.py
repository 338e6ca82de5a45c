"""What makes the console installable, and what a browser needs to show a push: manifest, icons, service worker.

Nobody needs to sign in for them: they hold nothing of the operator's. Sources: W3C Web Application Manifest; Apple,
"Configuring Web Applications" (`apple-touch-icon`); W3C Service Workers (a worker controls the pages below its path,
so it is at the root).
"""

import json
from functools import cache
from pathlib import Path

from functions.console.context import ConsoleContext
from shared.values.http import HttpRequest, HttpResponse

_FOLDER = Path(__file__).with_name("files")
_TYPES = {".js": "text/javascript; charset=utf-8", ".png": "image/png", ".svg": "image/svg+xml"}
_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_REVALIDATED, _KEPT = {"cache-control": "no-cache"}, {"cache-control": "public, max-age=86400"}
_MANIFEST = {
    "id": "/", "name": "opos", "short_name": "opos", "description": "The console of One-Person OS",
    "start_url": "/app", "scope": "/", "display": "standalone", "background_color": "#0f1113", "theme_color": "#0f1113",
    "icons": [
        {"src": "/favicon.svg", "type": "image/svg+xml", "sizes": "any"},
        {"src": "/icon-192.png", "type": "image/png", "sizes": "192x192"},
        {"src": "/icon-512.png", "type": "image/png", "sizes": "512x512"},
        {"src": "/icon-maskable-512.png", "type": "image/png", "sizes": "512x512", "purpose": "maskable"},
    ],
}  # fmt: skip
ICONS = (
    "favicon.svg", "icon-192.png", "icon-512.png", "icon-maskable-512.png", "apple-touch-icon.png", "badge-96.png",
)  # fmt: skip


def manifest(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    headers = {"content-type": "application/manifest+json", **_REVALIDATED, **_HEADERS}
    return HttpResponse(200, json.dumps(_MANIFEST).encode(), headers)


def icon(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    return _file(_FOLDER / request.path.strip("/"), _KEPT)


def worker(request: HttpRequest, context: ConsoleContext) -> HttpResponse:
    """The service worker, which may fetch nothing."""
    return _file(_FOLDER / "sw.js", _REVALIDATED)


def _file(path: Path, freshness: dict[str, str]) -> HttpResponse:
    return HttpResponse(200, _content(path), {"content-type": _TYPES[path.suffix], **freshness, **_HEADERS})


@cache
def _content(path: Path) -> bytes:
    return path.read_bytes()
