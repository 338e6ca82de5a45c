"""The signal that a decision makes of an event: its fingerprint, title, link, labels and money."""

from datetime import timedelta
from typing import Any, NamedTuple

from shared.events import Alert, BusinessEvent, Money, Severity, Signal
from shared.sources.payload import moment, optional, require, text
from shared.sources.senders.stripe.decision import Decision
from shared.values.money import format_money

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
    """An event: its `payload`, its object's `fields`, and the connected `account`; empty if it is about your own."""

    payload: Any
    fields: dict[str, Any]
    is_thin: bool
    is_test: bool
    account: str


def signal(decision: Decision, event: Occurrence) -> Signal | None:
    """What *decision* makes of *event*; None if it does not apply. Raises ContractBroken without a needed field."""
    if event.is_thin and decision.needs_object:  # a field that is not told is unknown, not absent
        return None
    if not all(optional(event.fields, path, object, None) in values for path, values in decision.when.items()):
        return None
    key = _key(decision.by, event)
    if not key:
        return None
    severity = decision.severity_for(event.account)
    return _alert(decision, severity, key, event) if severity else _news(decision, event)


def _key(by: tuple[str, ...], event: Occurrence) -> str:
    """The names of the objects in *by*; empty if one is absent."""
    if "id" in by:
        require(event.fields, "id", str)
    named = {"account": event.account, **event.fields}
    names = [text(named, path) for path in by]
    return ":".join(names) if all(names) else ""


def _alert(decision: Decision, severity: Severity, key: str, event: Occurrence) -> Alert:
    money = _money(decision, event)
    problem = f"test/{decision.problem}" if event.is_test else decision.problem  # both modes name an account alike
    at = moment(event.payload, "created")  # Stripe guarantees no order of delivery
    return Alert(
        fingerprint=f"{problem}:{key}",
        title=_title(decision, event, money),
        severity=severity,
        status="resolved" if decision.is_end else "firing",
        summary=text(event.fields, *_REASONS),
        link=_link(decision, event),
        labels={"customer": text(event.fields, "customer"), **_labels(event)},
        money=money,
        at=at - timedelta(microseconds=1) if at and decision.comes_first else at,
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
    title = decision.title.replace("{sum}", f" of {format_money(money.to_doc())}" if money else "")
    if "{" in title:
        outcome = _OUTCOMES.get(text(event.fields, "status"), "is closed")
        title = title.replace("{outcome}", outcome).replace("{id}", text(event.fields, "id"))
    where, who = f" ({event.account})" if event.account else "", text(event.fields, *_CUSTOMER)
    return title + where + (f": {who}" if who else "")
