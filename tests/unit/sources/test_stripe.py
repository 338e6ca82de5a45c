"""Stripe: amounts, events that resolve an alert, and links."""

from typing import Any

import pytest

from shared.events import Alert, Signal
from shared.sources.senders.stripe import FORMAT


def signals(kind: str, *, livemode: bool = True, **fields: Any) -> tuple[Signal, ...]:
    given = {"id": "x_1", "currency": "eur", "amount": 4900, "amount_due": 4900, **fields}
    return FORMAT.translate(kind, {"livemode": livemode, "data": {"object": given}}).signals


def only(kind: str, **fields: Any) -> Signal:
    (signal,) = signals(kind, **fields)
    return signal


@pytest.mark.parametrize("end", ["invoice.paid", "invoice.payment_succeeded", "invoice.voided"])
def test_an_unpaid_invoice_is_ended_by_payment_and_by_voiding(end: str) -> None:
    firing, resolved = only("invoice.payment_failed"), only(end)
    assert isinstance(firing, Alert)
    assert isinstance(resolved, Alert)
    assert (resolved.fingerprint, resolved.status) == (firing.fingerprint, "resolved")


def test_a_voided_invoice_is_not_called_paid() -> None:
    assert only("invoice.voided").title == "Invoice of 49.00 EUR was voided"


def test_an_authorized_charge_is_money_only_when_it_is_captured() -> None:
    assert signals("charge.succeeded", captured=False) == ()
    assert only("charge.succeeded", captured=True).kind == "event"
    captured = only("charge.captured", captured=True, amount_captured=1000)
    assert captured.money is not None
    assert (captured.kind, captured.money.amount) == ("event", 1000)


def test_a_checkout_is_a_line_without_money_since_its_charge_tells_it() -> None:
    line = only("checkout.session.completed", customer_details={"email": "ada@example.com"})
    assert (line.kind, line.title, line.money) == ("event", "Checkout completed: ada@example.com", None)


def test_a_payout_that_is_called_paid_does_not_end_its_failure_which_comes_later() -> None:
    failed = only("payout.failed")
    assert isinstance(failed, Alert)
    assert (failed.severity, only("payout.paid").kind) == ("critical", "event")


def test_a_fraud_warning_leads_to_the_payment_it_warns_of() -> None:
    warning = only("radar.early_fraud_warning.created", charge="ch_7")
    assert isinstance(warning, Alert)
    assert (warning.severity, warning.link) == ("warning", "https://dashboard.stripe.com/payments/ch_7")


def test_a_tap_in_test_mode_leads_to_test_mode() -> None:
    assert only("charge.dispute.created", livemode=False).link == "https://dashboard.stripe.com/test/disputes/x_1"
    assert only("charge.dispute.created").link == "https://dashboard.stripe.com/disputes/x_1"


def test_a_thin_event_without_an_object_is_kept_quietly() -> None:
    meaning = FORMAT.translate("v2.core.account.updated", {"related_object": {"id": "acct_1"}})
    assert (meaning.subject, meaning.signals) == ("v2.core.account.updated acct_1", ())


def test_an_event_that_does_not_name_its_mode_is_live() -> None:
    assert FORMAT.is_test is not None
    assert [FORMAT.is_test(payload) for payload in ({}, {"livemode": True}, [], None)] == [False] * 4
