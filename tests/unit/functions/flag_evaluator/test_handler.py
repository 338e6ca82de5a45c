"""The flag evaluator, called with plain requests: OFREP, values for people, and hostile input."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from functions.flag_evaluator import handler
from shared.config.files.faults import ConfigError, Fault
from shared.config.slos import Slos
from shared.errors import OposError, Unauthorized, Unavailable
from shared.flags import FlagSet
from shared.flags.checked_definition import CheckedDefinition
from shared.flags.file import flag_set
from shared.flags.shorthand import Flag
from shared.services.flags.usage import Usage
from shared.services.slo.indicators import Indicators
from shared.telemetry.fault_response import OURS
from shared.values.http import HttpRequest, HttpResponse
from tests.support import ofrep
from tests.support.fakes import FakeStore

FLAGS = {
    "everyone": Flag(enabled=True),
    "quarter": Flag(enabled=True, rollout=25),
    "members": Flag(enabled=True, requires_auth=True),
    "nobody": Flag(enabled=False),
}
BROKEN = {"state": "ENABLED", "variants": {"on": True}, "targeting": {"cat": ["no", "where"]}}
COLOURS = {
    "state": "ENABLED", "variants": {"red": "#f00", "grid": {"columns": [1, 2.5]}}, "defaultVariant": "red",
    "targeting": {"if": [{"==": [{"var": "plan"}, "pro"]}, "grid"]}, "metadata": {"owner": "me"},
}  # fmt: skip
MIXED = {
    **FLAGS, "broken": CheckedDefinition.model_validate(BROKEN), "colours": CheckedDefinition.model_validate(COLOURS),
    "asleep": CheckedDefinition.model_validate({**COLOURS, "state": "DISABLED"}),
}  # fmt: skip
BULK = "/ofrep/v1/evaluate/flags"


@dataclass
class FlagsOnly:
    """A context that has what flags need, and fails on anything else."""

    flags: FlagSet = field(default_factory=lambda: flag_set(FLAGS))
    now: datetime = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    origins: tuple[str, ...] = ("*",)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The claims of the user whom each authorization header authenticates."""
    waits: dict[str, int] = field(default_factory=dict)
    usage: Usage = field(default_factory=lambda: Usage(FakeStore, "test"))
    indicators: Indicators = field(default_factory=lambda: Indicators(FakeStore, "test", Slos))
    elapsed_seconds: float = 0.0
    fault: OposError | None = None
    """What goes wrong while the caller's token is checked."""

    def wait_for(self, caller: str) -> int:
        return self.waits.get(caller, 0)

    @property
    def access(self) -> Any:
        return SimpleNamespace(origins=self.origins)

    def user(self, headers: Mapping[str, str]) -> dict[str, Any] | None:
        if self.fault:
            raise self.fault
        if "authorization" not in headers:
            return None
        if headers["authorization"] not in self.users:
            raise Unauthorized("no")
        return self.users[headers["authorization"]]


def handle(request: HttpRequest, context: Any) -> HttpResponse:
    """The answer, of which OFREP allows each part."""
    answer = handler.handle(request, context)
    ofrep.require_valid(request.method, request.path, answer.status, answer.body, answer.headers)
    return answer


def ask(method: str, path: str, body: bytes = b"", flags: FlagSet | None = None, **more: Any) -> HttpResponse:
    context: Any = FlagsOnly(flags or flag_set(FLAGS))
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
        ("nobody", b"{}", False, "STATIC"),
        ("members", b"{}", False, "TARGETING_MATCH"),
        ("quarter", b"{}", False, "UNKNOWN"),
        ("quarter", of_user(""), False, "UNKNOWN"),
        ("quarter", b'{"context": {"targetingKey": null}}', False, "UNKNOWN"),
        ("quarter", of_user("u1"), False, "TARGETING_MATCH"),
        ("quarter", of_user("u2"), True, "TARGETING_MATCH"),
    ],
)
def test_a_flag_is_answered_with_all_fields_of_ofrep(key: str, body: bytes, value: bool, reason: str) -> None:  # noqa: FBT001
    answer = ask("POST", f"{BULK}/{key}", body)
    expected = {"key": key, "value": value, "variant": "on" if value else "off", "reason": reason, "metadata": {}}
    assert (answer.status, content(answer)) == (200, expected)


