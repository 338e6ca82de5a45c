"""Stripe's events. Source: "Types of events" and the objects they carry, docs.stripe.com/api.

A snapshot event has the object in `data.object`. A thin event has only its address in `related_object`, so opos judges
it by its type: `v1.charge.dispute.created` means what `charge.dispute.created` means.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.events import Alert, BusinessEvent, Money, Signal
from shared.sources.contract import Format, Meaning
from shared.sources.payload import moment, optional, require, text
from shared.sources.senders.stripe.customers import CUSTOMERS
from shared.sources.senders.stripe.decision import Conditions, Decision
from shared.sources.senders.stripe.standing import STANDING
from shared.values.money import format_money

DECISIONS: Mapping[str, tuple[Decision, ...]] = {**CUSTOMERS, **STANDING}
"""By event type; an event of any other type is noted only."""
_DASHBOARD = "https://dashboard.stripe.com/"
_OUTCOMES = {
    "won": "was won", "lost": "was lost", "prevented": "was prevented", "warning_closed": "ended as an inquiry",
}  # fmt: skip
_REASONS = (
    "failure_message", "last_finalization_error.message", "last_setup_error.message", "failure_reason",
    "requirements.disabled_reason", "closed_reason", "reason", "cancellation_details.reason",
)  # fmt: skip
_CUSTOMER = ("customer_email", "billing_details.email", "receipt_email", "customer_details.email", "customer")


class Occurrence(NamedTuple):
    """An event: its object's `fields`, and the connected `account` that it comes from; empty if it is your own."""

    fields: dict[str, Any]
    is_thin: bool
    is_test: bool
    account: str
    at: datetime | None


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return require(payload, "type", str)


def is_test(payload: Any) -> bool:
    return isinstance(payload, dict) and payload.get("livemode") is False


def translate(kind: str, payload: Any) -> Meaning:
    decisions = DECISIONS.get(kind.removeprefix("v1."), ())
    signals = tuple(_signals(decisions, _occurrence(payload))) if decisions else ()
    if not signals:
        return Meaning(f"{kind} {text(payload, 'data.object.id', 'related_object.id')}".strip())
    return Meaning(signals[0].title, signals)


def _occurrence(payload: Any) -> Occurrence:
    is_thin = payload.get("object") == "v2.core.event" or ("data" not in payload and "related_object" in payload)
    known = {"id": text(payload, "related_object.id", "id")} if is_thin else require(payload, "data.object", dict)
    account = text(payload, "account", "context") if is_thin else text(payload, "account")
    return Occurrence(known, is_thin, is_test(payload), account, moment(payload, "created"))


def _signals(decisions: tuple[Decision, ...], event: Occurrence) -> Iterator[Signal]:
    for decision in decisions:
        if _applies(decision.when, event.fields) and (key := _key(decision.by, event.fields)):
            yield _alert(decision, key, event) if decision.severity else _news(decision, event)


def _applies(when: Conditions, fields: dict[str, Any]) -> bool:
    return all(optional(fields, path, object, None) in values for path, values in when.items())


def _key(by: tuple[str, ...], fields: dict[str, Any]) -> str:
    """The names of the objects in *by*; empty if there is none. Raises ContractBroken without an `id`."""
    if "id" in by:
        require(fields, "id", str)
    return ":".join(filter(None, (text(fields, *path.split("|")) for path in by)))


def _alert(decision: Decision, key: str, event: Occurrence) -> Alert:
    money = _money(decision, event)
    severity = decision.connected if event.account and decision.connected else decision.severity
    problem = f"test/{decision.problem}" if event.is_test else decision.problem  # both modes name an account alike
    earlier = timedelta(microseconds=1) if decision.comes_first else timedelta()
    return Alert(
        fingerprint=f"{problem}:{key}",
        title=_title(decision, event, money),
        severity=severity or "",
        status="resolved" if decision.is_end else "firing",
        summary=text(event.fields, *_REASONS),
        link=_link(decision, event),
        labels={"customer": text(event.fields, "customer"), **_labels(event)},
        money=money,
        at=event.at - earlier if event.at else None,  # Stripe guarantees no order of delivery
    )


def _news(decision: Decision, event: Occurrence) -> BusinessEvent:
    money = _money(decision, event)
    about = "other" if event.account and decision.about == "money in" else decision.about
    title, link = _title(decision, event, money), _link(decision, event)
    return BusinessEvent(title=title, link=link, money=money, about=about, labels=_labels(event))


def _labels(event: Occurrence) -> dict[str, str]:
    mode = {"livemode": "false"} if event.is_test else {}
    return {**mode, "account": event.account} if event.account else mode


def _link(decision: Decision, event: Occurrence) -> str:
    """The page of the object, or of the connected account that has it."""
    mode = "test/" if event.is_test else ""
    if event.account:
        return f"{_DASHBOARD}{mode}connect/accounts/{event.account}"
    return f"{_DASHBOARD}{mode}{decision.area}/{text(event.fields, *decision.shows.split('|'))}".rstrip("/")


def _money(decision: Decision, event: Occurrence) -> Money | None:
    """The amount. Raises ContractBroken if income has none; an alert that has none still says what is wrong."""
    is_needed = decision.about == "money in" and not event.is_thin
    if not decision.amount or (event.fields.get(decision.amount) is None and not is_needed):
        return None
    return Money(amount=require(event.fields, decision.amount, int), currency=require(event.fields, "currency", str))


def _title(decision: Decision, event: Occurrence, money: Money | None) -> str:
    words = {
        "{sum}": f" of {format_money(money.to_doc())}" if money else "",
        "{outcome}": _OUTCOMES.get(text(event.fields, "status"), "is closed"),
        "{id}": text(event.fields, "id"),
    }
    title = decision.title
    for place, word in words.items():
        title = title.replace(place, word)
    where, who = f" ({event.account})" if event.account else "", text(event.fields, *_CUSTOMER)
    return title + where + (f": {who}" if who else "")


FORMAT = Format(event_type=event_type, translate=translate, is_test=is_test)
