"""`opos records forget`: planted canaries are gone from every place, stay gone, and nothing else is lost."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.ports.indexes import COLLECTIONS
from shared.records.change import Actor, Cause
from shared.records.history import folded, versions
from shared.records.observation import Observation
from shared.records.ownership import Owners
from shared.services.records.edits import changes_of, edit
from shared.services.records.merge import merge
from shared.services.records.record import kind_named, stored
from tests.support.bundle import Bundle
from tests.support.project import ROOT
from tests.support.record_commands import called, declare, made, printed, run, said
from tests.support.records import ME

CANARIES = {
    "name": "Zyxora Qanary7", "email": "zyxora.qanary@example.org", "phone": "+49 170 5550111", "stripe_id": "cus_Qanary7",
    "app_id": "qanary-app-41",
}  # fmt: skip
TRACES = re.compile(b"qanary|zyxora|5550111|5550 111", re.IGNORECASE)
"""What of the canaries may be nowhere; also in hexadecimal, as the full-text index of SQLite has words."""
HEX = re.compile(b"|".join(word.encode().hex().encode() for word in ("qanary", "zyxora", "5550111")), re.IGNORECASE)


@pytest.fixture
def company(bundle: Bundle) -> Bundle:
    declare(bundle.folder, only=(ROOT / "company/records.py").read_text())
    bundle.clock.moment = datetime.now(UTC) - timedelta(hours=3)
    return bundle


def stripe(event: int, type: str, **content: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{event}", "object": "event", "type": type, "created": 1795161600 + event, "livemode": True,
        "data": {"object": content},
    }  # fmt: skip


CUSTOMER = {
    "id": CANARIES["stripe_id"], "object": "customer", "name": CANARIES["name"], "email": CANARIES["email"],
    "phone": CANARIES["phone"],
}  # fmt: skip
FAILED = {
    "id": "in_1", "object": "invoice", "customer": CANARIES["stripe_id"], "customer_email": CANARIES["email"],
    "customer_name": CANARIES["name"], "amount_due": 900, "currency": "eur", "attempt_count": 4,
    "next_payment_attempt": None, "number": "A-1",
}  # fmt: skip


def planted(bundle: Bundle) -> str:
    """The id of a record whose person is in every place that opos writes to."""
    context = bundle.runtime.context()
    customer = kind_named("customer", context)
    bundle.send("stripe", stripe(1, "customer.created", **CUSTOMER))
    bundle.send("stripe", stripe(2, "invoice.payment_failed", **FAILED))
    data = {"id": CANARIES["email"], "title": f"Order of {CANARIES['name']} failed", "severity": "critical"}
    bundle.send("app", {"type": "order", "data": {**data, "status": "firing"}})
    bundle.trouble("disk")
    bundle.settle()
    for _ in range(6):
        bundle.tick(minutes=1)  # and the digest goes out
    id = stored_id(bundle, CANARIES["stripe_id"])
    owners: Owners = {("customer", name): ("stripe",) for name in ("name", "email")}
    context = bundle.runtime.context()
    values = {"name": "Zyxora Qanary-Neu", "phone": CANARIES["phone"], "country": "DE"}
    edited = edit(customer, id, values, ME, owners, context)
    assert edited.ask
    other = made(
        bundle, "customer", {"name": CANARIES["name"], "app_id": CANARIES["app_id"], "tags": ["Zyxora Qanary7"]}
    )
    why = Cause(Actor(kind="person", name="me@example.com"), reason=f"{CANARIES['name']} has two accounts.")
    merge(customer, other, id, why, owners, bundle.runtime.context())
    made(
        bundle, "note", {"subject": "Call", "text": f"Called {CANARIES['phone']}, {CANARIES['email']}.", "customer": id}
    )
    bundle.tick(minutes=1)
    return id


def stored_id(bundle: Bundle, id: str) -> str:
    return str(json.loads(printed(bundle, "show", "customer", id, "--json"))["id"])


def left(bundle: Bundle) -> list[str]:
    """Where the canaries still are."""
    names = [*COLLECTIONS, *(kind.collection for kind in bundle.runtime.kinds.values())]
    docs = [doc for name in names for doc in bundle.docs(name)]
    places = [doc.path for doc in docs if TRACES.search(json.dumps([doc.path, doc.data]).encode())]
    files = [file for file in bundle.folder.glob("opos.db*")]
    contents = [(file.name, file.read_bytes()) for file in files]
    for doc in docs:
        if doc.path in places:
            print("LEFT", doc.path, json.dumps(doc.data))
    return [*places, *(name for name, content in contents if TRACES.search(content) or HEX.search(content))]


def test_nothing_of_a_forgotten_person_is_left_or_comes_back(company: Bundle) -> None:
    id = planted(company)
    assert {path.partition("/")[0] for path in left(company)} >= {
        "events", "alerts", "groups", "outbox", "digests", "asks", "records_customer", "records_note", "record_changes",
    }  # fmt: skip
    printed(company, "forget", "customer", id, "--yes", "--why", "Zyxora Qanary7 asked for it.")
    assert left(company) == []
