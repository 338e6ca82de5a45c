"""The devices of Web Push in the console: the list, and what subscribes, tests and removes one.

Each address carries its own permission, as those of the other forms do, and works for the operator only.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from functions.console.access import entrance, is_operator
from functions.console.context import ConsoleContext
from functions.console.frame import Page
from functions.console.paths import SETTINGS
from functions.console.responses import message, redirect
from functions.console.rows import Row, at
from shared.config.channels import WebPushChannel
from shared.context import Context
from shared.errors import ContractBroken, DeliveryError, Forbidden, Gone, NotFound, OposError, Unavailable
from shared.ports import Doc, Notice
from shared.services.console.devices import devices, remove, subscribe
from shared.values.browsers import browser_of
from shared.values.http import HttpRequest, HttpResponse, error_response, json_response
from shared.values.vapid import EXPECTED, VapidKey, is_private_key

LIFE = timedelta(days=1)
_LARGEST = 8192
"""Bytes of a subscription: those of browsers are below 1,000."""
NEW = "new"
"""Stands for the device that is to subscribe, where a permission names a device."""


def show(request: HttpRequest, context: ConsoleContext) -> Page:
    return Page("devices.html", {"push": devices_view(context)}, SETTINGS)


def devices_view(context: ConsoleContext) -> Row:
    """What `device_list.html` shows: the channel, the key to subscribe to, and a row for each device.

    `key` is empty, and `fault` says why, if no device can subscribe.
    """
    channel, key, fault = _channel(context)
    rows = [_row(doc, context) for doc in devices(context.store)]
    return {"channel": channel, "key": key, "fault": fault, "subscribe": _path(NEW, context), "rows": rows}


def add(request: HttpRequest, context: ConsoleContext, token: str) -> HttpResponse:
    """Subscribe the browser that sends the request, whose PushSubscription is the body. The answer is JSON."""
    try:
        _require(request, context, token, NEW)
        browser = browser_of(request.headers.get("user-agent", ""))
        id = subscribe(_subscription(request), browser, context, local=context.local_push_service)
    except Unavailable:
        raise
    except OposError as fault:
        return error_response(fault)
    return json_response(201, {"device": id})


def drop(request: HttpRequest, context: ConsoleContext, token: str) -> HttpResponse:
    """Remove a device."""
    if not is_operator(request, context):
        return entrance(context)
    remove(_device(token, context), context)
    return redirect("/devices")


def test(request: HttpRequest, context: ConsoleContext, token: str) -> HttpResponse:
    """Send a test notification to a device, and show what its push service answered."""
    if not is_operator(request, context):
        return entrance(context)
    id = _device(token, context)
    doc, (channel, _, fault) = context.store.get(f"devices/{id}"), _channel(context)
    if doc is None or fault:
        raise NotFound(fault or "There is no such device.")
    device, back = _name(doc), "Go back to the list of devices."
    try:
        receipt = context.addressees(channel)[id].send(_notice(channel, device, context), f"test-{context.new_id()}")
    except DeliveryError as refusal:
        return message(502, f"The test was not delivered to {device}", f"{refusal.message}. {back}", context)
    text = f"Its push service answered {receipt.detail}. If nothing appears, look at the settings of the device."
    return message(200, f"Test sent to {device}", f"{text} {back}", context)


def _notice(channel: str, device: str, context: Context) -> Notice:
    text = f"This is a test for {device}. Its button leads to a page that says so, and changes nothing."
    ack = context.links.url("ack", {"test": channel}, expires=context.now + LIFE)
    return Notice("Test notification from opos", text, context.links.base_url, ack, "warning")


def _channel(context: ConsoleContext) -> tuple[str, str, str]:
    """The channel of Web Push with its public key, or why there is none."""
    for name, channel in context.config.channels.items():
        if isinstance(channel, WebPushChannel):
            return name, *_key(channel, context)
    return "", "", "Web Push is not set up. Add a channel such as `phone: {webpush: VAPID_KEY}` to opos.yaml."


def _key(channel: WebPushChannel, context: ConsoleContext) -> tuple[str, str]:
    try:
        secret = context.secret(channel.secret)
    except Unavailable as fault:
        return "", fault.message
    if not is_private_key(secret):
        return "", f"The secret {channel.secret} is not valid: expected {EXPECTED}."
    return VapidKey(secret).public, ""


def _row(doc: Doc, context: ConsoleContext) -> Row:
    """A device without its address and its keys."""
    seen: Callable[[Any], Any] = lambda time: at(time, context) if time else None  # noqa: E731
    path = _path(doc.id, context)
    return {
        "id": doc.id, "name": _name(doc), "since": at(doc.data["created_at"], context),
        "success": seen(doc.data["last_success"]), "fault": doc.data["last_fault"],
        "fault_at": seen(doc.data["last_fault_at"]), "test": f"{path}/test", "remove": f"{path}/remove",
    }  # fmt: skip


def _name(doc: Doc) -> str:
    return str(doc.data.get("browser") or "unknown browser")


def _path(device: str, context: Context) -> str:
    return "/devices/" + context.links.token("device", {"device": device}, expires=context.now + LIFE)


def _device(token: str, context: Context) -> str:
    return str(context.links.read("device", token, now=context.now)["device"])


def _require(request: HttpRequest, context: ConsoleContext, token: str, device: str) -> None:
    """Raises Forbidden unless the operator sent *request*; NotFound or Gone unless a page of ours permits it now."""
    if not is_operator(request, context):
        raise Forbidden("You are not signed in.", hint="Sign in, and open the page again.")
    try:
        permitted = _device(token, context)
    except (NotFound, Gone) as fault:
        raise type(fault)("This page is too old.", hint="Open it again.") from None
    if permitted != device:
        raise NotFound("This address does not subscribe a device.")


def _subscription(request: HttpRequest) -> Any:
    if len(request.body) > _LARGEST:
        raise ContractBroken(f"expected at most {_LARGEST} bytes, found {len(request.body)}")
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise ContractBroken("expected the JSON of a PushSubscription, found something else") from None
