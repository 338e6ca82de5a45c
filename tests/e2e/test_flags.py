"""Feature flags over HTTP: for people, for SDKs, and for the OpenFeature client."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import jwt
import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode

from shared.services.flags.overrides import override, release
from tests.e2e.test_commands import opos
from tests.support.bundle import Answer, Bundle
from tests.support.fakes import FakeStore
from tests.support.identity_provider import provider


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    """Flags do not depend on the store, so one backend is enough."""
    return embedded


def evaluate(bundle: Bundle, key: str, body: object) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return bundle.request("POST", f"/ofrep/v1/evaluate/flags/{key}", content)


def user(name: str) -> dict[str, object]:
    return {"context": {"targetingKey": name}}


def test_a_person_gets_plain_values(bundle: Bundle) -> None:
    assert bundle.request("GET", "/flags/everyone").json == {"everyone": True}
    assert set(bundle.request("GET", "/flags?targetingKey=u1").json) == {"everyone", "quarter", "members", "nobody"}


def test_an_unknown_flag_is_false_and_warns(bundle: Bundle) -> None:
    answer = bundle.request("GET", "/flags/unheard-of")
    assert (answer.status, answer.json) == (200, {"unheard-of": False})
    assert answer.headers["x-opos-warning"] == "FLAG_NOT_FOUND"


def test_both_protocols_agree_for_every_user(bundle: Bundle) -> None:
    for n in range(30):
        plain = bundle.request("GET", f"/flags/quarter?targetingKey=u{n}").json["quarter"]
        assert evaluate(bundle, "quarter", user(f"u{n}")).json["value"] is plain


IDENTITY = """
flags:
  identity:
    - {{issuer: "https://accounts.google.com", audience: "https://router.example", jwks: "{keys}"}}
    - {{issuer: shop, audience: shop, secret: FLAGS_KEY}}
