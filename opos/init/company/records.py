"""The kinds of records of your company. They are yours: change, add and delete as you like; docs/records.md says how.

After each change, run `opos verify`. It compares the kinds with schema.json, and `opos verify --note` writes that file.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import EmailStr

from shared.records import External, Key, Listed, Moment, Money, Personal, Record, Reference

# The name in External is that of a source in opos.yaml: its webhooks feed the records that have its id.


class Customer(Record, kind="customer", title="{name|email}", segment="sales"):
    name: Personal[str] | None = None
    email: Key[Personal[EmailStr]] | None = None
    phone: Personal[str] | None = None
    country: Listed[str] | None = None
    plan: Listed[str] | None = None
    status: Listed[str] | None = None  # of the subscription, in the words of its sender, such as active or past_due
    mrr: Money | None = None  # a month, in cents
    since: Listed[Moment] | None = None
    tags: Listed[tuple[str, ...]] = ()
    stripe_id: Annotated[str, External("stripe")] | None = None
    shopify_id: Annotated[str, External("shopify")] | None = None
    app_id: Annotated[str, External("app")] | None = None  # your own app


class Product(Record, kind="product", title="{name}", segment="product"):
    name: str
    description: str | None = None
    price: Money | None = None
    is_active: Listed[bool] = True
    url: str | None = None
    stripe_id: Annotated[str, External("stripe")] | None = None
    shopify_id: Annotated[str, External("shopify")] | None = None


class Project(Record, kind="project", title="{name}", segment="product"):
    name: Key[str]
    status: Listed[Literal["planned", "active", "paused", "done"]] = "planned"
    goal: str | None = None
    due: Listed[date] | None = None
    customer: Annotated[str, Reference("customer")] | None = None
    url: str | None = None


class Content(Record, kind="content", title="{title|version}", plural="content", segment="marketing"):
    """What you publish: a post, a page, a release."""

    title: str | None = None
    channel: Listed[str] | None = None  # such as blog, newsletter or release
    status: Listed[Literal["planned", "draft", "published", "withdrawn"]] = "draft"
    version: Listed[str] | None = None  # of a release, such as v1.2.0
    text: str | None = None
    url: str | None = None
    published_at: Listed[Moment] | None = None
    project: Annotated[str, Reference("project")] | None = None
    github_id: Annotated[str, External("github")] | None = None


class Decision(Record, kind="decision", title="{question}", segment="company"):
    question: str
    answer: str | None = None
    reasons: str | None = None
    alternatives: tuple[str, ...] = ()
    status: Listed[Literal["open", "decided", "superseded"]] = "open"
    decided_on: Listed[date] | None = None
    review_on: Listed[date] | None = None
    superseded_by: Annotated[str, Reference("decision")] | None = None


class Payment(Record, kind="payment", title="{number|description}", segment="finance"):
    number: Key[str] | None = None  # of the invoice or receipt
    description: str | None = None
    amount: Money | None = None
    direction: Listed[Literal["in", "out"]] = "in"
    status: Listed[Literal["due", "paid", "failed", "refunded"]] = "due"
    due: Listed[date] | None = None
    paid_at: Listed[Moment] | None = None
    customer: Annotated[str, Reference("customer")] | None = None
    product: Annotated[str, Reference("product")] | None = None
    stripe_id: Annotated[str, External("stripe")] | None = None


class Note(Record, kind="note", title="{subject|text}", segment="company"):
    subject: Personal[str] | None = None
    text: Personal[str]
    customer: Annotated[str, Reference("customer")] | None = None
    project: Annotated[str, Reference("project")] | None = None


class Draft(Record, kind="draft", title="{subject|text}", segment="marketing"):
    """A message that nobody has sent yet."""

    subject: Personal[str] | None = None
    text: Personal[str]
    to: Personal[EmailStr] | None = None
    status: Listed[Literal["writing", "ready", "sent", "dropped"]] = "writing"
    customer: Annotated[str, Reference("customer")] | None = None
    template: Annotated[str, Reference("template")] | None = None


class Template(Record, kind="template", title="{name}", segment="marketing"):
    """A text that drafts begin with."""

    name: Key[str]
    purpose: str | None = None
    subject: str | None = None
    text: str


class Funnel(Record, kind="funnel", title="{name}", segment="sales"):
    """The stages from a stranger to a customer, the first one first."""

    name: Key[str]
    stages: tuple[str, ...]
    is_active: Listed[bool] = True
    product: Annotated[str, Reference("product")] | None = None
