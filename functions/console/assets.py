"""The stylesheet and the script of the console. Their addresses change with their content, so browsers keep them."""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path

from shared.errors import NotFound
from shared.values.http import HttpRequest, HttpResponse

_FOLDER = Path(__file__).with_name("assets")
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_HEADERS = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}


@cache
def address(name: str) -> str:
    """The path of the file *name*, such as `/assets/console-1f0c9a2b.css`."""
    stem, _, suffix = name.rpartition(".")
    return f"/assets/{stem}-{hashlib.sha256(_content(name)).hexdigest()[:8]}.{suffix}"


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


@cache
def _compressed(name: str) -> bytes:
    """Pages themselves are not compressed: their sizes would say something of the token of their forms (BREACH)."""
    return gzip.compress(_content(name), mtime=0)


@cache
def _names() -> dict[str, str]:
    """The name of each file by the last part of its address."""
    names = (file.name for file in _FOLDER.iterdir() if file.suffix in _TYPES)
    return {address(name).rpartition("/")[2]: name for name in names}


def show(request: HttpRequest, context: object, part: str) -> HttpResponse:
    """The file at *part*. Nobody needs to sign in: it holds nothing of the operator's."""
    if (name := _names().get(part)) is None:
        raise NotFound("Page not found")
    headers = {"content-type": _TYPES[Path(name).suffix], "vary": "accept-encoding", **_HEADERS}
    if _reads_gzip(request.headers.get("accept-encoding", "")):
        return HttpResponse(200, _compressed(name), {"content-encoding": "gzip", **headers})
    return HttpResponse(200, _content(name), headers)


def _reads_gzip(accepted: str) -> bool:
    """Whether the header *accepted* allows gzip. Source: RFC 9110, section 12.5.3: a weight of 0 forbids a coding."""
    weights = {
        coding.strip().lower(): parameters.replace(" ", "").lower()
        for coding, _, parameters in (part.partition(";") for part in accepted.split(","))
    }
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", "q=0")))
    return not re.fullmatch(r"q=0(\.0{0,3})?", weight)
