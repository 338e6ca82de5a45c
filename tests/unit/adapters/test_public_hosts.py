"""A push service is called only at addresses of the internet, whatever its name resolves to."""

import socket
from typing import Any

import pytest

from shared.adapters.channels.public_hosts import is_public, require_public
from shared.errors import DeliveryError
from shared.ports import Notice
from tests.support.fakes import FakeClock
from tests.support.push_service import PUBLIC, Browser, channel_to

PUBLIC_ADDRESS, URL = "142.250.74.202", "https://fcm.googleapis.com/fcm/send/secret"


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def answers(_host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("address", [PUBLIC_ADDRESS, "2606:4700::1111", "64:ff9b::8efa:4aca", "::ffff:142.250.74.202"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.7", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1", "::1", "::", "fe80::1%eth0", "fd00::1",
        "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "::ffff:127.0.0.1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_addresses_of_a_network_are_not(address: str) -> None:
    assert not is_public(address)


def test_each_address_has_to_be_public(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, PUBLIC_ADDRESS)
    require_public(URL)
    resolving(monkeypatch, PUBLIC_ADDRESS, "127.0.0.1")
    with pytest.raises(DeliveryError, match="not public") as fault:
        require_public(URL)
    assert (fault.value.permanent, "googleapis" in str(fault.value)) == (True, False)


def test_behind_a_proxy_that_resolves_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "127.0.0.1")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "")
    require_public(URL)


def test_nothing_is_sent_to_a_name_that_leads_into_our_network(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "127.0.0.1")
    channel, devices = channel_to(Browser("https://127.0.0.1.nip.io/wpush/secret", PUBLIC), clock=FakeClock())
    with pytest.raises(DeliveryError, match="not public"):
        channel.send(Notice("Disk full", "97 %"), "key1")
    with pytest.raises(DeliveryError, match="not public"):
        channel.reach()
    assert [(device, "not public" in fault) for device, fault in devices.notes] == [("d0", True)]
