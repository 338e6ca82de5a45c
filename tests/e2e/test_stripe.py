"""Stripe's events over HTTP: what interrupts, what is income, and what is only listed."""

from typing import Any

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


def test_only_live_payments_of_the_own_account_are_income(embedded: Bundle) -> None:
    send(embedded, charge(1), id="evt_1")
    send(embedded, charge(2, livemode=False), id="evt_2")
    send(embedded, charge(3, account="acct_2"), id="evt_3")
    assert "49.00 EUR received in 1 payment" in digest(embedded)


def test_test_mode_is_listed_and_neither_interrupts_nor_appears_in_a_digest(embedded: Bundle) -> None:
    dispute = Sample("charge.dispute.created", {"id": "dp_1"})
    send(embedded, dispute.payload(livemode=False), id="evt_1")
    send(embedded, charge(1, livemode=False), id="evt_2")
    assert sorted(doc.data["subject"] for doc in embedded.docs("events")) == [
        "test mode: Payment of 49.00 EUR is disputed", "test mode: Payment of 49.00 EUR received: cus_1",
    ]  # fmt: skip
    assert embedded.docs("alerts") == []
    assert (embedded.pages(), digest(embedded)) == ([], "")
    send(embedded, dispute.payload(), id="evt_3")
    assert embedded.pages() == ["Payment of 49.00 EUR is disputed"]


def test_a_thin_dispute_interrupts(embedded: Bundle) -> None:
    send(embedded, thin("v1.charge.dispute.created"), id="evt_1")
    assert embedded.pages() == ["Payment is disputed"]


def test_payouts_that_stay_disabled_when_charges_return_interrupt_again(embedded: Bundle) -> None:
    for number, state in enumerate(
        ({"charges_enabled": False, "payouts_enabled": False}, {"payouts_enabled": False}, {"payouts_enabled": True})
    ):
        payload = Sample("account.updated", state).payload(created=1795161600 + number)
        send(embedded, payload, id=f"evt_{number}")
    assert embedded.pages()[:2] == ["Stripe has disabled charges", "Stripe has disabled payouts"]
    assert {doc.data["state"] for doc in embedded.docs("alerts")} == {"resolved"}


def test_an_invoice_that_is_finalized_and_fails_in_the_same_second_fails_in_either_order(embedded: Bundle) -> None:
    for id, types in {
        "in_1": ("invoice.finalized", "invoice.payment_failed"),
        "in_2": ("invoice.payment_failed", "invoice.finalized"),
    }.items():
        for type in types:
            send(embedded, Sample(type, {"id": id}).payload(), id=f"evt_{id}_{type}")
    assert [doc.data["state"] for doc in embedded.docs("alerts")] == ["firing", "firing"]
