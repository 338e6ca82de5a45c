"""An issue of Linear from its start to its end, and a day of a shop, over HTTP."""

from typing import Any

from tests.support.bundle import Bundle

SOURCES = """
sources:
  linear: {scheme: linear, secrets: [GITHUB_SECRET]}
  shop: {scheme: shopify, secrets: [GITHUB_SECRET]}
route: {channel: desk, interrupt_from: info}
"""


def change(bundle: Bundle, action: str, **more: Any) -> None:
    """Linear says, a minute later, that its issue has changed."""
    bundle.tick(minutes=1)
    now = bundle.clock.now()
    issue = {"id": "4f6c", "identifier": "SHOP-7", "title": "Nobody can pay", "state": {"type": "started"}}
    times = {"createdAt": now.isoformat(), "webhookTimestamp": int(now.timestamp() * 1000)}
    payload = {"action": action, "type": "Issue", "data": issue, **times, **more}
    payload["data"] = {**issue, **payload["data"]}
    answer = bundle.send("linear", payload, delivery=f"d{now}", event_type=payload["type"])
    assert answer.status == 202
    bundle.settle()


def state(bundle: Bundle, name: str) -> str:
    (alert,) = (doc.data for doc in bundle.docs("alerts") if doc.data["labels"].get("incident") == f"{name}:4f6c")
    return f"{alert['severity']} {alert['state']} {alert['episode']}"


def test_an_urgent_issue_closes_when_its_priority_falls_and_when_it_is_done(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    change(embedded, "create", data={"priority": 1})
    assert state(embedded, "issue") == "warning firing 1"
    change(embedded, "update", data={"priority": 2}, updatedFrom={"priority": 1})
    assert state(embedded, "issue") == "warning resolved 1"
    change(embedded, "update", data={"priority": 1}, updatedFrom={"priority": 2})
    assert state(embedded, "issue") == "warning firing 2"
    change(embedded, "update", data={"priority": 1, "state": {"type": "completed"}}, updatedFrom={"stateId": "s1"})
    assert state(embedded, "issue") == "warning resolved 2"
    change(embedded, "update", data={"priority": 1}, updatedFrom={"stateId": "s2"})
    assert state(embedded, "issue") == "warning firing 3"
    change(embedded, "remove", data={"priority": 1})
    assert state(embedded, "issue") == "warning resolved 3"


def test_a_closed_issue_closes_its_alerts_though_the_update_before_it_was_lost(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    issue = {"id": "4f6c", "identifier": "SHOP-7", "title": "Nobody can pay", "priority": 1}
    change(embedded, "create", data={"priority": 1})
    change(embedded, "breached", type="IssueSLA", data={}, issueData=issue)
    change(embedded, "update", data={"priority": 2, "state": {"type": "completed"}}, updatedFrom={"stateId": "s1"})
    assert (state(embedded, "issue"), state(embedded, "sla")) == ("warning resolved 1", "warning resolved 1")


def test_an_sla_alerts_from_when_it_is_at_risk_until_the_issue_is_closed(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    issue = {"id": "4f6c", "identifier": "SHOP-7", "title": "Nobody can pay", "priority": 2}
    change(embedded, "highRisk", type="IssueSLA", data={}, issueData=issue)
    assert state(embedded, "sla") == "info firing 1"
    change(embedded, "breached", type="IssueSLA", data={}, issueData=issue)
    assert state(embedded, "sla") == "warning firing 1"
    done = {"priority": 2, "state": {"type": "completed"}, "slaBreachesAt": "2026-11-20T09:00:00Z"}
    change(embedded, "update", data=done, updatedFrom={"stateId": "s1"})
    assert state(embedded, "sla").endswith(" resolved 1")


def test_a_refund_is_listed_with_its_money_and_neither_it_nor_a_test_is_income(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    order = {"id": 31, "name": "#31", "total_price": "49.00", "currency": "EUR"}
    paid_back = {"kind": "refund", "status": "success", "currency": "EUR"}
    back = [{**paid_back, "amount": "10.00"}, {**paid_back, "amount": "2.50"}]
    embedded.send("shop", order, delivery="d1", event_type="orders/paid")
    embedded.send("shop", {**order, "id": 32, "test": True}, delivery="d3", event_type="orders/paid")
    embedded.send("shop", {"order_id": 31, "transactions": back}, delivery="d2", event_type="refunds/create")
    embedded.settle()
    embedded.tick(minutes=6)
    ((_, digest),) = embedded.inbox.sent
    assert "49.00 EUR received in 1 payment" in digest.text
    assert "Order 31 was refunded [12.50 EUR]" in digest.text


def test_a_dispute_that_ends_on_the_day_on_which_it_began_closes(embedded: Bundle) -> None:
    embedded.configure(SOURCES)
    dispute = {"id": 5, "order_id": 1, "status": "needs_response", "initiated_at": "2026-11-20T08:30:00Z"}
    won = {**dispute, "status": "won", "finalized_on": "2026-11-20T00:00:00Z"}
    for number, body in enumerate((dispute, won)):
        assert embedded.send("shop", body, delivery=f"d{number}", event_type="disputes/update").status == 202
        embedded.settle()
    assert [alert.data["state"] for alert in embedded.docs("alerts")] == ["resolved"]
