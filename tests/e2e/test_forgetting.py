"""`opos records forget`: planted canaries are gone from every place, stay gone, and nothing else is lost."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.ports.indexes import COLLECTIONS
from shared.records.change import Actor, Cause
from shared.records.history import folded, versions
from shared.records.identity import FORGOTTEN
from shared.records.ownership import Owners
from shared.services.records.changes import changes_of
from shared.services.records.edits import edit, set_state
from shared.services.records.merge import merge
from shared.services.records.record import kind_named, stored
from tests.support.bundle import Bundle
from tests.support.project import ROOT
from tests.support.record_commands import called, declare, made, printed, run
from tests.support.records import ME

pytestmark = pytest.mark.slow
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


def speaking(bundle: Bundle) -> list[str]:
    """The documents that have a canary."""
    names = [*COLLECTIONS, *(kind.collection for kind in bundle.runtime.kinds.values())]
    docs = [doc for name in names for doc in bundle.docs(name)]
    return [doc.path for doc in docs if TRACES.search(json.dumps([doc.path, doc.data]).encode())]


def bytes_with_canaries(bundle: Bundle) -> list[str]:
    """The files of the data folder that have a canary, as text or as the full-text index spells it."""
    files = [] if bundle.firestore else bundle.folder.glob("opos.db*")  # elsewhere, the file is only that of the bus
    contents = [(file.name, file.read_bytes()) for file in files]
    return [name for name, content in contents if TRACES.search(content) or HEX.search(content)]


def test_nothing_of_a_forgotten_person_is_left_or_comes_back(company: Bundle) -> None:
    id = planted(company)
    assert {path.partition("/")[0] for path in speaking(company)} == {
        "events", "alerts", "groups", "outbox", "digests", "asks", "records_customer", "records_note", "record_changes",
    }  # fmt: skip
    pages = company.pages()
    printed(company, "forget", "customer", id, "--yes", "--why", f"{CANARIES['name']} asked for it.")
    assert (speaking(company), bytes_with_canaries(company)) == ([], [])
    for number in (1, 77):  # the same delivery, and the same words in another one
        company.send("stripe", stripe(number, "customer.created", **CUSTOMER))
    company.settle()
    events = {doc.data["delivery_id"]: doc for doc in company.docs("events")}
    assert not [event for event in ("evt_1", "evt_77") if not events[event].data["forgotten_at"]]
    named = run(company, "replay", events["evt_77"].id)
    assert (named.exit_code, "was forgotten on" in named.stderr) == (1, True)
    if not company.firestore:  # where the test has no topics of Pub/Sub
        assert run(company, "replay", "--since", "1d", "--yes").exit_code == 0
    company.settle()
    assert speaking(company) == []
    assert company.pages()[: len(pages)] == pages
    company.tick(minutes=40)
    assert "Trouble disk" in company.pages()[len(pages) :]


def test_the_history_of_a_forgotten_record_still_adds_up(company: Bundle) -> None:
    id = planted(company)
    before = changes_of(id, company.runtime.context())
    printed(company, "forget", "customer", id, "--yes")
    context = company.runtime.context()
    kept, changes = stored(kind_named("customer", context), id, context), changes_of(id, context)
    assert kept is not None
    assert [change["at"] for change in changes[:-1]] == [change["at"] for change in before]
    assert next(versions(changes)).fields >= {"name", "email", "stripe_id"}
    assert folded(changes) == kept.body
    assert kept.body["values"] == {"country": "DE", "tags": [FORGOTTEN]}
    assert "  forgotten\n" in printed(company, "history", "customer", id[:8])
    assert "name: (unset) -> [forgotten]" in printed(company, "history", "customer", id[:8])
    printed(company, "rebuild", "--check")
    for command in ("restore", "delete"):
        assert "was forgotten on" in called(company, command, "customer", id).stderr


def test_every_page_still_shows_what_is_left(company: Bundle) -> None:
    id = planted(company)
    printed(company, "forget", "customer", id, "--yes")
    operator = company.signed_in()
    named = {"event": "events", "alert": "alerts", "message": "outbox", "ask": "asks"}
    paths = [f"/console/{page}/{doc.id}" for page, name in named.items() for doc in company.docs(name)]
    for path in [*paths, "/", "/review", "/console/alerts", "/console/events", f"/console/record/customer/{id}"]:
        page = company.request("GET", path, headers=operator)
        assert (page.status, TRACES.search(page.text.encode())) == (200, None), path
    assert "forgotten" in page.text
    assert "Restore" not in page.text
    for command in (
        ["alerts"],
        ["events"],
        ["asks", "show", company.docs("asks")[0].id],
        ["trace", company.docs("events")[0].id],
    ):
        shown = run(company, *command)
        assert (shown.exit_code, TRACES.search(shown.output.encode())) == (0, None), shown.output


def test_a_forgotten_key_is_free_only_if_you_say_so(company: Bundle) -> None:
    id = planted(company)
    printed(company, "forget", "customer", id, "--yes")
    words = ["customer", f"name={CANARIES['name']}", f"email={CANARIES['email'].upper()}"]
    refused = called(company, "new", *words)
    assert (refused.exit_code, "found that this email was forgotten on" in refused.stderr) == (1, True)
    rows = company.folder / "rows.csv"
    rows.write_text(f"name,email\nSomebody,{CANARIES['email']}\nGrace,grace@example.com\n")
    imported = printed(company, "import", "customer", str(rows))
    assert "line 2" in imported
    assert "it was forgotten on" in imported
    assert speaking(company) == []
    printed(company, "new", *words, "--allow-forgotten")
    company.send("stripe", stripe(78, "customer.updated", **{**CUSTOMER, "id": "cus_other"}))
    company.settle()
    assert "stripe_id: cus_other" in printed(company, "show", "customer", CANARIES["email"])


def test_a_dry_run_says_what_would_go_and_changes_nothing(company: Bundle) -> None:
    id = planted(company)
    known = speaking(company)
    said = printed(company, "forget", "customer", CANARIES["email"], "--dry-run")
    assert f"customer {id[:8]}  {CANARIES['name']}\n  and 1 record that was merged into it\n" in said
    assert "  events: 3\n" in said
    assert f"    {CANARIES['email']}\n" in said
    assert said.endswith("Nothing was changed.\n")
    assert speaking(company) == known
    assert called(company, "forget", "customer", id, given="n\n").exit_code != 0
    assert speaking(company) == known


def test_a_kind_says_for_how_many_days_a_deleted_record_is_kept(embedded: Bundle) -> None:
    text = (ROOT / "company/records.py").read_text()
    declare(embedded.folder, only=text.replace('kind="customer",', 'kind="customer", keep_days=30,'))
    now = embedded.clock.moment = datetime.now(UTC)
    ids = []
    for days, name in ((31, "Zyxora Old"), (29, "Zyxora New"), (0, "Zyxora Live")):
        embedded.clock.moment = now - timedelta(days=days)
        ids.append(made(embedded, "customer", {"name": name}))
        if days:
            set_state(embedded.runtime.kinds["customer"], ids[-1], "deleted", ME, embedded.runtime.context())
    embedded.clock.moment = now
    printed(embedded, "forget", "customer", "--expired", "--yes", "--leave", "Zyxora Live")
    states = [json.loads(printed(embedded, "show", "customer", id, "--json"))["title"] for id in ids]
    assert states == [FORGOTTEN, "Zyxora New", "Zyxora Live"]
    assert printed(embedded, "forget", "customer", "--expired", "--yes") == "No customer is to be forgotten.\n"
