"""What HTTP requires of a refusal: each path of the bundle with each method, over HTTP."""

import json
import re
from collections.abc import Iterator
from typing import get_args

import pytest
import yaml
from functions_framework import create_app

from opos.bundle.gateway import function_source
from shared.config.sources import SchemeName
from shared.ports.topology import PUSHED
from tests.support.bundle import CONFIG, SECRETS, Answer, Bundle
from tests.support.project import ROOT

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
PATHS = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())["paths"]
VALUES = {
    "heartbeat": "vault",
    "source": "github",
    "key": "everyone",
    "choice": "1h",
    "token": "x",
    "word": "log",
    "name": "vault",
}
CHALLENGE = re.compile(r'[!#$%&\'*+.^_`|~0-9A-Za-z-]+ realm="opos"')
"""A scheme and its realm (RFC 9110, section 11.6.1)."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    running = Bundle(tmp_path_factory.mktemp("bundle"))
    running.start()
    running.configure("health: {status_page: Example}\n")
    yield running
    running.stop()


def paths() -> Iterator[str]:
    for path in PATHS:
        yield re.sub(r"{(\w+)}", lambda name: VALUES[name[1]], path)
    yield from (f"/webhooks/{source}" for source in yaml.safe_load(CONFIG)["sources"])


def required(answer: Answer) -> None:
    """A 401 names a scheme, a 405 names methods."""
    if answer.status == 401:
        assert CHALLENGE.fullmatch(answer.headers["www-authenticate"])
    if answer.status == 405:
        assert set(answer.headers["allow"].split(", ")) < set(METHODS)


@pytest.mark.parametrize("path", sorted(set(paths())))
def test_a_refusal_of_any_method_names_the_scheme_or_the_methods(bundle: Bundle, path: str) -> None:
    answers = {method: bundle.request(method, path, b"{}" if method == "POST" else None) for method in METHODS}
    for answer in answers.values():
        required(answer)
    allowed = {method for method, answer in answers.items() if answer.status != 405}
    assert {"TRACE", "BREW"}.isdisjoint(allowed)
    assert {answer.headers["allow"] for answer in answers.values() if answer.status == 405} == {
        answers["BREW"].headers["allow"]
    }
    assert set(answers["BREW"].headers["allow"].split(", ")) == allowed


def test_each_source_names_its_own_scheme(bundle: Bundle) -> None:
    schemes = {name: source.scheme for name, source in bundle.runtime.config.sources.items()}
    schemes.pop("pagerduty")
    for name, scheme in schemes.items():
        assert (
            bundle.request("POST", f"/webhooks/{name}", b"{}").headers["www-authenticate"] == f'{scheme} realm="opos"'
        )
    answer = bundle.request("POST", "/webhooks/v2/enqueue", b'{"routing_key": "x"}')
    assert answer.headers["www-authenticate"] == 'pagerduty-events realm="opos"'


def test_every_scheme_is_a_token_that_a_challenge_may_name() -> None:
    assert all(CHALLENGE.fullmatch(f'{scheme} realm="opos"') for scheme in get_args(SchemeName))


def test_pings_and_the_console_name_theirs(bundle: Bundle) -> None:
    forged = {"authorization": "Bearer a.b.c"}
    assert (
        bundle.request("GET", "/webhooks/ping/vault", headers=forged).headers["www-authenticate"].startswith("Bearer ")
    )
    assert bundle.request("GET", "/").headers["www-authenticate"].startswith("Cookie ")
    assert json.loads(bundle.request("POST", "/health", b"").text)["error"]["code"] == "method_not_allowed"
    assert SECRETS["VAULT_TOKEN"] not in bundle.request("GET", "/webhooks/ping/vault", headers=forged).text


@pytest.mark.parametrize("path", ["/webhooks/a%0Ab", "/webhooks/ping/a%0Ab", "/health/%0A", "/ofrep/v1/%0A", "/a%0Ab"])
def test_a_path_with_a_line_break_is_answered_by_its_function_and_not_by_the_framework(
    bundle: Bundle, path: str
) -> None:
    answer = bundle.request("GET", path)
    assert answer.status in {401, 404}
    assert "was not found on the server" not in answer.text


@pytest.mark.parametrize("function", PUSHED)
def test_a_function_that_only_the_bus_calls_names_post(function: str) -> None:
    client = create_app(target=function, source=str(function_source(function))).test_client()  # type: ignore[no-untyped-call]
    answer = client.open("/projects/p/topics/t", method="PUT")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
