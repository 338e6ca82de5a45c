"""The pages of events over HTTP, on both stores: find what happened, see what a replay would do, replay."""

import re

from shared.errors import DeliveryError
from tests.e2e.test_console import sign_in
from tests.support.bundle import Answer, Bundle

PAYMENT = {
    "id": "evt_1", "object": "event", "type": "invoice.payment_failed", "livemode": True,
    "data": {"object": {"id": "in_1", "object": "invoice", "customer_email": "ada@example.com", "amount_due": 4900,
                        "currency": "eur"}},
}  # fmt: skip


def press(bundle: Bundle, page: Answer, action: str, cookie: dict[str, str]) -> Answer:
    """The answer to the form of *page* that leads to an address which ends with *action*."""
    form = re.search(rf'action="([^"]*{action})">((?:<input[^>]*>)*)', page.text)
    assert form is not None, page.text
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[2])
    body = "&".join(f"{name}={value}" for name, value in fields).encode()
    return bundle.request("POST", form[1], body, {**cookie, "content-type": "application/x-www-form-urlencoded"})


def test_a_payment_of_last_week_is_found_explained_and_replayed(bundle: Bundle) -> None:
    bundle.send("stripe", PAYMENT, delivery="evt_1")
    bundle.settle()
    bundle.clock.advance(days=7)
    bundle.trouble("disk")
    bundle.settle()
    cookie = sign_in(bundle)
    bundle.store.billed.clear()
    listing = bundle.request("GET", "/console/events?source=stripe&type=invoice.*", headers=cookie)
    assert bundle.store.billed["reads"] <= 15
    (path,) = dict.fromkeys(re.findall(r'"(/console/event/[0-9a-f]+)"', listing.text))
    page = bundle.request("GET", f"{path[:-20]}", headers=cookie)
    assert (page.status, page.headers["location"]) == (303, path)
    bundle.store.billed.clear()
    preview = bundle.request("GET", f"{path}?replay=1", headers=cookie)
    assert bundle.store.billed["reads"] <= 25
    assert bundle.store.billed["writes"] == 0
    assert "repeat 2 of an alert that is firing" in preview.text
    assert "ada@example.com" not in preview.text.partition("<pre")[2].partition("</pre>")[0]
    answer = press(bundle, preview, "/replay", cookie)
    assert (answer.status, answer.headers["location"]) == (303, f"{path}?done=replay")
    bundle.settle()
    (alert,) = [doc for doc in bundle.docs("alerts") if doc.data["source"] == "stripe"]
    assert alert.data["count"] == 2
    assert press(bundle, preview, "/replay", cookie).status == 409


def test_an_event_in_quarantine_is_replayed_from_its_page_after_the_cause_was_fixed(bundle: Bundle) -> None:
    bundle.send("stripe", {**PAYMENT, "data": {"object": "in_1"}}, delivery="evt_2")
    bundle.settle()
    cookie = sign_in(bundle)
    (event,) = bundle.docs("events")
    page = bundle.request("GET", f"/console/event/{event.id}?replay=1", headers=cookie)
    assert "<code>data.object</code> should be an object, but is" in page.text
    assert "fail validation again" in page.text
    bundle.configure("sources: {stripe: {scheme: bearer, secrets: [ALERTMANAGER_TOKEN], event: {title: type}}}\n")
    assert press(bundle, page, "/replay", cookie).status == 303
    bundle.settle()
    (event,) = bundle.docs("events")
    assert event.data["quarantine"] is None


def test_a_message_that_was_not_delivered_is_sent_again_from_its_page(bundle: Bundle) -> None:
    bundle.desk.faults += [DeliveryError("rejected", permanent=True)] * 2
    bundle.trouble("disk")
    bundle.settle()
    cookie = sign_in(bundle)
    (failed,) = [doc for doc in bundle.docs("outbox") if doc.data["state"] == "failed"]
    page = bundle.request("GET", f"/console/message/{failed.id[:8]}", headers=cookie)
    page = bundle.request("GET", page.headers["location"], headers=cookie)
    assert "Not delivered: the receiver rejects it" in page.text
    assert press(bundle, page, "/send", cookie).status == 303
    bundle.tick(minutes=1)
    assert [key for key, notice in bundle.desk.sent if "Trouble disk" in notice.title]
    assert "Delivered" in bundle.request("GET", f"/console/message/{failed.id}", headers=cookie).text
