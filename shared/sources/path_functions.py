"""What a mapping of records can call besides the functions of JMESPath (jmespath.org, "Built-in Functions")."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import jmespath
from jmespath.functions import Functions, signature

from shared.sources.payload import optional
from shared.values.money import exponent

_MONTHS: Mapping[str, Decimal] = {
    "day": Decimal(12) / 365, "week": Decimal(84) / 365, "month": Decimal(1), "year": Decimal(12),
}  # fmt: skip
"""How many months each interval of a price has."""
_PAYING = frozenset({"active", "past_due"})
"""The states of a subscription that count. Source: "Calculate MRR", docs.stripe.com: a trial is no revenue yet."""


class _Functions(Functions):
    """The methods' names are how a mapping calls them, after `_func_`."""

    @signature({"types": ["string", "number", "null"]}, {"types": ["string", "null"]})
    def _func_money(self, amount: str | float | None, currency: str | None) -> dict[str, Any] | None:
        """An amount of money: a number counts minor units such as cents, a text such as `49.00` major ones."""
        if amount is None or not currency:
            return None
        minor = Decimal(amount).scaleb(exponent(currency)) if isinstance(amount, str) else Decimal(str(amount))
        if minor != int(minor):
            raise ValueError(f"expected an amount with at most {exponent(currency)} decimals, found {amount}")
        return {"amount": int(minor), "currency": currency.lower()}

    @signature({"types": ["object", "null"]})
    def _func_stripe_mrr(self, subscription: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """What a subscription of Stripe brings in a month, before discounts; null if a price is not fixed."""
        items = optional(subscription, "items.data", list, [])
        monthly = [_monthly(item) for item in items]
        currency = optional(subscription, "currency", str, "")
        if not monthly or not currency or None in monthly:
            return None
        is_paying = optional(subscription, "status", str, "") in _PAYING
        total = sum((amount for amount in monthly if amount), Decimal()) if is_paying else Decimal()
        return {"amount": int(total.to_integral_value(ROUND_HALF_EVEN)), "currency": currency}


def _monthly(item: Any) -> Decimal | None:
    amount = optional(item, "price.unit_amount", int, None)
    months = _MONTHS.get(optional(item, "price.recurring.interval", str, ""))
    if amount is None or months is None:
        return None
    count = optional(item, "price.recurring.interval_count", int, 1)
    return Decimal(amount * optional(item, "quantity", int, 1)) / (months * max(count, 1))


OPTIONS = jmespath.Options(custom_functions=_Functions())
