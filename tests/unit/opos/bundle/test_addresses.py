"""The addresses of a bundle, and what `opos up` says of them."""

import pytest
import segno

from opos.bundle import addresses
from opos.bundle.addresses import here, in_network, is_loopback
from opos.bundle.welcome import welcome
from opos.terminal import qr_code, width
from tests.support.configuration import parse_config

SOURCES = parse_config(
    "owner: me@example.com\nsources: {github: {scheme: github, secrets: [A]}, pager: {scheme: pagerduty-events, secrets: [B]}}\n"
    "channels: {desk: {console: true}}\nroute: {channel: desk}\ndigest: {channel: desk}\n"
).sources
LINK = "https://ops.example.com/console/" + "x" * 110


EVERYWHERE = "0.0.0.0"  # noqa: S104  (nothing binds it)


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", "127.0.0.1"), (EVERYWHERE, "127.0.0.1"), ("::", "[::1]"), ("192.168.1.5", "192.168.1.5")]
)  # fmt: skip
def test_a_program_here_reaches_the_server_wherever_it_listens(host: str, local: str) -> None:
    assert here(host, 8080) == f"http://{local}:8080"


def test_a_phone_reaches_the_own_address_of_a_machine_that_listens_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_own_address", lambda _: "192.168.1.5")
    assert in_network(EVERYWHERE, 80) == "http://192.168.1.5:80"
    assert in_network("127.0.0.1", 80) == "http://127.0.0.1:80"
    monkeypatch.setattr(addresses, "_own_address", lambda _: None)
    assert in_network("::", 80) == "http://[::1]:80"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080", True), ("http://[::1]:80", True), ("http://localhost", True), ("http://a.localhost", True),
        ("https://ops.example.com", False), ("http://192.168.1.5:80", False),
    ],
)  # fmt: skip
def test_loopback_is_only_what_leads_to_the_machine_itself(url: str, expected: bool) -> None:  # noqa: FBT001
    assert is_loopback(url) is expected


def test_each_source_has_its_whole_address() -> None:
    text = welcome("https://ops.example.com", "http://127.0.0.1:8080", SOURCES, None, None)
    assert "opos is up: https://ops.example.com, and listens on http://127.0.0.1:8080\n" in text
    assert "github  https://ops.example.com/webhooks/github\n" in text
    assert "pager   https://ops.example.com/webhooks/v2/enqueue\n" in text
    assert "public_url" not in text
    assert "`opos console`" in text


def test_an_address_that_senders_cannot_reach_is_said_to_be_one() -> None:
    text = welcome("http://127.0.0.1:99", "http://127.0.0.1:99", SOURCES, LINK, None)
    assert "Only programs on this machine reach http://127.0.0.1:99." in text
    assert "init --public-url https://...\n" in text
    assert "█" not in text


def test_the_words_about_the_address_fit_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(width, "width", lambda: 50)
    text = welcome("http://127.0.0.1:99", "http://127.0.0.1:99", {}, None, None)
    assert [line for line in text.splitlines() if len(line) > 50] == []


def test_the_link_for_a_phone_is_a_qr_code_where_the_terminal_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, lines, shown in (("80", "50", True), ("40", "50", False), ("80", "24", False)):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv("LINES", lines)
        text = welcome("https://ops.example.com", "http://127.0.0.1:8080", SOURCES, LINK, None)
        assert ("█" in text, "enlarge the window, then `opos console`" in text) == (shown, not shown)


@pytest.mark.parametrize("no_color", ["", "1"])
def test_the_qr_code_has_the_modules_of_its_text(monkeypatch: pytest.MonkeyPatch, no_color: str) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "60")
    text = str(qr_code.qr_code(LINK)).replace(qr_code._COLOURS, "").replace(qr_code._RESET, "")
    assert ("\x1b" in str(qr_code.qr_code(LINK))) is not bool(no_color)
    modules = {block: pair for pair, block in qr_code._BLOCKS.items()}
    rows = [[modules[block][half] for block in line] for line in text.splitlines() for half in (0, 1)]
    drawn = segno.make(LINK, error="l", micro=False, boost_error=False).matrix_iter(border=qr_code.BORDER)
    assert rows[: len(rows[0])] == [list(row) for row in drawn]
