"""What the link of a notification is about.

A link acts on what its notification named, and on nothing that has joined the group since. It names the message; the
button of the console names a group and the time at which the console showed it; the link of an item names an alert and
its episode. A link of an earlier release names a group and its escalation, and acts on all of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shared.alerting.state_machine import OPEN
from shared.context import Context
from shared.errors import Gone, NotFound
from shared.ports import Doc
from shared.services.alerting.acknowledgement import members
from shared.services.alerting.page_members import FEW, page_members

_EARLIER = "It was resolved and has fired again since. Use the link in the latest notification, or open the console."
_NOT_STORED = "opos no longer stores this alert."


@dataclass(frozen=True, slots=True)
class Subject:
    """The `alerts` on which a link acts, grouped by `labels`; without any, the `last` that it can show."""

    alerts: Sequence[Doc]
    labels: Mapping[str, str]
    last: Sequence[Doc] = ()


def link_subject(token: str, context: Context, *, most: int | None = None) -> Subject:
    """What the link of *token* is about, with at most *most* alerts. Raises NotFound or Gone if there is nothing."""
    claims = context.links.read("ack", token, now=context.now)
    if "page" in claims:
        return _page(claims, context, most)
    return _group(claims, context, most) if "group" in claims else _alert(claims, context)


def _page(claims: Mapping[str, Any], context: Context, most: int | None) -> Subject:
    page = context.store.get(f"outbox/{claims['page']}")
    if page is None:
        raise NotFound(_NOT_STORED)
    alerts = list(islice(page_members(page, context), most))
    cause = page.data["cause"]
    last = () if alerts else _stored(cause["alerts"][:FEW], context)
    if any(alert.data["told_at"] for alert in last):
        raise _earlier()
    return Subject(alerts, cause["labels"], last)


def _group(claims: Mapping[str, Any], context: Context, most: int | None) -> Subject:
    group = context.store.get(f"groups/{claims['group']}")
    if group is None:
        raise NotFound(_NOT_STORED)
    at, is_present = claims.get("at"), group.data["called_at"] == claims["call"]
    if not at and not is_present:
        raise _earlier()
    told = (alert for alert in members(group.id, context) if not at or alert.data["told_at"] <= at)
    alerts = list(islice(told, most))
    last = () if alerts else _stored(group.data["last_told"], context)
    if not alerts and (not is_present or any(alert.data["state"] in OPEN for alert in last)):
        raise _earlier()
    return Subject(alerts, group.data["labels"], last)


def _stored(ids: Sequence[str], context: Context) -> list[Doc]:
    """The alerts of the last notification, for a link without alerts to act on."""
    alerts = [alert for id in ids if (alert := context.store.get(f"alerts/{id}"))]
    if not alerts:
        raise NotFound(_NOT_STORED)
    return alerts


def _alert(claims: Mapping[str, Any], context: Context) -> Subject:
    alert = context.store.get(f"alerts/{claims['alert']}")
    if alert is None:
        raise NotFound(_NOT_STORED)
    if alert.data.get("episode") != claims["episode"]:
        raise _earlier()
    return Subject([alert], alert.data.get("labels") or {})


def _earlier() -> Gone:
    return Gone("This link belongs to an earlier episode of the alert.", hint=_EARLIER)
