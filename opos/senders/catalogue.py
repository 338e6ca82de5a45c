"""The senders opos knows how to set up, as data: see senders.yaml beside this file."""

import base64
import secrets
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import TypeAdapter

from shared.config.sources import SchemeName
from shared.values.section import Section

_SENDER_MADE: frozenset[str] = frozenset({"stripe", "slack", "sentry", "pagerduty", "shopify", "linear"})
"""The schemes of which the sender makes the secret."""


class Sender(Section):
    scheme: SchemeName
    secret: str
    made_by: Literal["you", "sender"]
    where: str


@cache
def known() -> Mapping[str, Sender]:
    text = files("opos.senders").joinpath("senders.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Sender]).validate_python(yaml.safe_load(text))


def sender(name: str) -> Sender:
    """The sender called *name* in opos.yaml; one that is not listed is an app of the operator's own."""
    return known().get(name) or own_app(name)


def own_app(name: str) -> Sender:
    where = (
        "Sign with any library of Standard Webhooks (standardwebhooks, svix), with the secret, and post to the address."
    )
    secret = f"{'' if name[0].isalpha() else 'APP_'}{name.replace('-', '_').upper()}_WEBHOOK_SECRET"
    return Sender(scheme="standard-webhooks", secret=secret, made_by="you", where=where)


def is_made_by_sender(scheme: SchemeName) -> bool:
    return scheme in _SENDER_MADE


def new_secret(scheme: SchemeName) -> str:
    """A fresh secret in the form that *scheme* wants."""
    if scheme == "standard-webhooks":
        return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    if scheme == "pagerduty-events":
        return secrets.token_hex(16)  # a routing key has 32 letters
    return f"opos:{secrets.token_urlsafe(32)}" if scheme == "basic" else secrets.token_urlsafe(32)


def path(name: str, scheme: SchemeName) -> str:
    """Where *name* is to post to."""
    return "/webhooks/v2/enqueue" if scheme == "pagerduty-events" else f"/webhooks/{name}"
