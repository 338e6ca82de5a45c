"""Senders that are slow, stop halfway or send no HTTP, beside good ones: over sockets, and on real servers."""

import json
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import pytest

from shared.runtime.entry import BODY_LIMIT
from tests.support.half_sent import HALF_SENT, MALFORMED, POST, sent, until_closed, waiting
from tests.support.short_limits import LIMITS, SMALL, Server, running

pytestmark = pytest.mark.slow

ALERT = json.dumps({"version": "4", "groupKey": "g", "status": "firing", "alerts": []}).encode()
KEPT = {200, 202}
"""A webhook is kept, or known already: all of these tests send the same words."""
GOOD = POST + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(ALERT) + ALERT


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("bundle"), "bundle") as server:
        yield server


@pytest.fixture(scope="module")
def proxy(bundle: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("proxy"), "proxy", str(bundle.port)) as server:
        yield server


@pytest.fixture(params=["bundle", "proxy"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    served: Server = request.getfixturevalue(request.param)
    yield served
    assert "Traceback" not in served.log.read_text()
    assert '"severity": "ERROR"' not in served.log.read_text()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_good_requests_are_answered_beside_200_half_sent_ones_which_end_in_time(server: Server) -> None:
    before = server.memory_mb
    with waiting(server.port, 200) as connections:
        with ThreadPoolExecutor(16) as senders:
            answers = list(senders.map(sent, repeat(server.port, 64), repeat(GOOD)))
        assert {status(answer) for answer in answers} <= KEPT
        assert server.get("/livez") == 200
        assert server.memory_mb < before + 50
        ends = [until_closed(connection) for connection in connections]
    assert {status(end) for end in ends if end} == {408}
    assert sum(not end for end in ends) == 87  # those that had not sent a whole head


def test_a_sender_that_sends_a_byte_from_time_to_time_gets_no_more_time(bundle: Server) -> None:
    drip = HALF_SENT["half a body"], HALF_SENT["a head without an end"]
    with waiting(bundle.port, 2, dict(enumerate(drip))) as connections:  # type: ignore[arg-type]
        for connection in connections:
            connection.settimeout(LIMITS.seconds / 8)
            assert dripping_ends(connection)


def dripping_ends(connection: socket.socket) -> bool:
    """Whether the server ends the connection, although each of many waits ends with another byte."""
    for _ in range(400):
        try:
            connection.send(b"a")
            if not connection.recv(65536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_http_is_answered_once_with_400(server: Server, data: bytes) -> None:
    answer = sent(server.port, data)
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("name", ["half a body", "half a chunk", "a chunk and no end", "a head without an end"])
def test_a_sender_that_leaves_gets_nothing(server: Server, name: str) -> None:
    assert sent(server.port, HALF_SENT[name], leaves=True) == b""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 414),
        (b"GET /" + b"a" * 20_000, 414),
        (POST + b"a: " + b"v" * 9000 + b"\r\n\r\n", 431),
        (POST + b"".join(b"a%d: v\r\n" % number for number in range(200)) + b"\r\n", 431),
        (POST + b"".join(b"a%d: " % number + b"v" * 1000 + b"\r\n" for number in range(40)), 431),
        (POST + b"transfer-encoding: none\r\n\r\n", 501),
        (POST + b"connection: close\r\ncontent-length: 2000000\r\n\r\n" + b"x" * 2_000_000, 413),
    ],
)
def test_what_is_too_large_has_a_status_of_its_own(server: Server, data: bytes, expected: int) -> None:
    assert status(sent(server.port, data)) == expected


@pytest.mark.parametrize("name", ["bundle", "proxy"])
def test_a_webhook_that_is_too_large_is_counted(name: str, request: pytest.FixtureRequest) -> None:
    server, source = request.getfixturevalue(name), {"bundle": b"github", "proxy": b"stripe"}[name]
    post = POST.replace(b"alertmanager", source) + b"connection: close\r\ncontent-length: 2000000\r\n\r\n"
    assert status(sent(server.port, post + b"x" * 2_000_000)) == 413
    metrics = sent(server.port, b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").decode()
    assert f'opos_webhooks_rejected_total{{source="{source.decode()}",status="413"}} 1.0' in metrics


def test_a_webhook_of_which_only_a_part_arrives_in_time_is_counted(bundle: Server) -> None:
    half = HALF_SENT["half a body"].replace(b"alertmanager", b"lemon")
    assert status(sent(bundle.port, half)) == 408
    metrics = b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    line = b'opos_webhooks_rejected_total{source="lemon",status="408"} 1.0'
    assert any(line in sent(bundle.port, metrics) for _ in range(20))


def test_pipelined_requests_are_answered_in_their_order(server: Server) -> None:
    answer = sent(server.port, b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n" * 3 + GOOD)
    statuses = [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert (statuses[:3], statuses[3] in KEPT, len(statuses)) == ([200, 200, 200], True, 4)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    """A bundle that is full long before the time of a sender is up, and without the senders of another test."""
    with running(tmp_path, "small") as server:
        yield server


@pytest.mark.parametrize("name", ["nothing", "half a body", "half a chunk"])
def test_where_too_many_connections_wait_one_that_waits_ends(small: Server, name: str) -> None:
    with waiting(small.port, SMALL.connections + 1, {name: HALF_SENT[name]}) as connections:
        assert status(sent(small.port, GOOD)) in KEPT
        ended, _, _ = select.select(connections, [], [])
        assert until_closed(ended[0])[:12] in {b"", b"HTTP/1.1 503"}


def test_where_half_sent_bodies_hold_too_much_memory_one_of_them_ends(small: Server) -> None:
    half = POST + b"content-length: %d\r\n\r\n" % BODY_LIMIT + b"x" * (BODY_LIMIT - 1)
    with waiting(small.port, 12, {"nearly all of a body": half}) as connections:
        assert status(sent(small.port, GOOD)) in KEPT
        ended, _, _ = select.select(connections, [], [])
        assert status(until_closed(ended[0])) == 503


def test_a_client_that_does_not_read_its_answer_is_left(tmp_path: Path) -> None:
    with running(tmp_path, "page") as server, socket.socket() as connection:
        before, deadline = server.sockets, time.monotonic() + 60
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert connection.recv(1)
        while server.sockets > before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.sockets <= before


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As deployed: functions-framework with gunicorn's threads."""
    with running(tmp_path_factory.mktemp("function"), "function", "webhook_intake") as served:
        yield served


PARTS = ("half a body", "half a chunk", "a chunk and no end")


def test_a_deployed_function_waits_for_a_body_only_so_long(function: Server) -> None:
    with ThreadPoolExecutor() as senders:
        answers = senders.map(lambda name: sent(function.port, HALF_SENT[name]), PARTS)
    assert [status(answer) for answer in answers] == [408, 408, 408]


@pytest.mark.parametrize("name", PARTS)
def test_a_deployed_function_does_not_take_part_of_a_body_for_all_of_it(function: Server, name: str) -> None:
    assert status(sent(function.port, HALF_SENT[name], leaves=True)) == 400
    assert '"severity": "ERROR"' not in function.log.read_text()


@pytest.mark.parametrize("name", ["a chunk of no number", "a negative chunk", "a chunk without its end"])
def test_a_deployed_function_answers_a_malformed_chunk_with_400(function: Server, name: str) -> None:
    assert status(sent(function.port, MALFORMED[name])) == 400
    assert '"severity": "ERROR"' not in function.log.read_text()
