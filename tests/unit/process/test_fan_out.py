"""Many questions at the same time, each for a limited time."""

import socket
from datetime import timedelta

from shared.process.deadline import within
from shared.process.fan_out import Unanswered, ask_all

SHORT, LONG = timedelta(milliseconds=10), timedelta(seconds=30)


def test_as_many_questions_as_there_are_threads_may_make_calls_of_their_own() -> None:
    assert ask_all([lambda: within(30.0, lambda: 7)] * 64, LONG) == [7] * 64


def test_questions_that_were_never_answered_take_no_threads_from_the_next_ones() -> None:
    """More of them than there are threads: each has its connection cut, and ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:

        def hang() -> bytes:
            with socket.create_connection(silent.getsockname()) as connection:
                return connection.recv(1)

        for _ in range(40):
            (answer,) = ask_all([hang], SHORT)
            assert isinstance(answer, Unanswered)
        assert ask_all([lambda: 7, lambda: 8], LONG) == [7, 8]
