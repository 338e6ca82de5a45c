"""Events about your account at Stripe: what it may do, what Stripe holds back, and money that you move."""

from collections.abc import Mapping

from shared.sources.senders.stripe.decision import Decision

_STATUS = "account/status"
_STOPPED = Decision("Stripe has disabled charges", "critical", "account", area=_STATUS, shows="", connected="warning")
_WITHHELD = _STOPPED._replace(title="Stripe has disabled payouts", problem="payouts")
_KNOWN = (True, None)
"""An account that has not submitted its details yet is not disabled."""
_INACTIVE = Decision(
    "Capability {id} is inactive", "warning", "capability", ("account", "id"), _STATUS, "",
    when={"status": ("inactive", "disabled")}, connected="line",
)  # fmt: skip
"""Of a connected account it is a line: an account that leaves your platform does not say what it was able to do."""
_HELD = Decision("A hold{sum} was placed on your balance", "warning", "hold", area="balance", shows="", amount="amount")
_RESERVE = Decision("Stripe has placed a reserve", "warning", "reserve", area="balance", shows="")
_PAYOUT = Decision("Payout{sum} failed", "critical", "payout", area="payouts", amount="amount", connected="warning")
_TOPUP = Decision("Top-up{sum} failed", "warning", "topup", area="topups", amount="amount")
_SENT = Decision("Outbound payment{sum} failed", "warning", "outbound", area="balance", shows="", amount="amount")
_RETURNED = _SENT._replace(title="Outbound payment{sum} was returned")
_INBOUND = _SENT._replace(title="Inbound transfer{sum} failed", problem="inbound")

STANDING: Mapping[str, tuple[Decision, ...]] = {
    "account.updated": (
        _STOPPED._replace(when={"charges_enabled": (False,), "details_submitted": _KNOWN}),
        # One page if both stop, and another if only charges return.
        _WITHHELD._replace(when={"charges_enabled": _KNOWN, "payouts_enabled": (False,), "details_submitted": _KNOWN}),
        _STOPPED.ends("Charges are enabled", when={"charges_enabled": (True,)}),
        _WITHHELD.ends("Payouts are enabled", when={"payouts_enabled": (True,)}),
    ),
    "capability.updated": (
        _INACTIVE,
        _INACTIVE.ends("Capability {id} is active", when={"status": ("active",)}),
        _INACTIVE.ends("Capability {id} is no longer requested", when={"status": ("unrequested",)}),
    ),
    "account.application.deauthorized": (
        Decision("A connected account has left your platform", area="connect/accounts", shows="", about="customers"),
        *(left.ends("A connected account has left your platform", by=("account",)) for left in (_STOPPED, _WITHHELD)),
    ),
    # Each charge makes a hold of its own under a reserve plan, which has its own alert.
    "reserve.hold.created": (_HELD._replace(when={"reserve_plan": (None,)}),),
    "reserve.release.created": (
        _HELD.ends("The hold{sum} was released", by=("reserve_hold",), when={"reserve_plan": (None,)}),
    ),
    "reserve.plan.created": (_RESERVE,),
    "reserve.plan.updated": (
        _RESERVE._replace(when={"status": ("active", "other")}),
        _RESERVE.ends("The reserve has ended", when={"status": ("disabled", "expired")}),
    ),
    "reserve.plan.disabled": (_RESERVE.ends("The reserve has ended"),),
    "reserve.plan.expired": (_RESERVE.ends("The reserve has ended"),),
    "payout.failed": (_PAYOUT,),
    # This does not end a failed payout: Stripe sends paid when it expects the money to arrive, and failed later.
    "payout.paid": (Decision("Payout{sum} is on its way to the bank", area="payouts", amount="amount"),),
    "topup.failed": (_TOPUP,),
    "topup.reversed": (_TOPUP._replace(title="Top-up{sum} was reversed"),),
    "treasury.outbound_payment.failed": (_SENT,),
    "treasury.outbound_payment.returned": (_RETURNED,),
    "treasury.outbound_transfer.failed": (_SENT._replace(title="Outbound transfer{sum} failed"),),
    "treasury.outbound_transfer.returned": (_RETURNED._replace(title="Outbound transfer{sum} was returned"),),
    "treasury.inbound_transfer.failed": (_INBOUND,),
    "v2.money_management.outbound_payment.failed": (_SENT,),
    "v2.money_management.outbound_payment.returned": (_RETURNED,),
    "v2.money_management.inbound_transfer.bank_debit_failed": (_INBOUND,),
    "v2.money_management.inbound_transfer.bank_debit_returned": (_INBOUND,),
    "v2.core.account.closed": (
        Decision("A connected account was closed", area="connect/accounts", about="customers"),
        *(closed.ends("A connected account was closed") for closed in (_STOPPED, _WITHHELD)),
    ),
}  # fmt: skip