@pytest.mark.parametrize(
    ("key", "body", "status", "code"),
    [
        ("unheard-of", b"{}", 404, "FLAG_NOT_FOUND"),
        ("\ud800", b"{}", 404, "FLAG_NOT_FOUND"),
        ("broken", b"{}", 500, "GENERAL"),
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
        ("everyone", b'{"context": {"limit": 1e999}}', 400, "PARSE_ERROR"),
        ("everyone", b'{"context": {"limit": -Infinity}}', 400, "PARSE_ERROR"),
        ("everyone", b'{"context": {"limit": NaN}}', 400, "PARSE_ERROR"),
        ("everyone", b'{"context": {"targetingKey": "\\ud800"}}', 400, "INVALID_CONTEXT"),
        ("everyone", b'{"context": {"targetingKey": "\xed\xa0\x80"}}', 400, "INVALID_CONTEXT"),
    ],
)
def test_an_error_has_the_code_that_ofrep_defines(key: str, body: bytes, status: int, code: str) -> None:
    answer = ask("POST", f"{BULK}/{key}", body, flag_set(MIXED))
    error = content(answer)
    assert (answer.status, error["errorCode"]) == (status, code)
    assert error["errorDetails"]
    assert set(error) == {"key", "errorCode", "errorDetails"}


def test_a_bulk_answer_holds_every_flag_each_with_its_own_error() -> None:
    flags = {flag["key"]: flag for flag in content(ask("POST", BULK, flags=flag_set(MIXED)))["flags"]}
    assert set(flags) == set(MIXED)
    assert flags["everyone"]["value"] is True
    assert flags["broken"]["errorCode"] == "GENERAL"
    assert "value" not in flags["broken"]


def test_a_value_can_have_any_type() -> None:
    pro = json.dumps({"context": {"plan": "pro"}}).encode()
    flags = [content(ask("POST", f"{BULK}/colours", body, flag_set(MIXED))) for body in (b"{}", pro)]
    assert [(flag["value"], flag["variant"], flag["reason"], flag["metadata"]) for flag in flags] == [
        ("#f00", "red", "UNKNOWN", {"owner": "me"}), ({"columns": [1, 2.5]}, "grid", "TARGETING_MATCH", {"owner": "me"}),
    ]  # fmt: skip


def test_a_disabled_flag_has_no_value_so_that_the_caller_uses_its_default() -> None:
    answer = ask("POST", f"{BULK}/asleep", b"{}", flag_set(MIXED))
    expected = {"key": "asleep", "variant": "", "reason": "DISABLED", "metadata": {"owner": "me"}}
    assert (answer.status, content(answer)) == (200, expected)
    assert content(ask("GET", "/flags/asleep", flags=flag_set(MIXED))) == {"asleep": None}


def test_a_step_of_a_rollout_changes_the_entity_tag() -> None:
    flag = Flag.model_validate({"enabled": True, "from": "2026-11-20T10:00"})
    early: Any = FlagsOnly(flag_set({"f": flag}))
    late: Any = FlagsOnly(flag_set({"f": flag}), datetime(2026, 11, 20, 10, 0, tzinfo=UTC))
    tags = {handle(HttpRequest("POST", BULK, body=b"{}"), context).headers["etag"] for context in (early, late)}
    assert len(tags) == 2


def test_a_bulk_request_that_cannot_be_parsed_is_an_error() -> None:
    answer = ask("POST", BULK, b"{")
    assert (answer.status, content(answer)["errorCode"]) == (400, "PARSE_ERROR")


@pytest.mark.parametrize("listed", ["{tag}", "W/{tag}", '"other", {tag}', '"other",W/{tag} '])
def test_a_caller_who_has_the_answer_gets_304(listed: str) -> None:
    tag = ask("POST", BULK, of_user("u1")).headers["etag"]
    answer = ask("POST", BULK, of_user("u1"), headers={"if-none-match": listed.format(tag=tag)})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)


def test_other_users_and_other_flags_have_another_etag() -> None:
    tag = ask("POST", BULK, of_user("u1")).headers["etag"]
    others = flag_set(FLAGS | {"quarter": Flag(enabled=True, rollout=26)})
    for body, flags in ((of_user("u2"), None), (of_user("u1"), others)):
        answer = ask("POST", BULK, body, flags, headers={"if-none-match": tag})
        assert (answer.status, answer.headers["etag"] == tag) == (200, False)


