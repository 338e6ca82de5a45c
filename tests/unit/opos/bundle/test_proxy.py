"""The port in front of functions that each have their own: what it changes in a request."""

from http.client import HTTPMessage

import pytest
from werkzeug.test import Client

from opos.bundle.proxy import proxy
from shared.ports.topology import FUNCTIONS
from shared.runtime.entry import BODY_LIMIT
from tests.support.http_server import Quiet, served


@pytest.fixture
def seen() -> list[tuple[HTTPMessage, int]]:
    """The headers and the length of the body of each request that the function got."""
    return []


@pytest.mark.parametrize(
    ("peer", "claimed", "expected"),
    [
        ("198.51.100.7", "10.9.8.7", "198.51.100.7"),
        ("198.51.100.7", None, "198.51.100.7"),
        ("127.0.0.1", "10.9.8.7, 203.0.113.5", "203.0.113.5"),
    ],
)
def test_a_function_learns_who_called_the_proxy_and_not_what_a_caller_claims(
    peer: str, claimed: str | None, expected: str, seen: list[tuple[HTTPMessage, int]]
) -> None:
    headers = {"x-forwarded-for": claimed} if claimed else {}
    assert forwarded(b"{}", headers, peer, seen) == 202
    assert seen[0][0].get_all("x-forwarded-for") == [expected]


def test_a_body_that_was_cut_has_its_own_length(seen: list[tuple[HTTPMessage, int]]) -> None:
    body = b"x" * (BODY_LIMIT + 1)
    assert forwarded(body, {"content-length": "2000000"}, "127.0.0.1", seen) == 202
    assert (seen[0][0]["content-length"], seen[0][1]) == (str(len(body)), len(body))


def forwarded(body: bytes, headers: dict[str, str], peer: str, seen: list[tuple[HTTPMessage, int]]) -> int:
    class Function(Quiet):
        def do_POST(self) -> None:
            seen.append((self.headers, len(self.rfile.read(int(self.headers["content-length"])))))
            self.answer(202)

    with served(Function) as port:
        environ = {"REMOTE_ADDR": peer, "RAW_URI": "/webhooks/app", "wsgi.input_terminated": True}
        client = Client(proxy(dict.fromkeys(FUNCTIONS, port)))
        return client.post("/webhooks/app", data=body, headers=headers, environ_overrides=environ).status_code
