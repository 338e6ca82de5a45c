"""A request of ASGI as the environment of WSGI."""

from io import BytesIO
from typing import Any

import pytest
from werkzeug.wrappers import Request

from opos.bundle.environ import environ

SCOPE = {
    "http_version": "1.1", "method": "POST", "scheme": "http", "raw_path": b"/a%20b/%C3%A9", "query_string": b"q=%201",
    "headers": [(b"content-type", b"text/plain"), (b"x-a", b"1"), (b"x-a", b"2"), (b"x-b", b"\xe9")],
    "server": ("127.0.0.1", 8080), "client": ("127.0.0.2", 5),
}  # fmt: skip


def request(**differences: Any) -> Request:
    return Request(environ({**SCOPE, **differences}, BytesIO(b"body")))


def test_a_request_means_the_same_in_its_environment() -> None:
    plain = request()
    assert (plain.method, plain.path, plain.args["q"]) == ("POST", "/a b/é", " 1")
    assert (plain.headers["x-a"], plain.headers["x-b"], plain.mimetype) == ("1,2", "é", "text/plain")
    assert (plain.remote_addr, plain.environ["RAW_URI"]) == ("127.0.0.2", "/a%20b/%C3%A9?q=%201")


def test_the_body_is_all_there_with_or_without_a_length() -> None:
    assert request().get_data() == b"body"
    assert request(headers=[(b"content-length", b"4")]).get_data() == b"body"
    assert request(headers=[(b"transfer-encoding", b"chunked")]).get_data() == b"body"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"http://x.example/livez", "/livez"),
        (b"/a//b", "/a//b"),
        (b"*", "/*"),
        (b"http://[/", "/"),
        (b"http://[x]/a", "/a"),
    ],
)
def test_the_target_may_be_a_whole_url(target: bytes, path: str) -> None:
    assert request(raw_path=target).path == path
