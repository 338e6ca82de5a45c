"""The flag evaluator over plain requests: the protocol's answers, a person's answers, and hostile input."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog

from functions.flag_evaluator.handler import handle
from shared.errors import NotFound
from shared.flags import Flag, FlagSet
from shared.http import HttpRequest, HttpResponse

FLAGS = {
    "everyone": Flag(enabled=True),
    "quarter": Flag(enabled=True, rollout=25),
    "members": Flag(enabled=True, requires_auth=True),
    "nobody": Flag(enabled=False),
}
BULK = "/ofrep/v1/evaluate/flags"


@dataclass
class FlagsOnly:
    """A context that has flags, and would fail on anything else."""

    flags: FlagSet = field(default_factory=lambda: FlagSet(FLAGS))


def ask(method: str, path: str, body: bytes = b"", flags: FlagSet | None = None, **more: Any) -> HttpResponse:
    context: Any = FlagsOnly(flags or FlagSet(FLAGS))
    return handle(HttpRequest(method, path, body=body, **more), context)


def content(answer: HttpResponse) -> Any:
    return json.loads(answer.body)


def of_user(user: str) -> bytes:
    return json.dumps({"context": {"targetingKey": user}}).encode()


@pytest.mark.parametrize(
    ("key", "body", "value", "reason"),
    [
        ("everyone", b"", True, "STATIC"),
        ("everyone", b"{}", True, "STATIC"),
        ("everyone", b'{"context": {}}', True, "STATIC"),
        ("everyone", b"\xef\xbb\xbf{}", True, "STATIC"),
        ("nobody", b"{}", False, "DISABLED"),
        ("members", b"{}", False, "TARGETING_MATCH"),
        ("members", of_user("u1"), True, "STATIC"),
        ("quarter", of_user("u1"), False, "SPLIT"),
        ("quarter", of_user("u2"), True, "SPLIT"),
    ],
)
def test_one_flag_is_answered_whole(key: str, body: bytes, value: bool, reason: str) -> None:  # noqa: FBT001
    answer = ask("POST", f"{BULK}/{key}", body)
    expected = {"key": key, "value": value, "variant": "on" if value else "off", "reason": reason, "metadata": {}}
    assert (answer.status, content(answer)) == (200, expected)


@pytest.mark.parametrize(
    ("key", "body", "status", "code"),
    [
        ("unheard-of", b"{}", 404, "FLAG_NOT_FOUND"),
        ("\ud800", b"{}", 404, "FLAG_NOT_FOUND"),
        ("quarter", b"", 400, "TARGETING_KEY_MISSING"),
        ("quarter", of_user(""), 400, "TARGETING_KEY_MISSING"),
        ("everyone", b"{", 400, "PARSE_ERROR"),
        ("everyone", b"\0", 400, "PARSE_ERROR"),
        ("everyone", b"\xff", 400, "PARSE_ERROR"),
        ("everyone", b"9" * 5000, 400, "PARSE_ERROR"),
        ("everyone", b"[" * 100_000, 400, "PARSE_ERROR"),
        ("everyone", b'{"a":' * 100_000, 400, "PARSE_ERROR"),
        ("everyone", b"[]", 400, "INVALID_CONTEXT"),
        ("everyone", b"5", 400, "INVALID_CONTEXT"),
        ("everyone", b'{"context": [1]}', 400, "INVALID_CONTEXT"),
        ("everyone", b'{"context": "u1"}', 400, "INVALID_CONTEXT"),
        ("everyone", b'{"context": {"targetingKey": 1}}', 400, "INVALID_CONTEXT"),
        ("everyone", b'{"context": {"targetingKey": null}}', 400, "INVALID_CONTEXT"),
        ("everyone", b'{"context": {"targetingKey": "\\ud800"}}', 400, "INVALID_CONTEXT"),
        ("everyone", b'{"context": {"targetingKey": "\xed\xa0\x80"}}', 400, "INVALID_CONTEXT"),
    ],
)
def test_a_fault_is_answered_in_the_words_of_the_protocol(key: str, body: bytes, status: int, code: str) -> None:
    answer = ask("POST", f"{BULK}/{key}", body)
    found = content(answer)
    assert (answer.status, found["errorCode"]) == (status, code)
    assert found["errorDetails"]
    assert set(found) == {"key", "errorCode", "errorDetails"}


def test_all_flags_are_answered_at_once_each_with_its_own_fault() -> None:
    found = {flag["key"]: flag for flag in content(ask("POST", BULK))["flags"]}
    assert set(found) == set(FLAGS)
    assert found["everyone"]["value"] is True
    assert found["quarter"]["errorCode"] == "TARGETING_KEY_MISSING"
    assert "value" not in found["quarter"]


def test_all_flags_of_a_broken_request_are_a_fault() -> None:
    answer = ask("POST", BULK, b"{")
    assert (answer.status, content(answer)["errorCode"]) == (400, "PARSE_ERROR")


@pytest.mark.parametrize("listed", ["{tag}", "W/{tag}", '"other", {tag}', '"other",W/{tag} '])
def test_what_the_asker_has_already_is_not_sent_again(listed: str) -> None:
    tag = ask("POST", BULK, of_user("u1")).headers["etag"]
    answer = ask("POST", BULK, of_user("u1"), headers={"if-none-match": listed.format(tag=tag)})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)


def test_another_user_or_another_set_of_flags_has_another_etag() -> None:
    tag = ask("POST", BULK, of_user("u1")).headers["etag"]
    others = FlagSet(FLAGS | {"quarter": Flag(enabled=True, rollout=26)})
    for body, flags in ((of_user("u2"), None), (of_user("u1"), others)):
        answer = ask("POST", BULK, body, flags, headers={"if-none-match": tag})
        assert (answer.status, answer.headers["etag"] == tag) == (200, False)


def test_a_person_sees_plain_values() -> None:
    answer = ask("GET", "/flags", query={"targetingKey": "u2"})
    assert content(answer) == {"everyone": True, "quarter": True, "members": True, "nobody": False}
    assert "x-opos-warning" not in answer.headers


@pytest.mark.parametrize(
    ("key", "query", "code"),
    [
        ("unheard-of", {"targetingKey": "u1"}, "FLAG_NOT_FOUND"),
        ("quarter", {}, "TARGETING_KEY_MISSING"),
        ("quarter", {"targetingKey": "\ud800"}, "TARGETING_KEY_MISSING"),
    ],
)
def test_a_person_never_gets_a_fault_but_false_and_a_warning(key: str, query: dict[str, str], code: str) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = ask("GET", f"/flags/{key}", query=query)
    assert (answer.status, content(answer)) == (200, {key: False})
    assert answer.headers["x-opos-warning"] == code
    assert logs == [{"event": "flag_is_false", "log_level": "warning", "flag": key, "reason": code}]


def test_a_person_asking_for_all_without_a_user_is_warned_once() -> None:
    answer = ask("GET", "/flags")
    assert content(answer) == {"everyone": True, "quarter": False, "members": False, "nobody": False}
    assert answer.headers["x-opos-warning"] == "TARGETING_KEY_MISSING"


def test_head_is_answered_as_get() -> None:
    assert ask("HEAD", "/flags/everyone").status == 200


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", BULK, "POST, OPTIONS"),
        ("HEAD", f"{BULK}/everyone", "POST, OPTIONS"),
        ("POST", "/flags", "GET, HEAD, OPTIONS"),
        ("DELETE", "/flags/everyone", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(method: str, path: str, allow: str) -> None:
    answer = ask(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allow)
    assert content(answer)["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/", "/x", "/flags/a/b", "/ofrep/v1/evaluate", f"{BULK}/a/b"])
def test_other_addresses_are_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        ask("GET", path)


@pytest.mark.parametrize(
    ("method", "path"),
    [("OPTIONS", BULK), ("POST", BULK), ("POST", f"{BULK}/unheard-of"), ("PUT", "/flags"), ("GET", "/flags")],
)
def test_a_browser_of_any_origin_may_read_the_answer(method: str, path: str) -> None:
    answer = ask(method, path)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"content-type", "if-none-match"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert {"etag", "x-opos-warning"} == set(answer.headers["access-control-expose-headers"].split(", "))


def test_a_preflight_is_answered_without_a_body() -> None:
    answer = ask("OPTIONS", f"{BULK}/everyone")
    assert (answer.status, answer.body) == (204, b"")
