"""Addresses of the console that carry their own permission."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from shared.alerting.matchers import equal
from shared.context import Context
from shared.ports import Doc
from shared.security.signed_links import ACK_LIFE

_BUTTON_LIFE = timedelta(days=1)


def button_end(context: Context) -> datetime:
    """When the buttons of a page end: at least a day from now."""
    return _whole_day(context.now + _BUTTON_LIFE)


def _link_end(context: Context) -> datetime:
    return _whole_day(context.now + ACK_LIFE)


def _whole_day(moment: datetime) -> datetime:
    """The end of the day of *moment*: a page that is made twice a day has the same links, and so the same ETag."""
    return datetime.combine(moment.date() + timedelta(days=1), time(), UTC)


def alert_ack_path(alert: Doc, context: Context) -> str:
    claims = {"alert": alert.id, "episode": alert.data.get("episode")}
    return "/ack/" + context.links.token("ack", claims, expires=button_end(context))


def group_ack_path(group: Doc, told_at: str, context: Context) -> str:
    """The address that acknowledges what *group* had notified about until *told_at*."""
    claims = {"group": group.id, "call": group.data["called_at"], "at": told_at}
    return "/ack/" + context.links.token("ack", claims, expires=button_end(context))


def digest_path(digest: Doc, context: Context) -> str:
    return "/digest/" + context.links.token("digest", {"digest": digest.id}, expires=button_end(context))


def silence_path(labels: Mapping[str, str], context: Context, narrower: Mapping[str, str] | None = None) -> str:
    """The address of the form that silences all alerts with *labels*; empty if no label has a value.

    Its holder may narrow the silence by the labels *narrower*, and cannot widen it.
    """
    matchers = equal(labels)
    if not matchers:
        return ""
    claims = {"matchers": matchers, "narrower": equal(narrower or {})}
    return "/silence/" + context.links.token("silence", claims, expires=_link_end(context))


def similar_silence_path(labels: Mapping[str, str], context: Context) -> str:
    """The address of the form that silences similar alerts: of the same rule, or without a rule of the same problem."""
    own = {name: labels.get(name, "") for name in ("source", "alertname", "incident")}
    return silence_path(own, context, {name: value for name, value in labels.items() if name not in own})


def alert_silence_path(alert: Doc, context: Context) -> str:
    """The address of the operator's form, which begins with all labels of *alert*, and may drop any of them."""
    claims = {"matchers": [], "narrower": equal(alert.data.get("labels") or {}), "alert": alert.id}
    return "/silence/" + context.links.token("silence", claims, expires=_link_end(context))


def sign_out_path(session: str, context: Context) -> str:
    return "/sign-out/" + context.links.token("sign-out", {"session": session}, expires=button_end(context))


def expire_path(silence: Doc, context: Context) -> str:
    return "/unsilence/" + context.links.token("unsilence", {"silence": silence.id}, expires=_link_end(context))
