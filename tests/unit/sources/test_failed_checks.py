"""Each scheme says which check failed, to the operator alone: the error is the same for every reason."""

from datetime import timedelta
from typing import Any

import pytest

from functions.webhook_intake.authentication import proof
from shared.config.sources import Source
from shared.errors import Unauthorized
from shared.values.http import HttpRequest
from tests.support.fakes import FakeContext
from tests.support.schemes import CASES, EVERYTHING, MILLIS, NOW, Case

TOLERANCE = timedelta(minutes=5)
SIGNED = [case for case in CASES if case.name != "pagerduty-events"]


def refusal(case: Case, request: HttpRequest, secret: str = "", seconds: float = 0) -> Unauthorized:
    """What verification raises *seconds* after the request was signed."""
    now = NOW + timedelta(seconds=seconds)
    with pytest.raises(Unauthorized) as error:
        case.scheme.verify(request, [secret or case.secret], now=now, tolerance=TOLERANCE)
    return error.value


def signed(case: Case) -> HttpRequest:
    headers = case.scheme.sign(case.body, case.secret, now=NOW, delivery="d1", event_type="thing")
    return HttpRequest("POST", "/webhooks/app", headers, {}, case.body)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_another_secret_fails_the_check_of_the_scheme(case: Case) -> None:
    failed = refusal(case, signed(case), case.other_secret).failed
    expected = {"bearer": "token", "basic": "token", "pagerduty-events": "routing_key"}
    assert failed == expected.get(case.name, "signature")


@pytest.mark.parametrize("case", SIGNED, ids=[case.name for case in SIGNED])
def test_the_first_header_that_is_missing_is_named(case: Case) -> None:
    request = signed(case)
    assert case.scheme.missing(request) == ""
    bare = HttpRequest("POST", "/webhooks/app", {}, {}, case.body)
    name = case.scheme.missing(bare)
    assert name in request.headers
    assert name == name.lower()


TIMED = [case for case in CASES if case.scheme.signs_time]


@pytest.mark.parametrize("case", TIMED, ids=[case.name for case in TIMED])
@pytest.mark.parametrize(("seconds", "detail"), [(3600, "3,600 s old"), (-900, "900 s in the future")])
def test_a_timestamp_that_is_too_old_or_too_new_says_by_how_much(case: Case, seconds: int, detail: str) -> None:
    fault = refusal(case, signed(case), seconds=seconds)
    assert (fault.failed, fault.detail) == ("timestamp", detail)


def intake(source: Source, request: HttpRequest, **secrets: str) -> Unauthorized:
    context: Any = FakeContext(secrets=secrets)
    context.clock.moment = NOW
    with pytest.raises(Unauthorized) as error:
        proof(source, request, context)
    return error.value


LINEAR = Source(scheme="linear", secrets=("NEW", "NEW_OLD"))


def linear(millis: int, secret: str) -> HttpRequest:
    case = next(case for case in CASES if case.name == "linear")
    body = case.body.replace(str(MILLIS).encode(), str(millis).encode())
    headers = case.scheme.sign(body, secret, now=NOW, delivery="d1", event_type="thing")
    return HttpRequest("POST", "/webhooks/app", headers, {}, body)


@pytest.mark.parametrize(
    ("request_", "secrets", "expected"),
    [
        (linear(MILLIS - 3_600_000, "old"), {"NEW": "new", "NEW_OLD": "old"}, ("timestamp", "3,600 s old")),
        (linear(MILLIS, "other"), {"NEW": "new", "NEW_OLD": "old"}, ("signature", "")),
        (linear(MILLIS, "new"), {"NEW": "new\r"}, ("secret", "NEW ends in whitespace")),
        (linear(MILLIS, "new"), {"NEW": "'new'"}, ("secret", "NEW is in quotes")),
        (linear(MILLIS, "new")._replace(headers={}), {"NEW": "new\r"}, ("header", "linear-signature")),
    ],
)
def test_of_several_secrets_and_checks_the_one_that_says_most_is_named(
    request_: HttpRequest, secrets: dict[str, str], expected: tuple[str, str]
) -> None:
    fault = intake(LINEAR, request_, **secrets)
    assert (fault.failed, fault.detail) == expected
    plain = intake(LINEAR, linear(MILLIS, "other"), NEW="new")
    assert (fault.message, fault.headers, fault.hint) == (plain.message, plain.headers, plain.hint)


def test_a_declared_scheme_needs_each_header_that_its_template_signs() -> None:
    source = Source(scheme="hmac", secrets=("NEW",), hmac=EVERYTHING)
    case = next(case for case in CASES if case.name == "hmac: everything declared")
    request = signed(case)
    for name in ("x-sig", "x-time", "x-id"):
        rest = {header: value for header, value in request.headers.items() if header != name}
        assert intake(source, request._replace(headers=rest), NEW="new").detail == name