def test_a_person_gets_plain_values() -> None:
    answer = ask("GET", "/flags", query={"targetingKey": "u2"})
    assert content(answer) == {"everyone": True, "quarter": True, "members": False, "nobody": False}
    assert "x-opos-warning" not in answer.headers


@pytest.mark.parametrize(
    ("key", "query", "code"),
    [
        ("unheard-of", {"targetingKey": "u1"}, "FLAG_NOT_FOUND"),
        ("broken", {}, "GENERAL"),
    ],
)
def test_a_person_gets_false_and_a_warning_instead_of_an_error(key: str, query: dict[str, str], code: str) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = ask("GET", f"/flags/{key}", flags=flag_set(MIXED), query=query)
    assert (answer.status, content(answer)) == (200, {key: False})
    assert answer.headers["x-opos-warning"] == code
    assert logs == [{"event": "flag_is_false", "log_level": "warning", "flag": key, "reason": code}]


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
def test_a_wrong_method_is_answered_with_the_allowed_ones(method: str, path: str, allow: str) -> None:
    answer = ask(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allow)
    assert content(answer)["error"]["code"] == "method_not_allowed"


BROKEN_FILE = ConfigError([Fault("flags.yaml", 1, "everyone", "true or false", "hunter2")])
REFUSED: list[tuple[FlagsOnly, str, dict[str, str], int, str]] = [
    (FlagsOnly(), "POST", {"authorization": "Bearer forged"}, 401, "no"),
    (FlagsOnly(origins=()), "POST", {"origin": "https://evil.example"}, 403, "Web pages of https://evil.example may not evaluate flags."),
    (FlagsOnly(), "GET", {}, 405, "expected POST or OPTIONS, found GET"),
    (FlagsOnly(waits={"": 7}), "POST", {}, 429, "Too many requests from this address."),
    (FlagsOnly(fault=BROKEN_FILE), "POST", {}, 500, OURS),
    (FlagsOnly(fault=Unavailable("The keys cannot be fetched.")), "POST", {}, 503, "The keys cannot be fetched."),
]  # fmt: skip


@pytest.mark.parametrize("path", ["", "/everyone", "/team/new checkout/"])
@pytest.mark.parametrize(("context", "method", "headers", "status", "details"), REFUSED)
def test_each_error_says_to_an_sdk_what_it_says_to_a_person(
    context: FlagsOnly, method: str, headers: dict[str, str], status: int, details: str, path: str
) -> None:
    answer = handle(HttpRequest(method, BULK + path, headers), context)
    error = content(answer)
    assert (answer.status, error["errorCode"], error["errorDetails"]) == (status, "GENERAL", details)
    assert (error["error"]["message"], error["key"]) == (details, path.removeprefix("/"))


@pytest.mark.parametrize("path", ["/", "/x", "/flagged", "/ofrep/v1/evaluate"])
def test_other_paths_are_not_found(path: str) -> None:
    assert ask("GET", path).status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("OPTIONS", BULK), ("POST", BULK), ("POST", f"{BULK}/unheard-of"), ("PUT", "/flags"), ("GET", "/flags")],
)
def test_a_browser_of_any_origin_may_read_the_answer(method: str, path: str) -> None:
    answer = ask(method, path)
    assert answer.headers["access-control-allow-origin"] == "*"
    if method == "OPTIONS":
        allowed = set(answer.headers["access-control-allow-headers"].split(", "))
        assert {"content-type", "if-none-match", "x-api-key", "authorization"} <= allowed
        assert {"traceparent", "tracestate", "baggage", "sentry-trace"} <= allowed
    elif path != f"{BULK}/unheard-of":
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        assert exposed == {"etag", "retry-after", "x-opos-warning"}


def test_a_preflight_is_answered_without_a_body() -> None:
    answer = ask("OPTIONS", f"{BULK}/everyone")
    assert (answer.status, answer.body) == (204, b"")


ADA = FlagsOnly(users={"Bearer ada": {"sub": "ada", "plan": "pro"}})


def ask_as(token: str | None, body: bytes) -> dict[str, Any]:
    headers = {"authorization": token} if token else {}
    context: Any = ADA
    evaluation: dict[str, Any] = content(handle(HttpRequest("POST", f"{BULK}/members", headers, body=body), context))
    return evaluation


