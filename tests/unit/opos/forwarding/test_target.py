"""The target of a forward: what is an address, and what becomes of a webhook whatever the server does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click
import pytest

from opos.bundle.ports import free_port
from opos.forwarding.target import Outcome, post, target
from tests.support.http_server import Quiet, served


@pytest.mark.parametrize(
    ("text", "url", "host", "is_private"),
    [
        ("localhost:3000/webhook", "http://localhost:3000/webhook", "localhost", True),
        ("localhost:3000/h?next=http://x", "http://localhost:3000/h?next=http://x", "localhost", True),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000", "127.0.0.1", True),
        ("http://[::1]/a?b=c", "http://[::1]/a?b=c", "::1", True),
        ("https://dev.example.com/hook", "https://dev.example.com/hook", "dev.example.com", True),
        ("http://dev.example.com/hook", "http://dev.example.com/hook", "dev.example.com", False),
        ("http://127.0.0.1.example.com", "http://127.0.0.1.example.com", "127.0.0.1.example.com", False),
        ("http://localhost.example.com", "http://localhost.example.com", "localhost.example.com", False),
    ],
)
def test_an_address(text: str, url: str, host: str, *, is_private: bool) -> None:
    place = target(text)
    assert (place.url, place.host, place.is_private) == (url, host, is_private)


@pytest.mark.parametrize(
    "text",
    [
        "", "ftp://localhost/x", "http://", "http://me:secret@localhost/", "http://localhost@example.com/", "localhost:99999",
        "http://localhost/a b", "http://localhost/\x1b[2J", "http://local\nhost/", "http://[::1/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected a URL such as http://localhost:3000/webhook"):
        target(text)


@contextmanager
def raw_server(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads one request and answers with these bytes, slowly or never."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                requests.append(connection.recv(65536))
                for byte in answer:
                    connection.sendall(bytes([byte]))
                while connection.recv(1024):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x", requests
        thread.join(30)


def test_the_request_has_these_headers_and_no_others() -> None:
    with raw_server(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, requests):
        outcome = post(target(url), b"body", {"x-one": "caf\xe9", "x-two": "\u20ac"})
    head, _, _ = requests[0].partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].lower() for line in head.splitlines()[1:]]
    assert names == [b"host", b"content-length", b"x-one", b"x-two"]
    assert b"x-one: caf\xe9\r\nx-two: \xe2\x82\xac" in requests[0]
    assert (outcome.status, outcome.is_accepted, outcome.reason) == (204, True, "")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"])
def test_a_server_that_does_not_finish_its_answer_is_left(answer: bytes) -> None:
    with raw_server(answer) as (url, _):
        outcome = post(target(url), b"body", {}, timeout=0.3)
    assert replace(outcome, milliseconds=0) == Outcome(None, 0, "no answer within 0.3 s")


def test_a_server_that_is_not_there_is_no_error() -> None:
    outcome = post(target(f"http://127.0.0.1:{free_port()}"), b"", {})
    assert (outcome.status, outcome.reason) == (None, "no answer: Connection refused")


def test_an_answer_that_is_no_http_is_no_error() -> None:
    with raw_server(b"SSH-2.0-OpenSSH\r\n") as (url, _):
        assert post(target(url), b"", {}).reason.startswith("no answer: ")


def test_a_header_that_would_begin_another_is_not_sent() -> None:
    outcome = post(target(f"http://127.0.0.1:{free_port()}"), b"", {"x-id": "1\r\nx-admin: yes"})
    assert (outcome.status, outcome.reason[:9]) == (None, "not sent:")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    followed: list[str] = []

    class Elsewhere(Quiet):
        def do_POST(self) -> None:
            followed.append(self.path)
            self.answer(200)

        def do_GET(self) -> None:
            self.do_POST()

    with served(Elsewhere) as elsewhere:

        class Redirecting(Quiet):
            def do_POST(self) -> None:
                self.send_response(status)
                self.send_header("location", f"http://127.0.0.1:{elsewhere}/stranger")
                self.end_headers()

        with served(Redirecting) as port:
            outcome = post(target(f"http://127.0.0.1:{port}"), b"x", {"stripe-signature": "t=1"})
    assert (outcome.status, outcome.reason) == (status, "a redirect, which opos does not follow")
    assert followed == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")

    class App(Quiet):
        def do_POST(self) -> None:
            self.answer(400, b"No signatures\x1b[2J\nfound")

    with served(App) as port:
        outcome = post(target(f"localhost:{port}"), b"x", {})
    assert (outcome.status, outcome.reason) == (400, "No signatures [2J found")
