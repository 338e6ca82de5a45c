"""Payloads of the operator's own senders, read by the expressions in opos.yaml."""

from typing import Any

import pytest

from shared.config.sources import AlertMapping, EventMapping, Source
from shared.errors import ContractBroken
from shared.events import Alert, BusinessEvent, Money
from shared.sources.contract import Format, Meaning
from shared.sources.senders import mapped


def sender(**fields: Any) -> Format:
    return mapped.format_of(Source(scheme="bearer", secrets=("SHOP_SECRET",), **fields))


def alert(payload: dict[str, Any], **mapping: Any) -> Alert:
    (signal,) = (
        sender(alert=AlertMapping(title="title", **mapping)).translate("x", {"title": "Stuck", **payload}).signals
    )
    assert isinstance(signal, Alert)
    return signal


def money(amount: Any, currency: Any = "eur") -> Money | None:
    event = EventMapping(title="title", amount="amount", currency="currency")
    content = {"title": "Sold", "amount": amount, "currency": currency}
    (signal,) = sender(event=event).translate("x", content).signals
    assert isinstance(signal, BusinessEvent)
    return signal.money


@pytest.mark.parametrize("status", ["resolved", "ok", "up", "recovered", "closed", "fixed", "false", False, "RESOLVED"])
def test_words_of_an_end_and_the_boolean_false_resolve(status: Any) -> None:
    assert alert({"status": status}, status="status").status == "resolved"


@pytest.mark.parametrize("status", ["firing", "down", "", None, True, 0, [], {}])
def test_every_other_status_fires(status: Any) -> None:
    assert alert({"status": status}, status="status").status == "firing"


def test_a_plain_severity_is_itself_even_where_the_payload_has_a_field_of_that_name() -> None:
    assert alert({"info": "critical"}, severity="info").severity == "info"


@pytest.mark.parametrize(("said", "severity"), [("warning", "warning"), ("page", "page"), (None, ""), ("", "")])
def test_a_severity_found_is_passed_on_and_one_not_found_is_none(said: Any, severity: str) -> None:
    assert alert({"level": said}, severity="level").severity == severity


@pytest.mark.parametrize(("key", "fingerprint"), [("o-1", "o-1"), (0, "0"), (None, "Stuck"), ("", "Stuck")])
def test_a_fingerprint_is_what_is_found_else_the_title(key: Any, fingerprint: str) -> None:
    assert alert({"key": key}, fingerprint="key").fingerprint == fingerprint


def test_a_link_that_is_no_web_address_is_left_out() -> None:
    assert alert({"url": "javascript:alert(1)"}, link="url").link == ""


@pytest.mark.parametrize("amount", [4900, 4900.0])
def test_an_amount_is_counted_in_minor_units(amount: Any) -> None:
    assert money(amount) == Money(amount=4900, currency="eur")


@pytest.mark.parametrize(
    ("declared", "amount", "about"),
    [(None, 4900, "money in"), (None, None, "other"), ("customers", 4900, "customers"), ("releases", None, "releases")],
)
def test_what_brings_an_amount_is_money_unless_it_is_said_to_be_something_else(
    declared: Any, amount: Any, about: str
) -> None:
    mapping = EventMapping(title="title", amount="amount", currency="currency", about=declared)
    payload = {"title": "T", "amount": amount, "currency": "eur"}
    (signal,) = sender(event=mapping).translate("x", payload).signals
    assert isinstance(signal, BusinessEvent)
    assert signal.about == about


@pytest.mark.parametrize("amount", [True, 49.5, "4900", None])
def test_what_is_no_whole_number_is_no_amount(amount: Any) -> None:
    assert money(amount) is None


def test_a_title_that_is_not_found_breaks_the_contract() -> None:
    with pytest.raises(ContractBroken, match="expected title to be text, found NoneType"):
        sender(event=EventMapping(title="title")).translate("x", {})


def test_the_alert_is_asked_first_and_then_the_event() -> None:
    both = sender(alert=AlertMapping(title="title", when="bad"), event=EventMapping(title="title", when="good"))
    kinds = [[signal.kind for signal in both.translate("x", {"title": "T", **which}).signals] for which in WHICH]
    assert kinds == [["alert"], ["event"], ["alert"], []]


WHICH: list[dict[str, Any]] = [{"bad": True}, {"good": True}, {"bad": True, "good": True}, {}]


def test_without_a_mapping_each_payload_is_a_line_named_by_its_type() -> None:
    assert sender().translate("customer.created", {}) == Meaning(
        "customer.created", (BusinessEvent(title="customer.created"),)
    )


@pytest.mark.parametrize(
    ("payload", "declared", "kind"),
    [
        ({"kind": "a", "type": "b"}, "kind", "a"),
        ({"type": "b", "event": "c"}, None, "b"),
        ({"event": "c"}, None, "c"),
        ({}, None, "event"),
        ([], None, "event"),
        ({"type": "b"}, "kind", "event"),
    ],
)
def test_the_type_is_what_is_declared_else_type_else_event(payload: Any, declared: str | None, kind: str) -> None:
    assert sender(type=declared).event_type({}, payload) == kind
