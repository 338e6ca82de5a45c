"""What a function answers over HTTP, whatever it is."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIMEOUT = 15.0
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    """0 where there was none."""
    body: bytes

    def __str__(self) -> str:
        return f"{self.status or 'no answer'}: {self.body[:300].decode('utf-8', 'replace')}"


def failing(report: Mapping[str, Any]) -> list[str]:
    """What a health report says has failed, by name."""
    checks = [check for many in report.get("checks", {}).values() for check in many]
    return sorted({check.get("failure", "unknown") for check in checks if check["status"] == "fail"})


def content(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def ask(url: str, body: bytes | None, headers: Headers) -> Answer:
    request = urllib.request.Request(url, data=body, headers=dict(headers))  # noqa: S310  (Cloud Run told it)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as answer:
        with answer:
            return Answer(answer.code, answer.read())
    except (urllib.error.URLError, OSError, ValueError) as fault:
        return Answer(0, str(getattr(fault, "reason", fault)).encode())
