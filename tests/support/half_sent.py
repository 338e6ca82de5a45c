"""Requests as a slow or hostile sender leaves them, byte for byte."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice

POST = b"POST /webhooks/alertmanager HTTP/1.1\r\nhost: x\r\nauthorization: Bearer am-token\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"
HALF_SENT = {
    "nothing": b"",
    "a request line without an end": b"GET /" + b"a" * 100,
    "a head without an end": POST,
    "half a body": POST + b"content-length: 30\r\n\r\n" + b'{"alerts": [',
    "half a chunk": CHUNKED + b"1e\r\n" + b'{"alerts": [',
    "a chunk and no end": CHUNKED + b'2\r\n{"\r\n',
    "a chunk of endless size": CHUNKED + b"fffffffffffffffff\r\n{",
}
MALFORMED = {
    "both lengths": POST + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
    "a length that is no number": POST + b"content-length: abc\r\n\r\n",
    "a negative length": POST + b"content-length: -1\r\n\r\n",
    "a length with a sign": POST + b"content-length: +3\r\n\r\nabc",
    "lines that end with LF": POST.replace(b"\r\n", b"\n") + b"content-length: 0\n\n",
    "one line that ends with LF": POST + b"a: b\nc: d\r\n\r\n",
    "a folded line": POST + b"a: b\r\n c\r\ncontent-length: 0\r\n\r\n",
    "a space before the colon": POST + b"content-length : 3\r\n\r\nabc",
    "a NUL": POST + b"a: b\0c\r\n\r\n",
    "two hosts": POST + b"host: y\r\ncontent-length: 0\r\n\r\n",
    "a chunk of no number": CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
    "a negative chunk": CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
    "a chunk without its end": CHUNKED + b"3\r\nabcX\r\n0\r\n\r\n",
    "chunked, but not last": POST + b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
}


def sent(port: int, data: bytes, *, leaves: bool = False) -> bytes:
    """Everything that the server answers to *data*, until it ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(data)
        if leaves:
            connection.shutdown(socket.SHUT_WR)
        return until_closed(connection)


def until_closed(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while part := connection.recv(65536):
            answer += part
    except ConnectionResetError:
        pass
    return answer


@contextmanager
def waiting(port: int, count: int, shapes: dict[str, bytes] = HALF_SENT) -> Iterator[list[socket.socket]]:
    """*count* connections that have sent one of *shapes* each, and then nothing more."""
    with ExitStack() as stack:
        connections = []
        for data in islice(cycle(shapes.values()), count):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            connection.sendall(data)
            connections.append(connection)
        yield connections
