"""Amounts of money for people. Source of the exponents: ISO 4217, and Stripe's list of zero-decimal currencies."""

from collections.abc import Mapping
from typing import Any

_NO_MINOR_UNIT = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THOUSANDTHS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def exponent(currency: str) -> int:
    """How many decimals *currency* has."""
    code = currency.upper()
    return 0 if code in _NO_MINOR_UNIT else 3 if code in _THOUSANDTHS else 2


def format_money(money: Mapping[str, Any]) -> str:
    """`{"amount": 4900, "currency": "eur"}` as `49.00 EUR`."""
    decimals = exponent(money["currency"])
    return f"{money['amount'] / 10**decimals:,.{decimals}f} {money['currency'].upper()}"
