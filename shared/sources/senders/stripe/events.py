"""Stripe's events. Source: "Types of events" and the objects they carry, docs.stripe.com/api.

A snapshot event has the object in `data.object`. A thin event has only its address in `related_object`, so opos judges
it by its type: `v1.charge.dispute.created` means what `charge.dispute.created` means. No decision with a condition
applies to it, whatever the condition.
"""

from collections.abc import Mapping
from typing import Any

from shared.events import Signal
from shared.sources.contract import Format, Meaning
from shared.sources.payload import require, text
from shared.sources.senders.stripe.customers import CUSTOMERS
from shared.sources.senders.stripe.decision import Decision
from shared.sources.senders.stripe.signals import Occurrence, signal
from shared.sources.senders.stripe.standing import STANDING

DECISIONS: Mapping[str, tuple[Decision, ...]] = {**CUSTOMERS, **STANDING}
"""By event type; an event of any other type is noted only."""


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    return require(payload, "type", str)


def is_test(payload: Any) -> bool:
    return isinstance(payload, dict) and payload.get("livemode") is False


def translate(kind: str, payload: Any) -> Meaning:
    decisions = DECISIONS.get(kind.removeprefix("v1."))
    signals = _signals(decisions, _occurrence(payload)) if decisions else ()
    if not signals:
        return Meaning(f"{kind} {text(payload, 'data.object.id', 'related_object.id')}".strip())
    return Meaning(signals[0].title, signals)


def _signals(decisions: tuple[Decision, ...], event: Occurrence) -> tuple[Signal, ...]:
    return tuple(said for decision in decisions if (said := signal(decision, event)))


def _occurrence(payload: Any) -> Occurrence:
    is_thin = payload.get("object") == "v2.core.event" or ("data" not in payload and "related_object" in payload)
    # An event about no object, such as usage that matches no meter, is the same problem each time.
    fields = {"id": text(payload, "related_object.id", "type")} if is_thin else require(payload, "data.object", dict)
    account = text(payload, "account", "context") if is_thin else text(payload, "account")
    return Occurrence(payload, fields, is_thin, is_test(payload), account)


FORMAT = Format(event_type=event_type, translate=translate, is_test=is_test)
