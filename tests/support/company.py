"""A company/ of the tests: the kinds that the shipped mappings feed."""

KINDS = '''"""The kinds of records."""

from typing import Annotated, Literal

from shared.records import External, Key, Listed, Money, Personal, Record


class Customer(Record, kind="customer", title="{name}"):
    name: Personal[str]
    email: Key[Personal[str]] | None = None
    plan: Listed[Literal["free", "pro"]] = "free"
    mrr: Money | None = None
    status: str | None = None
    stripe_id: Annotated[str, External("stripe")] | None = None
    shopify_id: Annotated[str, External("shopify")] | None = None


class Product(Record, kind="product"):
    name: str
    price: Money | None = None
    stripe_id: Annotated[str, External("stripe")] | None = None
    shopify_id: Annotated[str, External("shopify")] | None = None


class Content(Record, kind="content", title="{title}"):
    title: str
    url: str = ""
    kind: str = ""
    published_at: str | None = None
    github_id: Annotated[str, External("github")] | None = None
'''
