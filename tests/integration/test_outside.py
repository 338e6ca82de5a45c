"""What servers tell, asked of real ones on loopback: when their certificate ends, and their time."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from opos.bundle.ports import free_port
from shared.adapters.host_probes import certificate_ends, clock_offset
from shared.errors import Unavailable
from tests.integration.test_channels import certificate
from tests.support.http_server import Quiet
from tests.support.slow_receivers import ENDLESS, Dripping, serving

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EXPIRED, YOUNG, SOUND = (-3 * DAY, -2 * DAY), (2 * DAY, 3 * DAY), (-DAY, DAY)
TIMEOUT = 30.0
"""Seconds for a server that answers, which is soon unless this machine is busy."""


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who does not trust it hangs up
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@contextmanager
def shaking_hands(tls: ssl.SSLContext | None, host: str = "127.0.0.1") -> Iterator[int]:
    """A port where hands are shaken and nothing is said; where there is no *tls*, nothing at all happens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.create_server((host, 0), family=family)
    if tls:
        threading.Thread(target=_shake, args=(server, tls), daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def _shake(server: socket.socket, tls: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            line, _ = server.accept()
            with line, suppress(OSError), tls.wrap_socket(line, server_side=True) as secured:
                secured.recv(1)


@pytest.mark.parametrize("valid", [EXPIRED, YOUNG, SOUND])
def test_when_a_certificate_ends_is_known_although_nobody_vouches_for_it(
    tmp_path: Path, valid: tuple[timedelta, timedelta]
) -> None:
    with shaking_hands(certificate(tmp_path, "localhost", valid)) as port:
        end = certificate_ends("localhost", port, timeout=TIMEOUT)
    assert end.tzinfo is not None
    assert abs(end - (datetime.now(UTC) + valid[1])) < timedelta(minutes=1)


@pytest.mark.parametrize(("host", "named"), [("localhost", ["localhost"]), ("127.0.0.1", [None])])
def test_the_server_hears_which_name_is_asked_for(tmp_path: Path, host: str, named: list[str | None]) -> None:
    tls, heard = certificate(tmp_path, "localhost"), []
    tls.sni_callback = lambda _line, name, _context: heard.append(name)
    with shaking_hands(tls) as port:
        certificate_ends(host, port, timeout=TIMEOUT)
    assert heard == named


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_a_host_may_be_an_ipv6_address(tmp_path: Path) -> None:
    with shaking_hands(certificate(tmp_path, "localhost"), "::1") as port:
        assert certificate_ends("::1", port, timeout=TIMEOUT) > datetime.now(UTC)


def test_where_nobody_shows_a_certificate_that_is_said() -> None:
    with answering(Quiet) as plain:
        for host, port in (
            ("127.0.0.1", free_port()),
            ("127.0.0.1", plain),
            ("no.such.host.invalid", 443),
            ("a..b", 443),
        ):
            with pytest.raises(Unavailable):
                certificate_ends(host, port, timeout=2)


def test_who_does_not_answer_costs_the_timeout_only() -> None:
    began = time.monotonic()
    with shaking_hands(None) as port:
        for ask in (
            lambda: certificate_ends("127.0.0.1", port, timeout=0.2),
            lambda: clock_offset(f"http://127.0.0.1:{port}/", timeout=0.2),
        ):
            with pytest.raises(Unavailable):
                ask()
    assert 0.4 <= time.monotonic() - began < 10


def test_who_drips_an_answer_costs_the_timeout_only() -> None:
    """Each byte comes in time, and the last one never comes."""
    with serving(server := Dripping(0.05, answer=ENDLESS)), pytest.raises(Unavailable):
        clock_offset(f"http://{server.address}/", timeout=0.2)


class Dated(BaseHTTPRequestHandler):
    """Answers as `status` and `said` tell, and keeps by what methods it was asked."""

    status = 200
    said: dict[str, str]
    asked: list[str]

    def do_HEAD(self) -> None:
        self.asked.append(self.command)
        self.send_response_only(self.status)
        for name, value in self.said.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def dated(said: dict[str, str], status: int = 200) -> type[Dated]:
    return type("Dated", (Dated,), {"status": status, "said": said, "asked": []})


def at_noon(**headers: str) -> type[Dated]:
    return dated({"date": format_datetime(NOON, usegmt=True), **headers})


def turned(by: timedelta, *, round_trip: timedelta = timedelta()) -> Callable[[], datetime]:
    """A clock that is ahead by so much of a server that answers in the middle of the second of noon."""
    middle = NOON + timedelta(seconds=0.5) + by
    return iter([middle - round_trip / 2, middle + round_trip / 2]).__next__


def offset(handler: type[Dated], now: Callable[[], datetime]) -> timedelta:
    with answering(handler) as port:
        return clock_offset(f"http://127.0.0.1:{port}/anything?x=1", timeout=TIMEOUT, now=now)


@pytest.mark.parametrize("ahead", [timedelta(seconds=90), timedelta(seconds=-90), timedelta(hours=1), -400 * DAY])
def test_a_clock_that_is_ahead_or_behind_is_seen_to_be_whatever_the_round_trip_took(ahead: timedelta) -> None:
    for round_trip in (timedelta(), timedelta(seconds=4)):
        assert offset(at_noon(), turned(ahead, round_trip=round_trip)) == ahead


@pytest.mark.parametrize(("ahead", "round_trip"), [(0.0, 0.0), (0.4, 0.0), (-0.5, 0.0), (1.4, 2.0), (-1.5, 2.0)])
def test_what_may_be_the_rounding_and_the_round_trip_is_no_offset(ahead: float, round_trip: float) -> None:
    now = turned(timedelta(seconds=ahead), round_trip=timedelta(seconds=round_trip))
    assert offset(at_noon(), now) == timedelta()


def test_just_over_it_is_one() -> None:
    assert offset(at_noon(), turned(timedelta(seconds=0.6))) == timedelta(seconds=0.6)


def test_the_real_clocks_of_one_machine_do_not_differ() -> None:
    with answering(type("Now", (Quiet,), {"do_HEAD": lambda self: self.answer(200)})) as port:
        assert clock_offset(f"http://127.0.0.1:{port}", timeout=TIMEOUT) == timedelta()


def test_an_answer_that_a_cache_has_kept_is_as_old_as_it_says() -> None:
    now = turned(timedelta(hours=1, seconds=0.5))  # the age is rounded too
    assert offset(at_noon(age="3600"), now) == timedelta()
    assert offset(at_noon(age="3600"), turned(timedelta(hours=2, seconds=0.5))) == timedelta(hours=1)


@pytest.mark.parametrize("status", [200, 204, 401, 404, 405, 500, 503])
def test_every_answer_tells_the_time_and_only_its_head_is_asked_for(status: int) -> None:
    handler = dated({"date": format_datetime(NOON, usegmt=True)}, status)
    assert offset(handler, turned(DAY)) == DAY
    assert handler.asked == ["HEAD"]


def test_the_old_forms_of_a_date_are_understood_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    said = ("Friday, 20-Nov-26 12:00:00 GMT", "Fri Nov 20 12:00:00 2026", "Fri, 20 Nov 2026 12:00:00 GMT")
    offsets = [offset(dated({"date": one}), turned(DAY)) for one in said]
    monkeypatch.undo()
    time.tzset()
    assert offsets == [DAY] * 3


@pytest.mark.parametrize("said", [{}, {"date": "yesterday"}, {"date": ""}])
def test_an_answer_without_a_date_tells_nothing(said: dict[str, str]) -> None:
    with pytest.raises(Unavailable):
        offset(dated(said), turned(timedelta()))


def test_where_there_is_no_answer_there_is_no_offset() -> None:
    for url in (f"http://127.0.0.1:{free_port()}/", "http://no.such.host.invalid/", "nonsense"):
        with pytest.raises(Unavailable):
            clock_offset(url, timeout=2)


@pytest.mark.parametrize("valid", [EXPIRED, YOUNG])
def test_a_clock_by_which_the_certificate_is_not_valid_is_measured_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, valid: tuple[timedelta, timedelta]
) -> None:
    """The dates of a certificate are judged by the clock that is in question; who vouches for it is not."""
    tls = certificate(tmp_path, "localhost", valid)
    with answering(at_noon(), tls) as port:
        with pytest.raises(Unavailable):
            clock_offset(f"https://localhost:{port}/", timeout=TIMEOUT, now=turned(DAY))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert clock_offset(f"https://localhost:{port}/", timeout=TIMEOUT, now=turned(DAY)) == DAY
        with pytest.raises(Unavailable):
            clock_offset(f"https://127.0.0.1:{port}/", timeout=TIMEOUT, now=turned(DAY))
