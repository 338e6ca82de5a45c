"""Webhooks change records: over HTTP, through the event log and the bus, with the mappings that opos ships."""

from pathlib import Path
from typing import Any

import pytest

from shared.ports import Doc
from shared.services.records.changes import changes_of
from shared.services.records.record import by_key, kind_named
from tests.support.bundle import Bundle
from tests.support.company import RECORDS

BROKEN = "\n\nclass Customer(Record, kind='customer'):\n    name: Unheard\n"


@pytest.fixture
def company(bundle: Bundle) -> Path:
    """The file that declares the kinds of the bundle."""
    file = bundle.folder / "company/records.py"
    file.parent.mkdir()
    file.write_text(RECORDS)
    return file


def customer_updated(number: int, *, created: int = 1795161600, **customer: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{number}", "object": "event", "type": "customer.updated", "created": created, "livemode": True,
        "data": {"object": {"id": "cus_1", "object": "customer", **customer}},
    }  # fmt: skip


def the_customer(bundle: Bundle) -> Doc | None:
    context = bundle.runtime.context()
    record = by_key(kind_named("customer", context), "cus_1", context)
    return record.doc if record else None


@pytest.mark.usefixtures("company")
def test_a_signed_webhook_changes_a_record_and_the_change_names_its_event(bundle: Bundle) -> None:
    for number, name in enumerate(["Ada", "Ada Lovelace"]):
        content = customer_updated(number, created=1795161600 + number, name=name, email="ada@example.com")
        assert bundle.send("stripe", content).status == 202
        bundle.settle()
    record = the_customer(bundle)
    assert record is not None
    assert record.data["values"] == {"name": "Ada Lovelace", "email": "ada@example.com", "stripe_id": "cus_1"}
    first, second = changes_of(record.id, bundle.runtime.context())
    events = {doc.data["delivery_id"]: doc.id for doc in bundle.docs("events")}
    assert [first["cause"], second["cause"]] == [events["evt_0"], events["evt_1"]]
    assert second["chain"] == [events["evt_1"]]
    assert second["actor"] == {"kind": "source", "name": "stripe"}


def test_a_broken_company_stops_no_page_and_is_named_in_health_and_its_events_wait(
    bundle: Bundle, company: Path
) -> None:
    company.write_text(RECORDS + BROKEN)
    assert bundle.send("stripe", customer_updated(1, name="Ada")).status == 202
    bundle.trouble("disk")
    bundle.settle()
    assert bundle.pages() == ["Trouble disk"]
    line = RECORDS.count("\n") + 4
    report = bundle.request("GET", "/health").json
    (check,) = report["checks"]["company:broken"]
    assert f"company/records.py:{line}" in check["output"]
    bundle.tick(minutes=30)  # longer than a dead letter takes
    assert bundle.docs("dead_letters") == []
    company.write_text(RECORDS)
    bundle.tick(minutes=10)
    record = the_customer(bundle)
    assert record is not None
    assert record.data["values"]["name"] == "Ada"
    assert bundle.request("GET", "/health").json["checks"]["company:broken"][0]["status"] == "pass"
