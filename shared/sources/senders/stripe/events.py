"""Stripe's events. Source: "Types of events" and the objects they carry, docs.stripe.com/api."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.events import About, Alert, BusinessEvent, Money, Signal
from shared.sources.contract import Format, Meaning
from shared.sources.payload import moment, require, text
from shared.values.money import format_money

Fields = dict[str, Any]
Make = Callable[[Fields, str], Signal | None]


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return require(payload, "type", str)


def is_test(payload: Any) -> bool:
    return isinstance(payload, dict) and payload.get("livemode") is False


def translate(kind: str, payload: Any) -> Meaning:
    make = _SIGNALS.get(kind)
    signal = make(require(payload, "data.object", dict), _mode(payload)) if make else None
    if signal is None:  # Thin events have no object, only its address.
        return Meaning(f"{kind} {text(payload, 'data.object.id', 'related_object.id')}".strip())
    if isinstance(signal, Alert):  # Stripe guarantees no order of delivery, but gives the time of each event.
        signal = signal.model_copy(update={"at": moment(payload, "created")})
    return Meaning(signal.title, (signal,))


def _mode(payload: Any) -> str:
    """The part of the dashboard's address that selects live or test mode."""
    return "" if payload.get("livemode", True) else "test/"


def _trouble(
    title: str, *, severity: str, name: str, area: str, shows: str = "id", amount: str | None = None,
    resolved: bool = False,
) -> Make:  # fmt: skip
    """Makes an Alert whose fingerprint is the object's id under *name*, so that a later event can resolve it.

    Its link opens the page in *area* of the id in the field *shows*.
    """

    def make(fields: Fields, mode: str) -> Alert:
        id = require(fields, "id", str)
        money = _money(fields, amount)
        return Alert(
            fingerprint=f"{name}:{id}",
            title=_title(title, fields, money),
            severity=severity,
            status="resolved" if resolved else "firing",
            summary=text(
                fields, "failure_message", "last_finalization_error.message", "reason", "cancellation_details.reason"
            ),
            link=f"https://dashboard.stripe.com/{mode}{area}/{text(fields, shows)}",
            labels={"customer": text(fields, "customer")},
            money=money,
        )

    return make


def _news(title: str, *, area: str, amount: str | None = None, about: About = "other") -> Make:
    def make(fields: Fields, mode: str) -> BusinessEvent:
        money = _money(fields, amount)
        link = f"https://dashboard.stripe.com/{mode}{area}/{require(fields, 'id', str)}"
        return BusinessEvent(title=_title(title, fields, money), link=link, money=money, about=about)

    return make


def _unless_uncaptured(make: Make) -> Make:
    """*make*, except for a charge that is only authorized; its capture is reported later."""
    return lambda fields, mode: None if fields.get("captured") is False else make(fields, mode)


def _money(fields: Fields, amount: str | None) -> Money | None:
    if amount is None:
        return None
    return Money(amount=require(fields, amount, int), currency=require(fields, "currency", str))


def _title(title: str, fields: Fields, money: Money | None) -> str:
    who = text(fields, "customer_email", "billing_details.email", "receipt_email", "customer_details.email", "customer")
    sum_ = f" of {format_money(money.to_doc())}" if money else ""
    return title.replace("{sum}", sum_) + (f": {who}" if who else "")


_PAID = _trouble(
    "Invoice{sum} was paid",
    severity="warning",
    name="invoice",
    area="invoices",
    amount="amount_due",
    resolved=True,
)
_DISPUTED = "Payment{sum} is disputed"

_SIGNALS: dict[str, Make] = {
    "invoice.payment_failed": _trouble(
        "Payment{sum} failed", severity="warning", name="invoice", area="invoices", amount="amount_due"
    ),
    "invoice.paid": _PAID,
    "invoice.payment_succeeded": _PAID,
    "invoice.voided": _trouble(
        "Invoice{sum} was voided",
        severity="warning",
        name="invoice",
        area="invoices",
        amount="amount_due",
        resolved=True,
    ),
    "charge.dispute.created": _trouble(
        _DISPUTED, severity="critical", name="dispute", area="disputes", amount="amount"
    ),
    "charge.dispute.closed": _trouble(
        "Dispute{sum} is closed", severity="critical", name="dispute", area="disputes", amount="amount", resolved=True
    ),
    "payout.failed": _trouble(
        "Payout{sum} failed", severity="critical", name="payout", area="payouts", amount="amount"
    ),
    "customer.subscription.deleted": _trouble(
        "Subscription lost", severity="warning", name="subscription", area="subscriptions"
    ),
    "radar.early_fraud_warning.created": _trouble(
        "A charge looks like fraud", severity="warning", name="fraud", area="payments", shows="charge"
    ),
    # A payment makes many events. Every kind of payment has a charge, so only the charge reports the money.
    "charge.succeeded": _unless_uncaptured(
        _news("Payment{sum} received", area="payments", amount="amount", about="money in")
    ),
    "charge.captured": _news("Payment{sum} received", area="payments", amount="amount_captured", about="money in"),
    "checkout.session.completed": _news("Checkout completed", area="checkout/sessions"),
    "customer.subscription.created": _news("New subscription", area="subscriptions", about="customers"),
    # This does not resolve a failed payout: Stripe sends paid when it expects the money to arrive, and failed later.
    "payout.paid": _news("Payout{sum} is on its way to the bank", area="payouts", amount="amount"),
}

FORMAT = Format(event_type=event_type, translate=translate, is_test=is_test)
