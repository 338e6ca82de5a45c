"""The kinds that the shipped mappings feed, as a `company/records.py` declares them."""

from typing import Annotated

from shared.records import External, Key, Listed, Money, Personal, Record


class Customer(Record, kind="customer", title="{name}"):
    name: Personal[str] | None = None
    email: Key[Personal[str]] | None = None
    plan: Listed[str] | None = None
    status: Listed[str] | None = None
    mrr: Money | None = None
    stripe_id: Annotated[str, External("stripe")] | None = None
    shopify_id: Annotated[str, External("shopify")] | None = None
    app_id: Annotated[str, External("app")] | None = None


class Product(Record, kind="product"):
    name: str
    price: Money | None = None
    is_active: Listed[bool] = True
    stripe_id: Annotated[str, External("stripe")] | None = None
    shopify_id: Annotated[str, External("shopify")] | None = None


class Content(Record, kind="content", title="{title}"):
    title: str | None = None
    version: Listed[str] | None = None
    url: str | None = None
    github_id: Annotated[str, External("github")] | None = None
