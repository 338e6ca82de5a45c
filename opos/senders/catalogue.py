"""The senders that opos knows how to set up, from senders.yaml in this folder."""

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
"""The schemes whose secret the sender generates."""


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
    """The sender called *name* in opos.yaml; a name that is not listed is the operator's own app."""
    return known().get(name) or own_app(name)


def own_app(name: str) -> Sender:
    where = "Sign with the secret and any Standard Webhooks library (standardwebhooks, svix), and post to the address."
    secret = f"{'' if name[0].isalpha() else 'APP_'}{name.replace('-', '_').upper()}_WEBHOOK_SECRET"
    return Sender(scheme="standard-webhooks", secret=secret, made_by="you", where=where)


def is_made_by_sender(scheme: SchemeName) -> bool:
    return scheme in _SENDER_MADE


def new_secret(scheme: SchemeName) -> str:
    """A new secret in the form that *scheme* requires."""
    if scheme == "standard-webhooks":
        return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    if scheme == "pagerduty-events":
        return secrets.token_hex(16)  # a routing key has 32 letters
    return f"opos:{secrets.token_urlsafe(32)}" if scheme == "basic" else secrets.token_urlsafe(32)


def path(name: str, scheme: SchemeName) -> str:
    """The path that *name* posts to."""
    return "/webhooks/v2/enqueue" if scheme == "pagerduty-events" else f"/webhooks/{name}"
