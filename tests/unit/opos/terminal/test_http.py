"""What the command line's HTTP client returns for each kind of answer."""

from collections.abc import Iterator

import pytest

from opos.bundle.ports import free_port
from opos.terminal.http import Answer, get, post
from shared.errors import Unavailable
from tests.support.http_server import Quiet, served


class Echo(Quiet):
    """Answers with what it received: the status that the path names, a header, and the body."""

    def do_GET(self) -> None:
        self.answer(int(self.path[1:]), f'{{"asked": "{self.headers.get("x-caller", "")}"}}'.encode())

    def do_POST(self) -> None:
        self.answer(int(self.path[1:]), self.rfile.read(int(self.headers["content-length"])))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(Echo) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("status", [200, 202, 401, 503])
def test_an_answer_of_any_status_is_an_answer(status: int, url: str) -> None:
    assert get(f"{url}/{status}", {"x-caller": "me"}) == Answer(status, '{"asked": "me"}')
    assert post(f"{url}/{status}", b"hello", {}) == Answer(status, "hello")


def test_an_empty_body_is_posted_too(url: str) -> None:
    assert post(f"{url}/200", b"", {}) == Answer(200, "")


def test_the_body_is_the_json_value_or_else_the_text() -> None:
    assert Answer(200, '{"id": 1}').body == {"id": 1}
    assert Answer(200, "<p>no JSON</p>").body == "<p>no JSON</p>"


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_secret_does_not_follow_a_redirect(status: int) -> None:
    reached: list[str | None] = []

    class Elsewhere(Quiet):
        def do_GET(self) -> None:
            reached.append(self.headers["authorization"])
            self.answer(200)

        def do_POST(self) -> None:
            self.do_GET()

    with served(Elsewhere) as elsewhere:

        class Redirecting(Quiet):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("location", f"http://127.0.0.1:{elsewhere}/stranger")
                self.end_headers()

            def do_POST(self) -> None:
                self.do_GET()

        with served(Redirecting) as port:
            url, secret = f"http://127.0.0.1:{port}", {"authorization": "Bearer hunter2"}
            assert (get(url, secret).status, post(url, b"", secret).status) == (status, status)
    assert reached == []


def test_an_answer_without_end_is_read_in_part() -> None:
    class Endless(Quiet):
        def do_GET(self) -> None:
            self.answer(200, b"a" * 3_000_000)

    with served(Endless) as port:
        assert len(get(f"http://127.0.0.1:{port}").text) == 1_000_000


@pytest.mark.parametrize(("url", "address"), [("http://[::1]/x", ("::1", 80)), ("https://[::1]/x", ("::1", 443))])
def test_an_ipv6_address_without_a_port_has_that_of_its_scheme(
    url: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[tuple[str, int]] = []

    def connect(to: tuple[str, int], *_: object) -> None:
        reached.append(to)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(Unavailable):
        get(url)
    assert reached == [address]


def test_what_is_no_address_is_not_asked() -> None:
    with pytest.raises(Unavailable, match="expected a URL that begins with http:// or https://"):
        get("localhost:8080")


def test_no_answer_is_an_error_with_the_address_and_a_hint() -> None:
    address = f"http://127.0.0.1:{free_port()}/livez"
    with pytest.raises(Unavailable, match=f"No answer from {address}") as fault:
        get(address)
    assert fault.value.hint == "Is the bundle running? `opos up` starts it."
