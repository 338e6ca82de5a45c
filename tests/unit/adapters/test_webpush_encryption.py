"""The encryption of Web Push: the example of RFC 8291, and every message is read by its browser alone."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.channels.webpush_encryption import OVERHEAD, encrypted
from shared.ports.devices import Device
from shared.values.vapid import VapidKey, decoded, encoded
from tests.support.push_service import KEY, PUBLIC, Browser, device

BROWSER = Browser("https://push.example/x", PUBLIC)


def test_the_example_of_rfc_8291() -> None:
    """Source: RFC 8291, section 5 and appendix A."""
    public = decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
    receiver = Device("d", "https://push.example.net", public, decoded("BTBZMqHH6r4Tts7J_aSIgg"))
    salt, own = decoded("DGv6ra1nlYgDCS1FRnbzlw"), VapidKey(KEY).private
    assert encoded(encrypted(b"When I grow up, I want to be a watermelon", receiver, salt=salt, own=own)) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7"
        "A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(max_size=3000))
def test_its_browser_reads_every_message(message: bytes) -> None:
    body = encrypted(message, device(BROWSER))
    assert BROWSER.read(body) == message
    assert len(body) == len(message) + OVERHEAD


def test_no_other_browser_reads_it_and_no_two_bodies_are_alike() -> None:
    bodies = {encrypted(b"Disk", device(BROWSER)) for _ in range(3)}
    assert len({body[:16] for body in bodies}) == len({body[86:] for body in bodies}) == 3
    with pytest.raises(InvalidTag):
        Browser("https://push.example/y", PUBLIC).read(bodies.pop())


def test_a_key_that_is_no_point_of_the_curve_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"."):
        encrypted(b"Disk", Device("d", "https://push.example", b"\x04" + b"\x01" * 64, bytes(16)))
