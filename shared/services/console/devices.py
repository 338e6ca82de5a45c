"""The devices that get Web Push: browsers in which the operator has allowed notifications.

A document holds the address at the push service and the keys of the browser, as secret as a password. No page, log or
export shows them.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from shared.context import Context
from shared.errors import ContractBroken, NotFound, OposError
from shared.events import document_id, iso
from shared.ports import Create, Delete, Doc, Store, Update
from shared.ports.devices import Device
from shared.telemetry.logger import log as _log
from shared.values.host_names import is_public_name
from shared.values.links import web_link
from shared.values.vapid import decoded, encoded

MOST = 20
COARSE = timedelta(hours=1)
"""How exact `last_success` is: a delivery writes only if the last write is older, or said that one had failed."""
_POINT, _AUTH, _LONGEST = 65, 16, 1000


def devices(store: Store) -> list[Doc]:
    """All devices, the one that subscribed first at the front."""
    return sorted(store.query("devices", limit=MOST), key=lambda doc: (doc.data["created_at"], doc.id))


def subscribe(subscription: Any, browser: str, context: Context, *, local: str = "") -> str:
    """The id of the device with *subscription*, the JSON of the browser's PushSubscription. A device that subscribes
    again keeps its id. Raises ContractBroken.

    *local* is the host and port of a push service on this machine, which tests have. Source: W3C Push API,
    PushSubscriptionJSON.
    """
    content = _content(subscription, local)
    id = document_id("device", content["endpoint"])
    known = context.store.get(f"devices/{id}")
    if known is not None:
        context.store.commit([Update(known.path, {**content, "browser": browser}, known.version)])
        return id
    if len(devices(context.store)) >= MOST:
        hint = "Remove one that you no longer use first."
        raise ContractBroken(f"expected at most {MOST} devices, found {MOST} and this one", hint=hint)
    fresh = {"created_at": iso(context.now), "last_success": None, "last_fault": "", "last_fault_at": None}
    context.store.commit([Create(f"devices/{id}", {**content, "browser": browser, **fresh})])
    return id


def remove(id: str, context: Context) -> Doc:
    """The device *id*, which gets no more messages. Raises NotFound."""
    doc = context.store.get(f"devices/{id}")
    if doc is None:
        raise NotFound("There is no such device.", hint="It was already removed, or it has unsubscribed.")
    context.store.commit([Delete(doc.path, doc.version)])
    return doc


class StoredDevices:
    """The devices in the store, for the channel that sends to them: `shared.ports.devices.Devices`."""

    def __init__(self, store: Callable[[], Store], now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    def present(self) -> list[Device]:
        return [_device(doc) for doc in devices(self._store())]

    def note(self, id: str, fault: str = "") -> None:
        with suppress(OposError):  # the message was sent, or its own outcome says why not
            doc = self._store().get(f"devices/{id}")
            if doc is not None and _is_news(doc.data, fault, self._now()):
                at = iso(self._now())
                outcome = {"last_fault_at": at} if fault else {"last_success": at}
                self._store().commit([Update(doc.path, {**outcome, "last_fault": fault}, doc.version)])

    def remove(self, id: str) -> None:
        with suppress(OposError):
            doc = self._store().get(f"devices/{id}")
            if doc is not None:
                self._store().commit([Delete(doc.path, doc.version)])
                _log.warning("device_removed", reason="gone", path=doc.path)


def _is_news(device: Mapping[str, Any], fault: str, now: datetime) -> bool:
    at = device["last_fault_at"] if fault else device["last_success"]
    return bool(device["last_fault"] != fault or at is None or at <= iso(now - COARSE))


def _device(doc: Doc) -> Device:
    return Device(doc.id, doc.data["endpoint"], decoded(doc.data["p256dh"]), decoded(doc.data["auth"]))


def _content(subscription: Any, local: str) -> dict[str, str]:
    """What is stored of *subscription*. The errors quote nothing of it."""
    given = subscription if isinstance(subscription, dict) else {}
    endpoint, keys = given.get("endpoint"), given.get("keys")
    if not isinstance(endpoint, str) or not _is_push_service(endpoint, local):
        raise ContractBroken("endpoint: expected the https address of a push service, found something else")
    keys = keys if isinstance(keys, dict) else {}
    public, auth = _bytes(keys, "p256dh", _POINT), _bytes(keys, "auth", _AUTH)
    if not _is_on_curve(public):
        raise ContractBroken("keys.p256dh: expected a point of the curve P-256, found other bytes")
    return {"endpoint": endpoint, "p256dh": encoded(public), "auth": encoded(auth)}


def _bytes(keys: Mapping[str, Any], name: str, length: int) -> bytes:
    with suppress(ValueError):
        key = keys.get(name)
        data = decoded(key) if isinstance(key, str) else b""
        if len(data) == length:
            return data
    raise ContractBroken(f"keys.{name}: expected {length} bytes in base64url, found something else")


def _is_on_curve(public: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError:
        return False
    return True


def _is_push_service(endpoint: str, local: str) -> bool:
    """Whether opos may send to *endpoint*: by https, on its port, to a name of the internet, so that nobody can make
    opos call a service of the network that it runs in. The channel checks what the name resolves to.
    """
    if not web_link(endpoint) or len(endpoint) > _LONGEST or not endpoint.isascii():
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if local and (parts.scheme, parts.netloc) == ("http", local):
        return True
    return parts.scheme == "https" and port in {None, 443} and is_public_name(host)
