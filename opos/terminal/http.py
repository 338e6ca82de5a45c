"""An HTTP client for the command line: one request, and its answer whatever the status."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import Unavailable

TIMEOUT = 10.0
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str

    @property
    def body(self) -> Any:
        """The JSON value that the text holds, or the text itself if it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text


def get(url: str, headers: Headers | None = None, *, timeout: float = TIMEOUT) -> Answer:
    """The answer to a GET. Raises Unavailable if there is no answer."""
    return _answer(urllib.request.Request(url, headers=dict(headers or {})), timeout)  # noqa: S310  (a URL of the operator, or of Cloud Run)


def post(url: str, body: bytes, headers: Headers, *, timeout: float = TIMEOUT) -> Answer:
    """The answer to a POST. Raises Unavailable if there is no answer."""
    return _answer(urllib.request.Request(url, data=body, headers=dict(headers), method="POST"), timeout)  # noqa: S310


def _answer(request: urllib.request.Request, timeout: float) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
            return Answer(response.status, response.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as response:
        with response:
            return Answer(response.code, response.read().decode("utf-8", "replace"))
    except (urllib.error.URLError, OSError, ValueError) as fault:
        reason = getattr(fault, "reason", fault)
        raise Unavailable(f"No answer from {request.full_url}: {reason}", hint="Is `opos up` running?") from None
