"""The check of OFREP's answers itself: what OFREP does not allow fails."""

import json
from typing import Any

import pytest

from tests.support.ofrep import FLAGS, require_valid

FLAG = {"key": "a", "reason": "STATIC", "value": True, "variant": "on", "metadata": {}}
FAILED = {"key": "a", "errorCode": "GENERAL", "errorDetails": "no"}
TAGGED = {"content-type": "application/json", "etag": '"1"'}


@pytest.mark.parametrize(
    ("path", "status", "content"),
    [
        ("/a", 200, FLAG | {"reason": "OVERRIDE"}), ("/a", 200, FLAG | {"reason": "DEFAULT"}), ("/a", 200, {"key": "a"}),
        ("/a", 200, FLAG | {"value": None}), ("/a", 200, FLAG | {"variant": None}), ("/a", 200, FAILED),
        ("/a", 200, FLAG | {"metadata": {"list": []}}), ("/a", 404, FAILED), ("/a", 400, {"errorCode": "GENERAL"}),
        ("/a", 418, FAILED), ("/a", 401, FAILED), ("/a", 405, FAILED), ("/a", 429, FAILED), ("/a", 500, {}), ("/a", 304, FLAG),
        ("", 200, {"flags": [FLAG | {"reason": "OVERRIDE"}]}), ("", 200, {"flags": [FAILED | {"errorCode": "FLAG_NOT_FOUND"}]}),
        ("", 200, FLAG), ("", 404, FAILED | {"errorCode": "FLAG_NOT_FOUND"}), ("", 200, {"flags": [FLAG | FAILED]}),
    ],
)  # fmt: skip
def test_an_answer_that_ofrep_does_not_allow_fails(path: str, status: int, content: Any) -> None:
    with pytest.raises(AssertionError):
        require_valid("POST", FLAGS + path, status, json.dumps(content), TAGGED)


@pytest.mark.parametrize(
    ("status", "headers"), [(200, {}), (429, {"retry-after": "soon"}), (429, {"retry-after": "1.5"})]
)
def test_an_answer_without_the_headers_that_clients_read_fails(status: int, headers: dict[str, str]) -> None:
    content = json.dumps({"flags": []} if status == 200 else FAILED)
    with pytest.raises(AssertionError):
        require_valid("POST", FLAGS, status, content, {"content-type": "application/json", **headers})
