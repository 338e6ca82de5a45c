"""Every event type of Stripe is read, and what opos decides stands in tables to read."""

import re
from collections.abc import Iterable
from typing import Any

import pytest

from opos.senders.catalogue import known
from shared.config.records.mappings import place
from shared.config.records.stripe import MAPPINGS
from shared.events import Alert, BusinessEvent, Signal
from shared.intake.webhook import Reading
from shared.sources.senders.stripe.events import DECISIONS
from tests.support.stripe_events import (
    GUIDE,
    HANDLED,
    KNOWN,
    TABLE,
    Sample,
    as_csv,
    as_markdown,
    decided,
    reading,
    samples,
    thin,
)

WRITE = "run `python -m tests.support.stripe_events` and read what has changed"
ENDS = {
    "invoice.payment_failed": (
        "invoice.paid", "invoice.payment_succeeded", "invoice.voided", "invoice.marked_uncollectible", "invoice.deleted",
    ),
    "invoice.finalization_failed": ("invoice.finalized", "invoice.deleted", "invoice.paid"),
    "invoice.payment_action_required": ("invoice.paid", "invoice.voided"),
    "invoice.overdue": ("invoice.paid", "invoice.marked_uncollectible"),
    "charge.dispute.created": ("charge.dispute.closed",),
    "review.opened": ("review.closed",),
    "reserve.plan.created": ("reserve.plan.disabled", "reserve.plan.expired"),
    "setup_intent.setup_failed": ("setup_intent.succeeded", "setup_intent.canceled"),
}  # fmt: skip


def only(type: str, **state: Any) -> Signal:
    (signal,) = reading(Sample(type, state).payload()).signals
    return signal


def alert(type: str, **state: Any) -> Alert:
    signal = only(type, **state)
    assert isinstance(signal, Alert)
    return signal


def test_all_types_of_the_package_are_read_whatever_their_form() -> None:
    assert len(KNOWN["types"]) == 275
    for sample in samples():
        for changes in ({}, {"livemode": False}, {"account": "acct_2"}):
            assert reading(sample.payload(**changes), HANDLED).quarantine is None, (sample, changes)
        assert reading(thin(f"v1.{sample.type}")).quarantine is None, sample


def test_all_thin_types_of_the_package_are_read() -> None:
    for type in KNOWN["thin_types"]:
        assert (reading(thin(type)).type, reading(thin(type)).quarantine) == (type, None)


def test_the_table_of_decisions_is_what_the_code_decides() -> None:
    assert TABLE.read_text() == as_csv(), WRITE
    assert as_markdown() in GUIDE.read_text(), WRITE


def test_opos_acts_only_on_types_that_stripe_has() -> None:
    thin_types = {type.removeprefix("v1.") for type in KNOWN["thin_types"]}
    assert set(DECISIONS) <= {*KNOWN["types"], *thin_types}


def test_test_mode_is_noted_in_every_form_and_labelled_where_it_is_handled() -> None:
    for sample in samples():
        assert decided(sample.payload(livemode=False)) == decided(thin(f"v1.{sample.type}", livemode=False)) == "noted"
        assert reading(sample.payload(livemode=False)).subject.startswith("test mode: ")
        for signal in reading(sample.payload(livemode=False), HANDLED).signals:
            assert signal.labels["livemode"] == "false"


def test_a_connected_account_is_labelled_and_its_money_is_not_income() -> None:
    for sample in samples():
        for signal in reading(sample.payload(account="acct_2")).signals:
            assert signal.labels["account"] == "acct_2"
            assert signal.kind == "alert" or signal.about != "money in"


def test_a_thin_event_of_a_connected_account_names_it() -> None:
    (signal,) = reading(thin("v1.charge.dispute.created", context="acct_2")).signals
    assert signal.labels["account"] == "acct_2"


def test_a_thin_event_makes_no_signal_that_depends_on_a_field_of_the_object() -> None:
    for type, decisions in DECISIONS.items():
        if type in KNOWN["types"] and all(decision.needs_object for decision in decisions):
            assert decided(thin(f"v1.{type}")) == "noted", type


@pytest.mark.parametrize(
    "type", ["checkout.session.completed", "checkout.session.async_payment_failed", "reserve.hold.created"]
)
def test_a_thin_checkout_or_hold_is_only_noted_as_its_state_is_unknown(type: str) -> None:
    assert decided(thin(f"v1.{type}")) == "noted"


@pytest.mark.parametrize("type", ENDS)
def test_what_ends_a_problem_names_it(type: str) -> None:
    firing = alert(type, id="x_1")
    for end in ENDS[type]:
        assert (alert(end, id="x_1").fingerprint, alert(end, id="x_1").status) == (firing.fingerprint, "resolved")


def test_the_end_of_a_subscription_ends_the_alert_about_its_last_invoice() -> None:
    unpaid = alert("invoice.payment_failed", id="in_7")
    lost, dropped = reading(Sample("customer.subscription.deleted", {"latest_invoice": "in_7"}).payload()).signals
    assert isinstance(lost, Alert)
    assert isinstance(dropped, Alert)
    assert (lost.status, dropped.status, dropped.fingerprint) == ("firing", "resolved", unpaid.fingerprint)


def test_a_payment_that_succeeds_at_a_later_try_ends_the_alert_about_its_checkout() -> None:
    late = alert("checkout.session.async_payment_failed", id="cs_1", payment_intent="pi_7")
    succeeded = alert("payment_intent.succeeded", id="pi_7")
    assert late.fingerprint == succeeded.fingerprint
    assert (late.severity, succeeded.status) == ("warning", "resolved")


