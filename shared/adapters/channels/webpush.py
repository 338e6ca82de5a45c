"""Web Push: a notification in the browsers that the operator has subscribed in the console, without an app of ours.

Each browser is an addressee of the channel, so it has its own attempts and its own outcome. A browser that has
unsubscribed is removed with the next message. Sources: RFC 8030, sections 5 (push) and 7.3 (404, 410); Apple, "Sending
web push notifications in web apps and browsers" (the reasons of a refusal, such as VapidPkHashMismatch); RFC 8292,
section 4.2 (401 and 403: the key is not that of the subscription).
"""

from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from shared.adapters.channels.built_message import built
from shared.adapters.channels.http_post import TIMEOUT, Answer, Refused, post
from shared.adapters.channels.public_hosts import require_public
from shared.adapters.channels.reachability import reach
from shared.adapters.channels.webpush_encryption import encrypted
from shared.adapters.channels.webpush_message import FORM, message, topic, urgency
from shared.errors import DeliveryError
from shared.ports import Clock, Form, Notice, Receipt
from shared.ports.devices import Device, Devices
from shared.values.vapid import EXPECTED, VapidKey, is_private_key

_GONE = frozenset({404, 410})
_NOT_OURS = frozenset({401, 403})
TTL = 86_400
"""Seconds for which the push service keeps a message for a device that is off."""
_WRONG_KEY = "the VAPID key is not the one that this device subscribed with; subscribe the device again in the console"
_SHORTEST = 4


@dataclass(frozen=True)
class Sender:
    """Pushes to a device, as the owner of *key*, whom the push service can reach at *contact*."""

    key: VapidKey
    contact: str
    clock: Clock

    def push(self, device: Device, notice: Notice, key: str) -> Receipt:
        """Raises Gone if the device has unsubscribed, and DeliveryError."""
        if not is_private_key(self.key.secret):
            raise _misconfigured(f"expected {EXPECTED}")
        body = encrypted(built(lambda notice: message(notice, key), notice), device)
        now = self.clock.now()
        headers = {
            "content-type": "application/octet-stream", "content-encoding": "aes128gcm", "ttl": str(TTL),
            "urgency": urgency(notice), "topic": topic(notice, key),
            "authorization": self.key.authorization(device.endpoint, self.contact, now),
        }  # fmt: skip
        return Receipt(f"HTTP {_pushed(device, body, headers).status}", now)


class Gone(DeliveryError):
    """The device has unsubscribed."""


@dataclass(frozen=True)
class WebPushDevice:
    """The channel to one of several devices."""

    device: Device
    sender: Sender
    devices: Devices
    form: ClassVar[Form] = FORM

    def send(self, notice: Notice, key: str) -> Receipt:
        """The receipt. A device that has unsubscribed is removed."""
        try:
            receipt = self.sender.push(self.device, notice, key)
        except Gone as gone:
            self.devices.remove(self.device.id)
            return FormerDevice(self.sender.clock, self.devices, f"{gone.detail}: ").send(notice, key)
        except DeliveryError as fault:
            self.devices.note(self.device.id, fault.message)
            raise
        self.devices.note(self.device.id)
        return receipt

    def reach(self) -> bool:
        _require_public(self.device)
        return reach(self.device.endpoint, timeout=TIMEOUT)


@dataclass(frozen=True)
class FormerDevice:
    """The channel in place of a device that has unsubscribed, or that the operator removed: it needs no message if
    another device is left, which gets its own.
    """

    clock: Clock
    devices: Devices
    answer: str = ""
    form: ClassVar[Form] = FORM

    def send(self, notice: Notice, key: str) -> Receipt:  # noqa: ARG002  (nothing is sent)
        if not self.devices.present():
            raise none_left()
        return Receipt(f"{self.answer}not sent: this device is no longer subscribed, and others are", self.clock.now())

    def reach(self) -> bool:
        return False


@dataclass(frozen=True)
class WebPush:
    """The whole channel. Its devices are its addressees, each a WebPushDevice."""

    sender: Sender
    devices: Devices = field(repr=False)
    form: ClassVar[Form] = FORM

    def addressees(self) -> dict[str, WebPushDevice]:
        """The channel to each device, by its id."""
        return {device.id: WebPushDevice(device, self.sender, self.devices) for device in self.devices.present()}

    def departed(self) -> FormerDevice:
        return FormerDevice(self.sender.clock, self.devices)

    def send(self, notice: Notice, key: str) -> Receipt:
        """The receipt of the first device that accepts; one that subscribes meanwhile gets the message as well."""
        receipts, faults = [], []
        for receiver in self._receivers():
            try:
                receipts.append(receiver.send(notice, key))
            except DeliveryError as fault:
                faults.append(fault)
        if receipts:
            return receipts[0]
        raise min(faults, key=lambda fault: fault.permanent)

    def reach(self) -> bool:
        """Whether the push services of all devices can be reached. Raises DeliveryError also if there is no device."""
        hosts = {urlsplit(receiver.device.endpoint).netloc: receiver for receiver in self._receivers()}
        return all(receiver.reach() for receiver in hosts.values())

    def _receivers(self) -> list[WebPushDevice]:
        receivers = list(self.addressees().values())
        if not receivers:
            raise none_left()
        return receivers


def none_left() -> DeliveryError:
    return _misconfigured(
        "no device is subscribed; open the console on your phone, then Settings, Devices, and subscribe it"
    )


def _pushed(device: Device, body: bytes, headers: dict[str, str]) -> Answer:
    _require_public(device)
    try:
        return post(device.endpoint, body, headers)
    except Refused as refusal:
        raise _understood(refusal, device) from None


def _require_public(device: Device) -> None:
    """Raises DeliveryError if the push service is in our own network. Only that of a test has no TLS."""
    if not device.endpoint.startswith("http://"):
        require_public(device.endpoint)


def _understood(refusal: Refused, device: Device) -> DeliveryError:
    """What *refusal* means for *device*, without the parts of its secret address."""
    if refusal.status in _GONE:
        return Gone("misconfigured", permanent=True, detail=f"HTTP {refusal.status}")
    if refusal.status in _NOT_OURS or "vapid" in refusal.answer.lower():
        detail = f"HTTP {refusal.status}: {_WRONG_KEY}"
        return DeliveryError("unauthorized", permanent=True, detail=detail)
    for part in urlsplit(device.endpoint).path.split("/"):
        if len(part) >= _SHORTEST:
            refusal.answer = refusal.answer.replace(part, "***")
    return refusal


def _misconfigured(detail: str) -> DeliveryError:
    return DeliveryError("misconfigured", permanent=True, detail=detail)
