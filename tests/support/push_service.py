"""A push service on loopback that refuses what the real ones refuse, and the browsers that subscribe at it.

It reads a message with the private keys of the browser, by code that shares nothing with what encrypts it. Sources: RFC
8030 (TTL, Urgency, Topic, 201 with Location, 410), RFC 8188 and RFC 8291 (the body), RFC 8292 (the authorization; a
subscription that is restricted to a key). It is kinder than the real ones: it limits no rate and forgets no device.
"""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.adapters.channels.webpush import Sender, WebPush
from shared.ports.devices import Device
from shared.values.vapid import VapidKey, decoded, encoded
from tests.support.fakes import FakeClock
from tests.support.http_server import Quiet, served
from tests.support.receivers import Posted

KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
"""A private VAPID key: the one of the example in RFC 8291."""
PUBLIC = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
Answer = tuple[int, dict[str, str]]


@dataclass
class Push:
    """A message as its browser has read it, with the headers in lower case and the number of bytes on the way."""

    notification: dict[str, Any]
    content: dict[str, Any]
    headers: dict[str, str]
    size: int


@dataclass
class Browser:
    """A browser that has subscribed with the public VAPID key `key`; `answers` replace the next answers of its service."""

    endpoint: str
    key: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    pushes: list[Push] = field(default_factory=list)
    requests: int = 0
    answers: list[Answer] = field(default_factory=list)
    has_unsubscribed: bool = False

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self) -> dict[str, Any]:
        """What the browser sends to opos. Source: W3C Push API, PushSubscriptionJSON."""
        keys = {"p256dh": encoded(self.public), "auth": encoded(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    @property
    def shown(self) -> dict[str, Any]:
        """The notifications on the screen, by their tags: a later one replaces another with the same tag."""
        return {push.notification["tag"]: push.notification for push in self.pushes}

    def verdict(self, posted: Posted) -> tuple[int, dict[str, Any]]:
        """What a receiver of tests.support.receivers answers, which keeps the message as this browser reads it."""
        is_small = len(posted.body) <= 4096
        posted.body = self.read(posted.body)
        return (200 if is_small else 413), {}

    def read(self, body: bytes) -> bytes:
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        theirs, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        key = _derived(self.auth, shared, b"WebPush: info\0" + self.public + theirs, 32)
        content_key = _derived(salt, key, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(salt, key, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(content_key).decrypt(nonce, record, None).rstrip(b"\0")
        assert padded.endswith(b"\x02"), "the last record ends with its delimiter"
        return padded[:-1]


def _derived(salt: bytes, key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)


@dataclass
class PushService:
    address: str
    clock: FakeClock
    browsers: dict[str, Browser] = field(default_factory=dict)

    def subscribe(self, key: str = PUBLIC) -> Browser:
        """A new browser, which accepts only messages of the owner of *key*."""
        path = f"/wpush/{secrets.token_urlsafe(24)}"
        browser = self.browsers[path] = Browser(f"http://{self.address}{path}", key)
        return browser

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        browser = self.browsers.get(path)
        if browser is None:
            return 404, {}
        browser.requests += 1
        if browser.answers:
            return browser.answers.pop(0)
        if browser.has_unsubscribed:
            return 410, {}
        if status := self._refusal(browser, headers, body):
            return status, {}
        content = json.loads(browser.read(body))
        browser.pushes.append(Push(content["notification"], content, headers, len(body)))
        return 201, {"location": f"http://{self.address}/message/{secrets.token_hex(8)}"}

    def _refusal(self, browser: Browser, headers: dict[str, str], body: bytes) -> int:
        if len(body) > 4096:
            return 413
        is_valid = (
            re.fullmatch(r"\d+", headers.get("ttl", ""))
            and re.fullmatch(r"[\w-]{1,32}", headers.get("topic", "t"), re.ASCII)
            and headers.get("urgency", "normal") in {"very-low", "low", "normal", "high"}
            and headers.get("content-encoding") == "aes128gcm"
        )
        if not is_valid:
            return 400
        return self._unauthorized(browser, headers.get("authorization", ""))

    def _unauthorized(self, browser: Browser, authorization: str) -> int:
        parts = re.fullmatch(r"vapid t=([\w.-]+), k=([\w-]+)", authorization, re.ASCII)
        if parts is None:
            return 401
        if parts[2] != browser.key:
            return 403
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(parts[2]))
            claims = jwt.decode(
                parts[1], key, ["ES256"], audience=f"http://{self.address}", options={"verify_exp": False}
            )
        except (jwt.InvalidTokenError, ValueError):
            return 401
        left = datetime.fromtimestamp(claims["exp"], UTC) - self.clock.now()
        is_known = re.match(r"mailto:[^@\s]+@[^@\s]+$|https://", claims.get("sub", ""))
        return 0 if 0 < left.total_seconds() <= 86_400 and is_known else 401


@contextmanager
def push_service(clock: FakeClock) -> Iterator[PushService]:
    service = PushService("", clock)

    class Handler(Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more = service.answer(self.path, headers, body)
            self.send_response(status)
            for name, value in {"content-length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

    with served(Handler) as port:
        service.address = f"127.0.0.1:{port}"
        yield service


@dataclass
class FakeDevices:
    """The devices of a channel in memory, with what was noted of them."""

    devices: list[Device] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def present(self) -> list[Device]:
        return list(self.devices)

    def note(self, id: str, fault: str = "") -> None:
        self.notes.append((id, fault))

    def remove(self, id: str) -> None:
        self.devices = [device for device in self.devices if device.id != id]


def device(browser: Browser, id: str = "phone") -> Device:
    return Device(id, browser.endpoint, browser.public, browser.auth)


def channel_to(*browsers: Browser, clock: FakeClock, secret: str = KEY) -> tuple[WebPush, FakeDevices]:
    """The channel to *browsers*, whose ids are `d0`, `d1` and so on."""
    devices = FakeDevices([device(browser, f"d{number}") for number, browser in enumerate(browsers)])
    return WebPush(Sender(VapidKey(secret), "me@example.com", clock), devices), devices