@pytest.mark.parametrize("said", ["u1", {"sub": "ada"}, True])
def test_a_user_that_the_caller_itself_sends_is_ignored(said: Any) -> None:
    forged = json.dumps({"context": {"targetingKey": "ada", "user": said}}).encode()
    assert ask_as(None, forged)["value"] is False
    plain: Any = FlagsOnly()
    assert content(handle(HttpRequest("GET", "/flags/members", query={"user": "ada"}), plain)) == {"members": False}


def test_a_token_authenticates_the_user_whatever_else_the_caller_sends() -> None:
    forged = json.dumps({"context": {"user": None}}).encode()
    assert ask_as("Bearer ada", forged)["value"] is True
    assert ask_as("Bearer ada", b"")["value"] is True


def test_an_invalid_token_is_answered_401() -> None:
    context: Any = ADA
    answer = handle(HttpRequest("POST", BULK, {"authorization": "Bearer forged"}), context)
    assert (answer.status, content(answer)["error"]["code"]) == (401, "unauthorized")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_rollout_uses_the_user_of_the_token_unless_the_caller_sends_a_targeting_key() -> None:
    context: Any = FlagsOnly(users={"Bearer u": {"sub": "u2"}})

    def quarter(body: bytes) -> Any:
        return content(
            handle(HttpRequest("POST", f"{BULK}/quarter", {"authorization": "Bearer u"}, body=body), context)
        )

    assert (quarter(b"{}")["value"], quarter(of_user("u1"))["value"]) == (True, False)


@pytest.mark.parametrize(
    ("origin", "allowed"), [("https://shop.example", True), ("https://evil.example", False), ("", False)]
)
def test_only_pages_of_configured_origins_may_read_an_answer(origin: str, *, allowed: bool) -> None:
    context: Any = FlagsOnly(origins=("https://shop.example",))
    for method, status in (("POST", 403 if origin and not allowed else 200), ("OPTIONS", 204)):
        answer = handle(HttpRequest(method, BULK, {"origin": origin}, body=b"{}"), context)
        assert answer.status == status
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert answer.headers["vary"] == "origin"


@pytest.mark.parametrize(
    ("key", "variant", "value", "metadata"),
    [
        ("everyone", "off", False, {"overridden": True}),
        ("colours", "grid", {"columns": [1, 2.5]}, {"owner": "me", "overridden": True}),
        ("asleep", "red", "#f00", {"owner": "me", "overridden": True}),
        ("everyone", "purple", True, {}),
    ],
)
def test_an_override_replaces_the_rule_if_the_flag_has_that_variant(
    key: str, variant: str, value: Any, metadata: dict[str, Any]
) -> None:
    context: Any = FlagsOnly(flag_set(MIXED).under({key: variant, "gone": "on"}))
    evaluation = content(handle(HttpRequest("POST", f"{BULK}/{key}", body=b"{}"), context))
    assert (evaluation["value"], evaluation["reason"], evaluation["metadata"]) == (value, "STATIC", metadata)
    listed = content(handle(HttpRequest("POST", BULK, body=b"{}"), context))["flags"]
    assert [flag["value"] for flag in listed if flag["key"] == key] == [value]
    assert handle(HttpRequest("POST", f"{BULK}/gone", body=b"{}"), context).status == 404


REQUIRING = {
    **FLAGS, "both": Flag(enabled=True, requires=("everyone",)), "third": Flag(enabled=True, requires=("both",)),
    "reader": CheckedDefinition.model_validate(
        {**COLOURS, "targeting": {"if": [{"==": [{"flag": "third"}, "on"]}, "grid", "red"]}}
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("on", {"both": True, "third": True, "reader": {"columns": [1, 2.5]}}),
        ("off", {"both": False, "third": False, "reader": "#f00"}),
    ],
)
def test_an_override_reaches_the_flags_that_require_its_flag_alone_and_in_bulk(
    variant: str, expected: dict[str, Any]
) -> None:
    context: Any = FlagsOnly(flag_set(REQUIRING).under({"everyone": variant}))
    singly = {key: content(ask("POST", f"{BULK}/{key}", flags=context.flags))["value"] for key in expected}
    listed = {flag["key"]: flag["value"] for flag in content(handle(HttpRequest("POST", BULK), context))["flags"]}
    assert singly == {key: listed[key] for key in expected} == expected