def test_a_failed_charge_is_a_line_and_never_an_alert_whether_an_invoice_has_it_or_not() -> None:
    assert decided(Sample("charge.failed", {}).payload()) == "line: A charge of 49.00 EUR failed: cus_1"
    failed = only("charge.failed", invoice=None)
    assert isinstance(failed, BusinessEvent)
    assert failed.about == "other"


def problems(types: Iterable[str], *, is_end: bool) -> set[str]:
    decisions = (decision for type in types for decision in DECISIONS[type])
    return {decision.problem for decision in decisions if decision.problem and decision.is_end is is_end}


def test_the_advertised_events_end_every_problem_that_they_begin_and_stripe_ends() -> None:
    advertised = set(re.findall(r"`([a-z_.]+\.[a-z_]+)`", known()["stripe"].where))
    assert len(advertised) > 10
    fed = {type for type in advertised if any(place(mapping, type) is not None for mapping in MAPPINGS.values())}
    assert advertised <= {*DECISIONS, *fed}, "each event says something, or feeds a record"
    acted_on = advertised & DECISIONS.keys()
    begun, ended = problems(acted_on, is_end=False), problems(acted_on, is_end=True)
    assert begun & problems(DECISIONS, is_end=True) <= ended


def test_a_reserve_on_each_charge_is_told_once_by_its_plan() -> None:
    assert reading(Sample("reserve.hold.created", {"reserve_plan": "resp_1"}).payload()).signals == ()
    held = alert("reserve.hold.created", id="resh_1")
    assert alert("reserve.release.created", id="resr_1", reserve_hold="resh_1").fingerprint == held.fingerprint


@pytest.mark.parametrize(
    ("status", "title"),
    [("won", "was won"), ("lost", "was lost"), ("warning_closed", "ended as an inquiry"), ("new", "is closed")],
)
def test_a_closed_dispute_says_how_it_ended(status: str, title: str) -> None:
    payload = Sample("charge.dispute.closed", {"status": status}).payload()
    assert reading(payload).subject == f"resolved: Dispute of 49.00 EUR {title}"


def test_a_disabled_account_is_critical_until_it_is_enabled_again() -> None:
    charges = alert("account.updated", charges_enabled=False, payouts_enabled=False)
    payouts, charges_return = reading(Sample("account.updated", {"payouts_enabled": False}).payload()).signals
    enabled = reading(Sample("account.updated", {}).payload())
    assert isinstance(payouts, Alert)
    assert isinstance(charges_return, Alert)
    assert (charges.severity, charges.title) == ("critical", "Stripe has disabled charges")
    assert (payouts.severity, payouts.title) == ("critical", "Stripe has disabled payouts")
    assert (charges_return.status, charges_return.fingerprint) == ("resolved", charges.fingerprint)
    assert problems_named(enabled, "resolved") == {charges.fingerprint, payouts.fingerprint}


@pytest.mark.parametrize("type", ["account.application.deauthorized", "v1.account.application.deauthorized"])
def test_a_connected_account_that_leaves_your_platform_is_disabled_no_more(type: str) -> None:
    disabled = reading(Sample("account.updated", {"id": "acct_2", "charges_enabled": False}).payload(account="acct_2"))
    left = thin(type, context="acct_2") if type.startswith("v1.") else Sample(type, {}).payload(account="acct_2")
    firing, ended = problems_named(disabled, "firing"), problems_named(reading(left), "resolved")
    assert firing
    assert firing <= ended


def test_a_connected_account_leaves_no_alert_about_a_capability_that_nothing_would_end() -> None:
    state = {"id": "card_payments", "status": "inactive"}
    sample = Sample("capability.updated", state)
    assert decided(sample.payload(account="acct_1")) == "line: Capability card_payments is inactive (acct_1)"
    assert alert("capability.updated", **state).severity == "warning"


def problems_named(said: Reading, status: str) -> set[str]:
    return {signal.fingerprint for signal in said.signals if isinstance(signal, Alert) and signal.status == status}


def test_an_account_that_is_still_being_set_up_is_not_called_disabled() -> None:
    state = {"charges_enabled": False, "payouts_enabled": False, "details_submitted": False}
    payload = Sample("account.updated", state).payload()
    assert reading(payload).signals == ()


def test_an_account_of_the_test_mode_never_ends_the_alert_about_the_live_one() -> None:
    live = alert("account.updated", charges_enabled=False, payouts_enabled=False)
    tested = reading(Sample("account.updated", {}).payload(livemode=False), HANDLED)
    assert problems_named(tested, "resolved").isdisjoint({live.fingerprint})
    assert len(problems_named(tested, "resolved")) == 2


def test_one_payment_is_income_once() -> None:
    types = ["charge.succeeded", "payment_intent.succeeded", "invoice.paid", "invoice_payment.paid"]
    types += ["checkout.session.completed", "checkout.session.async_payment_succeeded"]
    income = [type for type in types if decided(Sample(type, {}).payload()).startswith("income")]
    assert income == ["charge.succeeded"]


def test_an_unpaid_checkout_is_not_called_completed() -> None:
    assert only("checkout.session.completed", payment_status="unpaid").title == "A checkout awaits its payment: cus_1"
    assert only("checkout.session.async_payment_succeeded").title == "Checkout completed: cus_1"


def test_an_alert_without_an_amount_still_says_what_is_wrong() -> None:
    assert alert("topup.failed", amount=None).title == "Top-up failed"
    assert reading(Sample("charge.succeeded", {"amount": None}).payload()).quarantine
