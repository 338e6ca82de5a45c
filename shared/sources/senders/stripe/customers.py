"""Events about what customers owe, pay, dispute and subscribe to."""

from collections.abc import Mapping

from shared.sources.senders.stripe.decision import Decision

_UNPAID = Decision("Payment{sum} failed", "warning", "invoice", area="invoices", amount="amount_due")
_DROPPED = _UNPAID.ends(
    "The subscription of an invoice has ended", by=("latest_invoice",), shows="latest_invoice", amount=""
)
_PAID = _UNPAID.ends("Invoice{sum} was paid")
_LATE = Decision(
    "Payment{sum} of a checkout failed", "warning", "payment", ("payment_intent",), "payments", "payment_intent",
    "amount_total",
)  # fmt: skip
_SETUP = Decision("A payment method could not be saved", "info", "setup", area="setup_intents")
_LOST = Decision("Subscription lost", "warning", "subscription", area="subscriptions")
_DISPUTE = Decision(
    "Payment{sum} is disputed", "critical", "dispute", area="disputes", amount="amount", connected="warning"
)
_FRAUD = Decision("A charge looks like fraud", "warning", "fraud", area="payments", shows="charge")
_REVIEW = Decision("A payment awaits your review", "warning", "review", area="payments", shows="payment_intent|charge")
_REFUND = Decision(
    "Refund{sum} failed", "warning", "refund", area="payments", shows="payment_intent|charge", amount="amount"
)
_UPDATED_REFUND = _REFUND._replace(when={"status": ("failed",)})
_RECEIVED = Decision("Payment{sum} received", area="payments", amount="amount", about="money in")
_CHECKOUT = Decision("Checkout completed", area="checkout/sessions")
_FEE = Decision("Application fee{sum} received", area="connect/application_fees", amount="amount", about="money in")
_SUBSCRIBED = Decision("New subscription", area="subscriptions", about="customers")
_USAGE = Decision("A usage alert was triggered", by=("customer",), area="customers", shows="customer")
_UNBILLED = Decision("Usage could not be billed", "warning", "meter", area="meters")

CUSTOMERS: Mapping[str, tuple[Decision, ...]] = {
    "invoice.payment_failed": (_UNPAID,),
    "invoice.payment_action_required": (
        _UNPAID._replace(title="A customer must confirm the payment{sum}", severity="info"),
    ),
    "invoice.overdue": (_UNPAID._replace(title="Invoice{sum} is overdue"),),
    "invoice.finalization_failed": (_UNPAID._replace(title="Invoice{sum} could not be finalized"),),
    # Stripe finalizes and charges in the same second, and only seconds are told.
    "invoice.finalized": (_UNPAID.ends("Invoice{sum} was finalized", comes_first=True),),
    "invoice.paid": (_PAID,),
    "invoice.payment_succeeded": (_PAID,),
    "invoice.voided": (_UNPAID.ends("Invoice{sum} was voided"),),
    "invoice.marked_uncollectible": (_UNPAID.ends("Invoice{sum} was marked as uncollectible"),),
    "invoice.deleted": (_UNPAID.ends("Invoice{sum} was deleted"),),
    # A payment makes many events. Every kind of payment has a charge, so only the charge reports the money; one that
    # is only authorized reports it when it is captured.
    "charge.succeeded": (_RECEIVED._replace(when={"captured": (True, None)}),),
    "charge.captured": (_RECEIVED._replace(amount="amount_captured"),),
    "charge.refunded": (Decision("Payment{sum} was refunded", area="payments", amount="amount_refunded"),),
    # No alert: the customer sees it, tries again or leaves, and no event tells of the latter.
    "charge.failed": (Decision("A charge{sum} failed", area="payments", amount="amount"),),
    "payment_intent.succeeded": (_LATE.ends("Payment{sum} succeeded", by=("id",), shows="id", amount="amount"),),
    "payment_intent.canceled": (_LATE.ends("Payment{sum} was canceled", by=("id",), shows="id", amount="amount"),),
    "checkout.session.completed": (
        _CHECKOUT._replace(when={"payment_status": ("paid", "no_payment_required", None)}),
        _CHECKOUT._replace(title="A checkout awaits its payment", when={"payment_status": ("unpaid",)}),
    ),
    "checkout.session.async_payment_succeeded": (_CHECKOUT,),
    "checkout.session.async_payment_failed": (_LATE,),
    "setup_intent.setup_failed": (_SETUP,),
    "setup_intent.succeeded": (_SETUP.ends("A payment method was saved"),),
    "setup_intent.canceled": (_SETUP.ends("The setup of a payment method was canceled"),),
    "refund.failed": (_REFUND,),
    "refund.updated": (_UPDATED_REFUND,),
    "charge.refund.updated": (_UPDATED_REFUND,),
    "charge.dispute.created": (_DISPUTE,),
    "charge.dispute.closed": (_DISPUTE.ends("Dispute{sum} {outcome}"),),
    "radar.early_fraud_warning.created": (_FRAUD,),
    "radar.early_fraud_warning.updated": (
        _FRAUD.ends("A fraud warning needs no action any more", when={"actionable": (False,)}),
    ),
    "review.opened": (_REVIEW,),
    "review.closed": (_REVIEW.ends("A payment was reviewed"),),
    "customer.subscription.created": (_SUBSCRIBED,),
    "customer.subscription.deleted": (
        _LOST,
        _DROPPED,
    ),
    "customer.subscription.paused": (_SUBSCRIBED._replace(title="Subscription paused"),),
    "customer.subscription.resumed": (_SUBSCRIBED._replace(title="Subscription resumed"),),
    "quote.accepted": (_SUBSCRIBED._replace(title="Quote accepted", area="quotes"),),
    # A fee with an originating transaction is part of a charge of yours, which reports the money.
    "application_fee.created": (_FEE._replace(when={"originating_transaction": (None,)}),),
    "billing.alert.triggered": (_USAGE,),
    "billing.meter.error_report_triggered": (_UNBILLED,),
    "billing.meter.no_meter_found": (_UNBILLED,),
}
