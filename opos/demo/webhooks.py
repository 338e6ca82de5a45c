"""The webhooks of the demo: payloads as their senders write them, without the fields that do not matter here."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Webhook:
    source: str
    event_type: str
    summary: str
    payload: dict[str, Any]

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload).encode()


DISK_FULL = Webhook(
    "alertmanager", "", "Alertmanager: a disk is almost full (critical)",
    {
        "version": "4", "groupKey": '{}:{alertname="DiskFull"}', "status": "firing", "receiver": "opos",
        "groupLabels": {"alertname": "DiskFull"}, "commonLabels": {}, "commonAnnotations": {},
        "externalURL": "http://alertmanager.example:9093", "truncatedAlerts": 0,
        "alerts": [{
            "status": "firing", "fingerprint": "3b2a1f0c9d8e7f60", "startsAt": "2026-11-20T08:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus.example:9090/graph",
            "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db-1"},
            "annotations": {"summary": "The disk of db-1 is 97% full"},
        }],
    },
)  # fmt: skip

BUILD_FAILED = Webhook(
    "github", "workflow_run", "GitHub: a build failed on main",
    {
        "action": "completed",
        "workflow_run": {
            "id": 11223344, "name": "CI", "workflow_id": 501, "head_branch": "main", "conclusion": "failure",
            "run_number": 87, "event": "push", "html_url": "https://github.com/acme/shop/actions/runs/11223344",
            "head_sha": "9f1c2e7d", "display_title": "Speed up the basket",
        },
        "workflow": {"id": 501, "name": "CI"},
        "repository": {"full_name": "acme/shop", "default_branch": "main", "html_url": "https://github.com/acme/shop"},
        "sender": {"login": "acme-owner"},
    },
)  # fmt: skip


def _stripe(id: str, event_type: str, summary: str, fields: dict[str, Any]) -> Webhook:
    payload = {
        "id": id, "object": "event", "type": event_type, "created": 1795161600, "livemode": True,
        "data": {"object": fields},
    }  # fmt: skip
    return Webhook("stripe", event_type, summary, payload)


PAYMENT_FAILED = _stripe(
    "evt_demo_1", "invoice.payment_failed", "Stripe: a payment failed",
    {"id": "in_demo_1", "object": "invoice", "amount_due": 4900, "currency": "eur",
     "customer_email": "ada@example.com", "attempt_count": 1, "customer": "cus_1"},
)  # fmt: skip
MONEY_IN = _stripe(
    "evt_demo_2", "charge.succeeded", "Stripe: a customer paid",
    {"id": "ch_demo_2", "object": "charge", "amount": 12900, "currency": "eur",
     "billing_details": {"email": "grace@example.com"}, "customer": "cus_2"},
)  # fmt: skip
ORDER_STUCK = Webhook(
    "shop", "order.stuck", "Your own app: an order is stuck",
    {"type": "order.stuck", "timestamp": "2026-11-20T08:00:00Z",
     "data": {"title": "Order 1042 has waited for 2 days", "order": "1042"}},
)  # fmt: skip
NEW_CUSTOMER = Webhook(
    "shop", "customer.created", "Your own app: a customer signed up",
    {"type": "customer.created", "timestamp": "2026-11-20T08:00:00Z", "data": {"title": "New customer: Linus"}},
)  # fmt: skip
BROKEN_CONTRACT = Webhook(
    "stripe", "invoice.payment_failed", "Stripe: signed correctly, but the payload is not an invoice",
    {"id": "evt_demo_3", "object": "event", "type": "invoice.payment_failed", "data": {"object": "not an invoice"}},
)  # fmt: skip

FOR_THE_DIGEST = (BUILD_FAILED, PAYMENT_FAILED, MONEY_IN, ORDER_STUCK, NEW_CUSTOMER)
