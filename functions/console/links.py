"""Addresses of the console that carry their own permission."""

from collections.abc import Mapping
from datetime import timedelta

from shared.alerting.matchers import equal
from shared.context import Context
from shared.events import iso
from shared.ports import Doc
from shared.security.signed_links import ACK_LIFE

_BUTTON_LIFE = timedelta(days=1)


def alert_ack_path(alert: Doc, context: Context) -> str:
    claims = {"alert": alert.id, "episode": alert.data.get("episode")}
    return "/ack/" + context.links.token("ack", claims, expires=context.now + _BUTTON_LIFE)


def group_ack_path(group: Doc, context: Context) -> str:
    claims = {"group": group.id, "call": group.data["called_at"], "at": iso(context.now)}
    return "/ack/" + context.links.token("ack", claims, expires=context.now + _BUTTON_LIFE)


def digest_path(digest: Doc, context: Context) -> str:
    return "/digest/" + context.links.token("digest", {"digest": digest.id}, expires=context.now + _BUTTON_LIFE)


def silence_path(labels: Mapping[str, str], context: Context) -> str:
    """The address of the form that silences all alerts with *labels*; empty if no label has a value."""
    matchers = equal(labels)
    if not matchers:
        return ""
    return "/silence/" + context.links.token("silence", {"matchers": matchers}, expires=context.now + ACK_LIFE)


def similar_silence_path(labels: Mapping[str, str], context: Context) -> str:
    """The address of the form that silences similar alerts: of the same rule, or without a rule of the same problem."""
    return silence_path({name: labels.get(name, "") for name in ("source", "alertname", "incident")}, context)


def sign_out_path(session: Doc, context: Context) -> str:
    return "/sign-out/" + context.links.token("sign-out", {"session": session.id}, expires=context.now + _BUTTON_LIFE)


def expire_path(silence: Doc, context: Context) -> str:
    return "/unsilence/" + context.links.token("unsilence", {"silence": silence.id}, expires=context.now + ACK_LIFE)
