"""What stays on the list of what is wrong until somebody decides: sent again, or let go."""

import pytest

from shared.errors import DeliveryError
from shared.events import iso
from shared.ports import Create
from shared.services.outbox.message import key_of
from tests.support.bundle import Bundle
from tests.support.commands import opos


def run(bundle: Bundle, *words: str, expected: int = 0) -> str:
    done = opos(*words, *bundle.place, folder=bundle.folder)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


def refused(bundle: Bundle) -> str:
    bundle.desk.faults += [DeliveryError("rejected", permanent=True)] * 2
    bundle.trouble("disk")
    bundle.settle()
    (doc,) = bundle.docs("outbox")
    assert doc.data["state"] == "failed"
    return doc.id


def test_a_page_that_was_refused_is_sent_again_once_the_channel_is_mended(bundle: Bundle) -> None:
    id = refused(bundle)
    assert run(bundle, "retry") == "The next sweep sends 1 message again, to desk.\n"
    bundle.clock.moment = bundle.clock.moment.replace(year=2027)
    bundle.tick(minutes=1)
    assert bundle.doc(f"outbox/{id}")["state"] == "sent"
    (doc,) = [doc for doc in bundle.docs("outbox") if doc.id == id]
    assert [key for key, _ in bundle.desk.sent].count(key_of(doc)) == 1
    assert run(bundle, "retry") == "Nothing to send again.\n"
    assert "there is nothing to send again" in run(bundle, "retry", id, expected=1)


@pytest.mark.parametrize("collection", ["outbox", "events", "dead_letters"])
def test_what_is_let_go_is_off_the_list_and_says_why(bundle: Bundle, collection: str) -> None:
    if collection == "outbox":
        id = refused(bundle)
    elif collection == "events":
        bundle.send("app", {"type": "x", "data": {"severity": "critical"}})
        bundle.settle()
        (id,) = [doc.id for doc in bundle.docs("events") if doc.data["quarantine"]]
    else:
        id = "letter"
        letter = {"subscription": "digest-sender", "attempts": 5, "event": None, "data": "{}"}
        bundle.store.commit([Create("dead_letters/letter", {**letter, "received_at": iso(bundle.clock.now())})])
    before = bundle.request("GET", "/health").json["checks"]
    assert sum(one["observedValue"] for name in LISTED for one in before[name]) == 1
    run(bundle, "dismiss", id[:8], "--why", "seen")
    after = bundle.request("GET", "/health").json["checks"]
    assert sum(one["observedValue"] for name in LISTED for one in after[name]) == 0
    if collection != "dead_letters":
        assert bundle.doc(f"{collection}/{id}")["dismissed"]["why"] == "seen"
    run(bundle, "dismiss", id[:8], "--why", "again", expected=1)


LISTED = ("events:quarantined", "messages:dead", "outbox:failed")
