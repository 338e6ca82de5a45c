"""The kinds of records of your company. docs/records.md says what you can declare."""

from typing import Annotated, Literal

from shared.records import External, Key, Listed, Money, Personal, Record


class Customer(Record, kind="customer", title="{name}"):
    name: Personal[str]
    email: Key[Personal[str]] | None = None
    plan: Listed[Literal["free", "pro"]] = "free"
    mrr: Money | None = None
    stripe_id: Annotated[str, External("stripe")] | None = None
    shopify_id: Annotated[str, External("shopify")] | None = None
