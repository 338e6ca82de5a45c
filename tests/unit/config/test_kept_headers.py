"""The headers that a source keeps: by name, and none that carries a secret."""

import pytest

from tests.support.configuration import parse_config
from tests.unit.config.test_loader import GOOD, changed, faults_of

GITHUB = "github: {scheme: github, secrets: ["


def keeping(header: str) -> str:
    return changed(GITHUB, f"github: {{keep_headers: [{header}], scheme: github, secrets: [")


def test_a_header_is_kept_whatever_its_case() -> None:
    assert GITHUB in GOOD
    config = parse_config(keeping("X-Event-Name"))
    assert config.sources["github"].keep_headers == ("x-event-name",)


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("Authorization", "auth"), ("Cookie", "cookie"), ("X-Gitlab-Token", "token"), ("X-API-Key", "key"),
        ("X-Access-Key", "key"), ("X-Hub-Signature-256", "signature"), ("X-Sign", "sign"), ("X-Jwt", "jwt"),
        ("X-Shopify-Hmac-Sha256", "hmac"), ("X-Credentials", "credential"), ("X-Session-Id", "session"),
    ],
)  # fmt: skip
def test_a_header_with_a_secret_is_refused(header: str, word: str) -> None:
    (fault,) = faults_of(keeping(header))
    assert f"expected a header that carries no secret, and not one with '{word}' in its name" in fault


@pytest.mark.parametrize("header", ["Host", "Content-Length", "Transfer-Encoding", "Expect", "Connection", "TE"])
def test_a_header_of_the_connection_is_refused(header: str) -> None:
    (fault,) = faults_of(keeping(header))
    assert f"expected a header of the webhook, and not {header.lower()}, which belongs to the connection" in fault


@pytest.mark.parametrize("header", ["X-Design", "X-Assigned-To", "Idempotency-Key"])
def test_a_name_that_only_resembles_such_a_header_is_kept(header: str) -> None:
    assert parse_config(keeping(header)).sources["github"].keep_headers == (header.lower(),)


@pytest.mark.parametrize("header", ["", "X Event", "X-Event:", "1.5", "X-Ev\u00e9nt"])
def test_what_is_no_name_of_a_header_is_refused(header: str) -> None:
    (fault,) = faults_of(keeping(f'"{header}"'))
    assert "expected the name of a header such as X-Event-Name" in fault
