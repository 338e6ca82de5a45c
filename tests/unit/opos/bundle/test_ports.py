"""A port stays free until its server starts."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from opos.bundle.ports import Ports, PortTaken, ephemeral, free_port, is_taken, on_free_port, outside
from shared.errors import Unavailable
from tests.support.project import ROOT

OTHER_PROCESS = """
import sys
from pathlib import Path
from opos.bundle.ports import Ports
ports = Ports(range(21000, 21004), Path(sys.argv[1]))
print(ports.free(), ports.free(), flush=True)
sys.stdin.read()
"""


def test_no_two_calls_return_the_same_port() -> None:
    ports = [free_port() for _ in range(200)]
    assert len(set(ports)) == 200


def test_the_kernel_gives_none_of_them_to_a_connection_or_to_port_0() -> None:
    assert free_port() not in ephemeral()
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert server.getsockname()[1] in ephemeral()


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (range(32768, 61000), range(20000, 32768)),  # Linux
        (range(49152, 65536), range(20000, 49152)),  # macOS
        (range(15000, 61000), range(1024, 15000)),
        (range(1024, 40000), range(40000, 65536)),
    ],
)
def test_they_lie_outside_the_range_of_the_kernel_wherever_that_is(taken: range, expected: range) -> None:
    assert outside(taken) == expected


def test_a_port_in_use_is_passed_over(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert is_taken(port)
        assert Ports(range(port, port + 2), tmp_path / "locks").free() == port + 1
    assert not is_taken(port)


def test_when_all_are_handed_out_it_says_so(tmp_path: Path) -> None:
    port = free_port()
    ports = Ports(range(port, port + 1), tmp_path / "locks")
    assert ports.free() == port
    with pytest.raises(Unavailable, match=f"No port from {port} to {port} is free"):
        ports.free()


def test_another_process_gets_other_ports_until_the_first_one_ends(tmp_path: Path) -> None:
    locks, candidates = tmp_path / "locks", range(21000, 21004)
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(locks)], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )  # fmt: skip
    with other:
        assert other.stdout is not None
        theirs = set(map(int, other.stdout.readline().split()))
        ports = Ports(candidates, locks)
        ours = {ports.free(), ports.free()}
        assert ours | theirs == set(candidates)
        with pytest.raises(Unavailable):
            ports.free()
        other.communicate("")
    assert ports.free() in theirs


def test_a_start_that_finds_its_port_taken_gets_one_more() -> None:
    tried: list[int] = []

    def start(port: int) -> int:
        tried.append(port)
        if len(tried) == 1:
            raise PortTaken("in use")
        return port

    assert on_free_port(start) == tried[1] != tried[0]


def test_it_gets_no_third() -> None:
    tried: list[int] = []

    def start(port: int) -> None:
        tried.append(port)
        raise PortTaken("in use")

    with pytest.raises(PortTaken):
        on_free_port(start)
    assert len(tried) == 2


def test_any_other_fault_is_not_retried() -> None:
    tried: list[int] = []

    def start(port: int) -> None:
        tried.append(port)
        raise Unavailable("broken")

    with pytest.raises(Unavailable, match="broken"):
        on_free_port(start)
    assert len(tried) == 1
