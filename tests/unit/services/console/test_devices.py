"""The devices of Web Push: what may subscribe, how many, and what is kept of each."""

from datetime import timedelta
from typing import Any

import pytest

from shared.errors import ContractBroken, DeliveryError, NotFound
from shared.services.console.devices import COARSE, MOST, StoredDevices, devices, remove, subscribe
from tests.support.fakes import FakeContext
from tests.support.push_service import PUBLIC, Browser

BROWSER = Browser("https://push.example/wpush/secret", PUBLIC)


def stored(context: FakeContext) -> StoredDevices:
    return StoredDevices(lambda: context.store, lambda: context.now)


def added(context: FakeContext, endpoint: str = BROWSER.endpoint) -> str:
    return subscribe({**BROWSER.subscription, "endpoint": endpoint}, "Firefox on Linux", context)


def test_a_device_is_there_with_its_keys_once_it_has_subscribed() -> None:
    context = FakeContext()
    id = added(context)
    (device,) = stored(context).present()
    assert (device.id, device.endpoint, device.public, device.auth) == (
        id, BROWSER.endpoint, BROWSER.public, BROWSER.auth,
    )  # fmt: skip
    assert not any(secret in repr(device) for secret in ("secret", str(BROWSER.auth)))


def test_a_device_that_subscribes_again_keeps_its_place_and_gets_its_new_keys() -> None:
    context = FakeContext()
    added(context)
    context.clock.advance(hours=1)
    added(context, "https://push.example/other")
    renewed = Browser(BROWSER.endpoint, PUBLIC)
    subscribe(renewed.subscription, "Firefox on Linux", context)
    assert [device.endpoint for device in stored(context).present()] == [BROWSER.endpoint, "https://push.example/other"]
    assert stored(context).present()[0].auth == renewed.auth


KEYS = BROWSER.subscription["keys"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"endpoint": None}, "endpoint"), ({"endpoint": 7}, "endpoint"), ({"endpoint": "nonsense"}, "endpoint"),
        ({"endpoint": "http://push.example/x"}, "endpoint"), ({"endpoint": "http://127.0.0.1:9/x"}, "endpoint"),
        ({"endpoint": "https://127.0.0.1/x"}, "endpoint"), ({"endpoint": "https://10.0.0.7/x"}, "endpoint"),
        ({"endpoint": "https://169.254.169.254/x"}, "endpoint"), ({"endpoint": "https://[fd00::1]/x"}, "endpoint"),
        ({"endpoint": "https://metadata.google.internal/x"}, "endpoint"), ({"endpoint": "https://redis/x"}, "endpoint"),
        ({"endpoint": "https://me:pw@push.example/x"}, "endpoint"), ({"endpoint": "https://x.localhost/"}, "endpoint"),
        ({"endpoint": "https://push.example/" + "x" * 1000}, "endpoint"), ({"endpoint": "https://push.example:99999/"}, "endpoint"),
        ({"keys": None}, "keys.p256dh"), ({"keys": []}, "keys.p256dh"), ({"keys": {**KEYS, "p256dh": "x"}}, "keys.p256dh"),
        ({"keys": {**KEYS, "p256dh": "BA" + "A" * 85}}, "keys.p256dh"), ({"keys": {**KEYS, "auth": "AAAA"}}, "keys.auth"),
        ({"keys": {**KEYS, "auth": 7}}, "keys.auth"),
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_rejected_without_a_word_of_it(change: dict[str, Any], named: str) -> None:
    context = FakeContext()
    with pytest.raises(ContractBroken, match=f"^{named}: expected") as fault:
        subscribe({**BROWSER.subscription, **change}, "", context)
    assert "/x" not in str(fault.value)
    assert devices(context.store) == []


@pytest.mark.parametrize("subscription", [None, [], "x", {}])
def test_other_json_is_rejected(subscription: Any) -> None:
    with pytest.raises(ContractBroken):
        subscribe(subscription, "", FakeContext())


@pytest.mark.parametrize(
    "host",
    [
        "127.1", "0x7f.0.0.1", "0x7f000001", "169.254.43518", "2130706433", "8.8.8.8", "[64:ff9b::7f00:1]", "[2606:4700::1]",
        "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "printer.corp", "x.LOCALHOST", "x.internal.",
        "push.example:8443", "push.example:22", "push.0x7f", "push..example", "push.example%2e", "-a.example",
    ],
)  # fmt: skip
def test_what_is_no_name_of_the_internet_is_no_push_service(host: str) -> None:
    context = FakeContext()
    with pytest.raises(ContractBroken, match=r"^endpoint: expected"):
        subscribe({**BROWSER.subscription, "endpoint": f"https://{host}/x"}, "", context)
    assert devices(context.store) == []


@pytest.mark.parametrize(
    "host",
    [
        "fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "wns2-par02p.notify.windows.com",
        "push.example:443", "push.example.",
    ],
)  # fmt: skip
def test_the_push_services_of_browsers_are_known(host: str) -> None:
    assert subscribe({**BROWSER.subscription, "endpoint": f"https://{host}/x"}, "", FakeContext())


def test_only_the_named_push_service_on_this_machine_is_allowed() -> None:
    local = Browser("http://127.0.0.1:9/wpush/x", PUBLIC)
    assert subscribe(local.subscription, "", FakeContext(), local="127.0.0.1:9")
    for endpoint in ("http://127.0.0.1:22/x", "http://localhost:9/x", "https://127.0.0.1:9/x"):
        with pytest.raises(ContractBroken):
            subscribe({**local.subscription, "endpoint": endpoint}, "", FakeContext(), local="127.0.0.1:9")
    with pytest.raises(ContractBroken):
        subscribe(local.subscription, "", FakeContext())


def test_there_are_never_more_than_the_most() -> None:
    context = FakeContext()
    for number in range(MOST):
        added(context, f"https://push.example/{number}")
    with pytest.raises(ContractBroken, match=f"at most {MOST} devices"):
        added(context)
    added(context, "https://push.example/0")
    assert len(stored(context).present()) == MOST


def test_a_device_is_removed_once() -> None:
    context = FakeContext()
    id = added(context)
    remove(id, context)
    assert stored(context).present() == []
    with pytest.raises(NotFound):
        remove(id, context)
    stored(context).remove(id)
    stored(context).note(id)


def test_outcomes_are_noted_but_a_success_at_most_once_an_hour() -> None:
    context = FakeContext()
    id, known = added(context), stored(context)
    before = len(context.store.commits)
    for _ in range(3):
        known.note(id)
        context.clock.advance(minutes=10)
    assert len(context.store.commits) == before + 1
    known.note(id, str(DeliveryError("timeout")))
    (doc,) = devices(context.store)
    assert (doc.data["last_fault"], doc.data["last_success"]) == (
        "not delivered: timeout",
        "2026-11-20T09:00:00.000000Z",
    )
    known.note(id)
    (doc,) = devices(context.store)
    assert (doc.data["last_fault"], doc.data["last_success"]) == ("", "2026-11-20T09:30:00.000000Z")
    context.clock.advance(seconds=COARSE / timedelta(seconds=1))
    known.note(id)
    assert len(context.store.commits) == before + 4


def test_a_store_that_is_down_fails_no_delivery() -> None:
    context = FakeContext()
    id = added(context)
    context.store.down = True
    stored(context).note(id)
    stored(context).remove(id)