def test_an_answer_that_may_lack_an_override_says_so_and_counts_as_bad() -> None:
    context: Any = FlagsOnly(flag_set(FLAGS, {"team": "shop"}).under({}, is_stale=True))
    store = FakeStore()
    context.indicators.store = lambda: store
    single, every, plain = (
        handle(HttpRequest(*request), context)
        for request in (("POST", f"{BULK}/everyone"), ("POST", BULK), ("GET", "/flags/everyone"))
    )
    assert content(single)["metadata"] == content(every)["metadata"] == {"team": "shop", "stale": True}
    assert {answer.headers["x-opos-warning"] for answer in (single, every, plain)} == {"STALE"}
    context.indicators.report(context.now)
    (stored,) = store.query("indicators")
    assert json.loads(stored.data["slots"]) == {"2026-11-20T09:00:00.000000Z": {"flag_lookup": [0, 3]}}


def test_a_caller_above_the_rate_limit_gets_429_and_retry_after_and_others_do_not() -> None:
    context: Any = FlagsOnly(waits={"10.0.0.1": 7})
    refused = handle(HttpRequest("POST", BULK, caller="10.0.0.1"), context)
    assert (refused.status, refused.headers["retry-after"]) == (429, "7")
    assert refused.headers["access-control-expose-headers"] == "etag, retry-after, x-opos-warning"
    assert handle(HttpRequest("POST", BULK, caller="10.0.0.2"), context).status == 200
    assert handle(HttpRequest("OPTIONS", BULK, caller="10.0.0.1"), context).status == 204


def test_every_outcome_is_counted_by_flag_variant_and_reason() -> None:
    flags = FlagsOnly(flag_set(MIXED).under({"nobody": "on"}))
    context: Any = flags
    for user in ("u1", "u2", "u2"):
        handle(HttpRequest("POST", f"{BULK}/quarter", body=of_user(user)), context)
    handle(HttpRequest("POST", BULK), context)
    handle(HttpRequest("GET", "/flags/everyone"), context)
    handle(HttpRequest("POST", f"{BULK}/unheard-of"), context)
    assert flags.usage.counts() == {
        ("quarter", "off", "TARGETING_MATCH"): 1, ("quarter", "on", "TARGETING_MATCH"): 2, ("quarter", "off", "DEFAULT"): 1,
        ("everyone", "on", "STATIC"): 2, ("members", "off", "TARGETING_MATCH"): 1, ("nobody", "on", "STATIC"): 1,
        ("broken", "", "ERROR"): 1, ("colours", "red", "DEFAULT"): 1, ("asleep", "", "DISABLED"): 1,
    }  # fmt: skip


def test_a_bulk_answer_holds_the_metadata_of_the_file_once() -> None:
    assert content(ask("POST", BULK, flags=flag_set(FLAGS, {"team": "shop"})))["metadata"] == {"team": "shop"}


@pytest.mark.parametrize(("method", "path"), [("POST", BULK), ("GET", "/flags")])
def test_only_the_caller_may_cache_a_bulk_answer_and_revalidates_it_by_its_tag(method: str, path: str) -> None:
    first = ask(method, path)
    again = ask(method, path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert first.headers["cache-control"] == again.headers["cache-control"] == "private, no-cache"


def test_a_star_matches_whatever_the_caller_has() -> None:
    assert ask("POST", BULK, of_user("u1"), headers={"if-none-match": "*"}).status == 304


@pytest.mark.parametrize("key", ["shop/", "shop/a/b/c/d/", "/shop"])
def test_a_slash_at_an_end_belongs_to_the_key(key: str) -> None:
    flags = flag_set({key: Flag(enabled=True), "shop": Flag(enabled=False)})
    assert content(ask("POST", f"{BULK}/{key}", flags=flags))["value"] is True
    assert content(ask("GET", f"/flags/{key}", flags=flags)) == {key: True}


def test_a_key_can_contain_a_slash() -> None:
    flags = flag_set({"team/checkout": Flag(enabled=True)})
    assert content(ask("POST", f"{BULK}/team/checkout", flags=flags))["value"] is True
    assert content(ask("GET", "/flags/team/checkout", flags=flags)) == {"team/checkout": True}
    assert content(ask("POST", f"{BULK}/team/other", flags=flags))["errorCode"] == "FLAG_NOT_FOUND"
