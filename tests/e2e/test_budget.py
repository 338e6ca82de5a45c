"""What an event costs, in the operations that Firestore bills, and which indexes its way needs."""

from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from opos.history.event_log import read_log
from shared.cost import COSTS, KIB_KEPT, TICK
from shared.ports.indexes import INDEXES, LISTS, NEWEST_FIRST
from shared.services.alerting.event_story import story
from shared.services.console.sessions import sessions
from shared.services.records.changes import changes_of
from shared.services.records.edits import edit
from shared.services.search import NO_FILTERS, open_alerts, search
from tests.support import document_weight as weighing
from tests.support import requirements as needs
from tests.support.asks import customer
from tests.support.bundle import Bundle
from tests.support.kinds import CUSTOMER, KINDS, OWNERS
from tests.support.records import ME

_numbers = count()
ALL_OF_IT = """
route: {channel: desk, interrupt_from: warning}
inhibit_rules: [{source_matchers: [alertname=Cause], target_matchers: [alertname=Effect]}]
focus: {budget: {interruptions_per_day: 100}}
"""


def cost(bundle: Bundle, *severities: str) -> Counter[str]:
    """Of troubles with these *severities*, from the webhook to the last message sent."""
    before = Counter(bundle.store.billed)
    for severity in severities:
        assert bundle.trouble(f"t{next(_numbers)}", severity=severity).status == 202
        bundle.settle()
    return bundle.store.billed - before


def test_a_critical_event_costs_at_most_6_writes_and_4_reads_to_its_first_page(bundle: Bundle) -> None:
    billed = cost(bundle, "critical")
    assert len(bundle.pages()) == 1
    assert billed == COSTS["critical"]
    assert billed["writes"] <= 6
    assert billed["reads"] <= 4


def test_a_non_critical_event_costs_at_most_4_writes_and_3_reads_digest_included_and_the_digest_2_writes_more(
    bundle: Bundle,
) -> None:
    first = cost(bundle, *["warning"] * 5)
    bundle.clock.advance(minutes=1)
    second, third = cost(bundle, *["warning"] * 5), cost(bundle, *["warning"] * 5)
    assert len(bundle.inbox.sent) == 3
    assert third - second == Counter(reads=1)  # of the other digest within its minute
    a_count = Counter(reads=1)  # that a process makes at its first item, since it knows of no others yet
    assert first - second == COSTS["overview"] + a_count
    own = Counter({name: (second[name] - COSTS["digest"][name]) / 5 for name in second})
    assert own == COSTS["event"]
    assert own["writes"] <= 4
    assert third["reads"] / 5 <= 3
    assert COSTS["digest"] == {"writes": 2, "reads": 4}


def test_each_item_of_a_digest_costs_one_write_and_one_read(bundle: Bundle) -> None:
    """From the tick that finds it due to the receipt, whatever its size."""
    bundle.configure("\ndigest: {channel: inbox, window: 5m}\n")
    seen = []
    bundle.tick(minutes=1)
    for items in (1, 3, 40):
        for _ in range(items):
            bundle.trouble(f"t{next(_numbers)}", severity="warning")
        bundle.settle()
        before = Counter(bundle.store.billed)
        bundle.tick(minutes=5)
        seen.append((items, bundle.store.billed - before))
    assert [len(bundle.doc(doc.path)["members"]) for doc in bundle.docs("digests")].count(40) == 1
    _, (few, of_few), (many, of_many) = seen
    assert {name: of_many[name] - of_few[name] for name in of_many} == {"writes": many - few, "reads": many - few}


def test_a_duplicate_writes_nothing_and_reads_the_event_once(bundle: Bundle) -> None:
    """Only to see whether its first attempt was cut off before it published; one file for store and bus needs no look."""
    bundle.trouble("disk", delivery="d1")
    bundle.settle()
    before = Counter(bundle.store.billed)
    bundle.trouble("disk", delivery="d1")
    assert bundle.store.billed - before == Counter(reads=1)


def test_a_ping_costs_2_writes_and_1_read(bundle: Bundle) -> None:
    before = Counter(bundle.store.billed)
    assert bundle.request("POST", "/webhooks/ping/backup/start", b"output").status == 200
    assert bundle.store.billed - before == Counter(writes=2, reads=1)


def test_a_minute_in_which_nothing_happens_costs_a_few_reads(bundle: Bundle) -> None:
    bundle.tick(minutes=1)  # it also does what is done once, or once an hour
    before = Counter(bundle.store.billed)
    bundle.tick(minutes=1)
    assert bundle.store.billed - before == TICK


@needs.octokit
def test_what_is_kept_of_an_event_weighs_what_the_bill_says(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path)
    bundle.start()
    try:
        seen, body = weighing.payloads(bundle), weighing.github()["body as kept"]
    finally:
        bundle.stop()
    event = sum(seen[part] for part in weighing.BESIDE_THE_BODY)
    page = seen["a page, its group included"]
    found = {"event": event + body, "digest": seen["a digest"], "critical": event + body + page}
    assert found == pytest.approx(KIB_KEPT, abs=0.05)


def propose(bundle: Bundle) -> None:
    """An edit of the operator becomes an ask."""
    bundle.runtime.__dict__["kinds"] = KINDS
    context: Any = bundle.runtime.context()
    record = customer(context)
    assert edit(CUSTOMER, record, {"name": "Ada L."}, ME, OWNERS, context).ask
    assert changes_of(record, context)


def test_every_declared_index_is_used_and_every_query_has_one(bundle: Bundle) -> None:
    """CountingStore refuses a query without an index; here the whole surface is walked, so that none is left over."""
    cost(bundle, "critical", *["warning"] * 5)
    bundle.send("app", b"not json")
    bundle.tick(minutes=6)
    bundle.settle()
    bundle.request("GET", "/health")
    bundle.request("GET", "/", headers=bundle.signed_in())
    assert sessions(bundle.runtime.context())
    (event, *_) = bundle.docs("events")
    story(bundle.store, event)
    bundle.request("GET", urlsplit(bundle.desk.sent[0][1].ack_url).path)
    bundle.configure(ALL_OF_IT)
    bundle.trouble("loud", severity="warning")
    bundle.settle()
    bundle.trouble("disk")
    bundle.settle()
    bundle.trouble("disk", status="resolved")
    bundle.settle()
    assert list(read_log(bundle.store, since=bundle.clock.now() - timedelta(hours=1), until=bundle.clock.now()))
    bundle.configure("status: {title: Shop}\n")
    assert bundle.request("GET", "/status").status == 200
    assert open_alerts(NO_FILTERS, bundle.runtime.context()).total
    assert search("disk", bundle.runtime.context()).hits
    page = f"/console/alert/{bundle.docs('alerts')[0].id}"
    assert bundle.request("GET", page, headers=bundle.signed_in()).status == 200
    propose(bundle)
    assert bundle.store.queries == {*INDEXES, *LISTS}
    assert bundle.store.backwards == NEWEST_FIRST
