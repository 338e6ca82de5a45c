"""Kinds of records for tests, as a person would declare them."""

from typing import Annotated, Any, Literal

from shared.records import External, Key, Listed, Money, Personal, Record, Reference, upcast
from shared.records.kind import Kind


class Customer(Record, kind="customer", version=3, title="{name}"):
    name: Personal[str]
    email: Key[Personal[str]] | None = None
    plan: Listed[Literal["free", "pro"]] = "free"
    mrr: Money | None = None
    tags: tuple[str, ...] = ()
    is_vip: bool = False
    stripe_id: Annotated[str, External("stripe")] | None = None
    shopify_id: Annotated[str, External("shopify")] | None = None


@upcast(Customer, 1)
def _with_plan(values: dict[str, Any]) -> dict[str, Any]:
    return {"plan": "free", **values}


@upcast(Customer, 2)
def _with_name(values: dict[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in values.items() if name != "label"}, "name": values.get("label", "")}


class Project(Record, kind="project"):
    name: str
    customer: Annotated[str, Reference("customer")] | None = None


KINDS = {kind.name: kind for kind in (Kind(Customer), Kind(Project))}
CUSTOMER, PROJECT = KINDS.values()
OWNERS = {("customer", name): ("stripe",) for name in ("name", "email", "mrr")} | {("customer", "tags"): ("shopify",)}