"""


def as_user(bundle: Bundle, token: str, body: object) -> Answer:
    content = json.dumps(body).encode()
    return bundle.request("POST", "/ofrep/v1/evaluate/flags/members", content, {"authorization": f"Bearer {token}"})


def test_a_flag_that_requires_auth_is_on_only_with_a_valid_token(bundle: Bundle) -> None:
    assert (
        evaluate(bundle, "members", {"context": {"targetingKey": "u1", "user": {"sub": "u1"}}}).json["value"] is False
    )
    now = bundle.clock.now()
    claims = {"iss": "shop", "aud": "shop", "sub": "u1", "iat": now, "exp": now + timedelta(hours=1)}
    bundle.runtime.settings.environment["FLAGS_KEY"] = "k" * 32  # type: ignore[index]
    with provider() as google:
        bundle.configure(IDENTITY.format(keys=google.url))
        assert as_user(bundle, google.token(now), {}).json["value"] is True
        assert as_user(bundle, jwt.encode(claims, "k" * 32, "HS256"), {}).json["value"] is True
        for forged in (
            jwt.encode(claims, "x" * 32, "HS256"), jwt.encode({**claims, "aud": "other"}, "k" * 32, "HS256"),
            jwt.encode({**claims, "iss": "nobody"}, "k" * 32, "HS256"), jwt.encode(claims, None, "none"), "x",
            jwt.encode({**claims, "exp": now - timedelta(minutes=1)}, "k" * 32, "HS256"),
        ):  # fmt: skip
            assert as_user(bundle, forged, {}).status == 401
        assert evaluate(bundle, "members", {}).json["value"] is False


def test_an_answer_has_the_fields_of_ofrep(bundle: Bundle) -> None:
    answer = evaluate(bundle, "everyone", user("u1"))
    assert answer.json == {"key": "everyone", "value": True, "variant": "on", "reason": "STATIC", "metadata": {}}
    assert evaluate(bundle, "nobody", user("u1")).json["value"] is False


@pytest.mark.parametrize(
    ("key", "body", "status", "code"),
    [
        ("unheard-of", {}, 404, "FLAG_NOT_FOUND"),
        ("everyone", b"{", 400, "PARSE_ERROR"),
        ("everyone", b"\xff", 400, "PARSE_ERROR"),
        ("everyone", b"[" * 50_000, 400, "PARSE_ERROR"),
        ("everyone", {"context": []}, 400, "INVALID_CONTEXT"),
        ("everyone", {"context": {"targetingKey": 1}}, 400, "INVALID_CONTEXT"),
        ("quarter", b'{"context": {"targetingKey": "\\ud800"}}', 400, "INVALID_CONTEXT"),
    ],
)  # fmt: skip
def test_an_error_has_the_code_that_ofrep_defines(
    bundle: Bundle, key: str, body: object, status: int, code: str
) -> None:
    answer = evaluate(bundle, key, body)
    assert (answer.status, answer.json["errorCode"]) == (status, code)
    assert answer.json["errorDetails"]


def test_a_bulk_answer_has_an_etag_that_covers_the_context(bundle: Bundle) -> None:
    def ask(body: object, **headers: str) -> Answer:
        return bundle.request("POST", "/ofrep/v1/evaluate/flags", json.dumps(body).encode(), headers)

    first = ask(user("u1"))
    assert {flag["key"] for flag in first.json["flags"]} == {"everyone", "quarter", "members", "nobody"}
    again = ask(user("u1"), **{"if-none-match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    assert ask(user("u2"), **{"if-none-match": first.headers["etag"]}).status == 200


def test_a_page_of_another_origin_may_evaluate_flags(bundle: Bundle) -> None:
    answer = bundle.request("OPTIONS", "/ofrep/v1/evaluate/flags", headers={"origin": "https://shop.example"})
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "if-none-match" in answer.headers["access-control-allow-headers"]


def test_a_caller_above_the_rate_limit_gets_retry_after(bundle: Bundle) -> None:
    bundle.configure("\nflags: {requests_per_minute: 2}\n")
    answers = [evaluate(bundle, "everyone", {}) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    forwarded = {"x-forwarded-for": "6.6.6.6, 10.0.0.7"}
    assert bundle.request("GET", "/flags", headers=forwarded).status == 200


def test_the_metrics_count_evaluations_by_variant_and_reason(bundle: Bundle) -> None:
    for name in ("u1", "u2", "u2"):
        evaluate(bundle, "quarter", user(name))
    bundle.runtime.usage.report(bundle.clock.now())
    counted = re.findall(
        r'^opos_flag_evaluations_total{flag="quarter",instance="\w+",reason="TARGETING_MATCH",variant="(\w+)"} (\S+)$',
        bundle.request("GET", "/metrics").text, re.MULTILINE,
    )  # fmt: skip
    assert sorted(counted) == [("off", "1.0"), ("on", "2.0")]


def test_a_change_of_the_file_takes_effect_without_a_restart(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.services.flags.watched_file.FRESH", -1.0)
    assert evaluate(bundle, "everyone", {}).json["value"] is True
    file = bundle.folder / "flags.yaml"
    for text, expected in ((file.read_text().replace("true", "false"), False), ("flags: [", False)):
        file.write_text(text)
        assert evaluate(bundle, "everyone", {}).json["value"] is expected


def test_a_broken_file_is_a_named_failure_and_strangers_learn_nothing_of_it(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.services.flags.watched_file.FRESH", -1.0)
    file = bundle.folder / "flags.yaml"
    right = file.read_text()
    assert evaluate(bundle, "everyone", {}).status == 200

    def state() -> str:
        results = bundle.request("GET", "/health").json["checks"]["flags:unreadable"]
        return str(results[0]["status"])

    file.write_text("flags: {everyone: {enabled: hunter2}}\n")
    assert state() == "warn"
    assert evaluate(bundle, "everyone", {}).json["value"] is True
    assert "hunter2" not in bundle.request("GET", "/health").text
    file.write_text(right)
    assert state() == "pass"


def test_a_fault_of_our_own_is_logged_and_not_shown(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    (bundle.folder / "flags.yaml").write_text("flags: {everyone: {enabled: hunter2}}\n")
    for answer in (evaluate(bundle, "everyone", {}), bundle.request("GET", "/flags")):
        assert (answer.status, "hunter2" in answer.text, "flags.yaml" in answer.text) == (500, False, False)
        assert answer.headers["access-control-allow-origin"] == "*"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["error"] for line in lines if line["message"] == "failed"] == ["ConfigError"] * 2


def test_the_openfeature_sdk_evaluates_through_its_own_provider(bundle: Bundle) -> None:
    api.set_provider(OFREPProvider(bundle.url))
    client = api.get_client()
    assert client.get_boolean_value("everyone", default_value=False, evaluation_context=EvaluationContext("u1")) is True
    details = client.get_boolean_details("unheard-of", default_value=True, evaluation_context=EvaluationContext("u1"))
    assert (details.value, details.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)
    expected = bundle.request("GET", "/flags/quarter?targetingKey=u7").json["quarter"]
    assert client.get_boolean_value("quarter", not expected, EvaluationContext("u7")) is expected
    api.shutdown()


@pytest.fixture
def client(bundle: Bundle) -> Iterator[OpenFeatureClient]:
    (bundle.folder / "flags.yaml").write_text(
        "flags: {checkout: {enabled: true}, express: {enabled: true, requires: [checkout]}}\n"
    )
    api.set_provider(OFREPProvider(bundle.url))
    yield api.get_client()
    api.shutdown()


ON = [(True, "STATIC", {}, None), (True, "TARGETING_MATCH", {}, None)]
OFF = [(False, "STATIC", {"overridden": True}, None), (False, "TARGETING_MATCH", {}, None)]


def told(client: OpenFeatureClient) -> list[tuple[bool, str, Mapping[str, object], ErrorCode | None]]:
    """What a program learns of a flag, and of one that requires it; its own default is true."""
    details = [client.get_boolean_details(key, default_value=True) for key in ("checkout", "express")]
    return [(each.value, str(each.reason), each.flag_metadata, each.error_code) for each in details]


def kill(bundle: Bundle) -> None:
    now = bundle.clock.now()
    until = now + timedelta(hours=1)
    override("checkout", "off", bundle.store, who="me", why="it charges twice", until=until, now=now)


def test_the_sdk_learns_of_an_override_from_a_process_that_has_just_started(
    bundle: Bundle, client: OpenFeatureClient
) -> None:
    kill(bundle)
    assert told(client) == OFF


def test_the_sdk_learns_of_an_override_and_of_its_release_after_idle_time(
    bundle: Bundle, client: OpenFeatureClient
) -> None:
    assert told(client) == ON
    bundle.runtime.overrides.asking.every = -1.0  # as if each answer came long after the last one
    kill(bundle)
    assert told(client) == OFF
    release("checkout", bundle.store, who="me", now=bundle.clock.now())
    assert told(client) == ON


def test_the_sdk_keeps_to_an_override_while_the_store_is_silent(bundle: Bundle, client: OpenFeatureClient) -> None:
    kill(bundle)
    assert told(client) == OFF
    bundle.runtime.overrides.asking.every = -1.0
    bundle.runtime.overrides.store = lambda: FakeStore(down=True)
    stale = [(value, reason, {**metadata, "stale": True}, fault) for value, reason, metadata, fault in OFF]
    assert told(client) == stale


@pytest.mark.slow
def test_a_kill_switch_works_within_seconds_and_without_a_deploy(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set by the command, in a process next to the running bundle."""
    monkeypatch.setattr("shared.services.flags.overrides.FRESH", -1.0)

    def everyone() -> tuple[bool, dict[str, bool]]:
        bundle.clock.moment = datetime.now(UTC)
        evaluation = evaluate(bundle, "everyone", {}).json
        return evaluation["value"], evaluation["metadata"]

    def flags(*words: str) -> str:
        return opos("flags", *words, *bundle.place, folder=bundle.folder).stdout

    def set_to(*words: str) -> str:
        bundle.clock.moment = datetime.now(UTC) + timedelta(minutes=1)  # later than the command
        return flags(*words, "--as", "me", "--url", bundle.url)

    assert everyone() == (True, {})
    said = set_to("override", "everyone", "off", "--for", "2h", "--why", "it charges twice").splitlines()
    assert said[0].startswith("everyone is off until ")
    assert said[1] == f"The bundle at {bundle.url} applies it."
    assert everyone() == (False, {"overridden": True})
    assert flags("eval", "everyone") == "false  (off, OVERRIDDEN)\n"
    assert "overridden, for everyone" in flags("list")
    assert flags("explain", "everyone").startswith("overridden for everyone: ")
    (listed,) = json.loads(flags("overrides", "--json"))
    ends = datetime.fromisoformat(listed["until"]).astimezone(ZoneInfo("Europe/Berlin"))
    output = flags("overrides")
    assert re.search(rf" {ends:%H:%M} \(in [12] h[^)]*\), set by me \w[^:]*: it charges twice$", output), output
    assert listed["until"].endswith("Z")
    assert set_to("release", "everyone").endswith(f"The bundle at {bundle.url} applies it.\n")
    assert everyone() == (True, {})
    assert re.search(
        r"everyone: off until .*, by me: it charges twice; released .* by me\n$", flags("overrides", "--history")
    )
    assert flags("overrides") == "No flag is overridden.\n"
