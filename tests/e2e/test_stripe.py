"""Stripe's events over HTTP: what interrupts, what is income, and what is only listed."""

from typing import Any

from shared.sources.senders.stripe import FORMAT
from tests.support.bundle import Bundle
from tests.support.stripe_events import Sample, thin


def send(bundle: Bundle, payload: Any, *, id: str) -> None:
    assert bundle.send("stripe", {**payload, "id": id}).status == 202
    bundle.settle()


def charge(number: int, **changes: Any) -> Any:
    return Sample("charge.succeeded", {"id": f"ch_{number}"}).payload(**changes)


def digest(bundle: Bundle) -> str:
    bundle.tick(minutes=5)
    return "\n".join(notice.text for _, notice in bundle.inbox.sent)


def test_only_live_payments_of_the_own_account_are_income(bundle: Bundle) -> None:
    send(bundle, charge(1), id="evt_1")
    send(bundle, charge(2, livemode=False), id="evt_2")
    send(bundle, charge(3, account="acct_2"), id="evt_3")
    assert "49.00 EUR received in 1 payment" in digest(bundle)


def test_test_mode_is_listed_and_neither_interrupts_nor_appears_in_a_digest(bundle: Bundle) -> None:
    dispute = Sample("charge.dispute.created", {"id": "dp_1"})
    send(bundle, dispute.payload(livemode=False), id="evt_1")
    send(bundle, charge(1, livemode=False), id="evt_2")
    assert sorted(doc.data["subject"] for doc in bundle.docs("events")) == [
        "test mode: Payment of 49.00 EUR is disputed", "test mode: Payment of 49.00 EUR received: cus_1",
    ]  # fmt: skip
    assert bundle.docs("alerts") == []
    assert (bundle.pages(), digest(bundle)) == ([], "")
    send(bundle, dispute.payload(), id="evt_3")
    assert bundle.pages() == ["Payment of 49.00 EUR is disputed"]


def test_a_thin_dispute_interrupts(bundle: Bundle) -> None:
    send(bundle, thin("v1.charge.dispute.created"), id="evt_1")
    assert bundle.pages() == ["Payment is disputed"]


def test_an_invoice_that_is_finalized_and_fails_in_the_same_second_fails_in_either_order(bundle: Bundle) -> None:
    for id, types in {
        "in_1": ("invoice.finalized", "invoice.payment_failed"),
        "in_2": ("invoice.payment_failed", "invoice.finalized"),
    }.items():
        for type in types:
            send(bundle, Sample(type, {"id": id}).payload(), id=f"evt_{id}_{type}")
    assert [doc.data["state"] for doc in bundle.docs("alerts")] == ["firing", "firing"]


def test_the_live_mode_is_assumed_where_nothing_is_said() -> None:
    assert FORMAT.is_test is not None
    assert [FORMAT.is_test(payload) for payload in ({}, {"livemode": True}, [], None)] == [False] * 4
