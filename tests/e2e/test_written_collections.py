"""Each function writes the collections and publishes to the topics that its row declares.

The tests run all functions, each as its own process would.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from opos.bundle.gateway import WSGI, load_functions
from shared.adapters.local_bus import bus as local_bus
from shared.adapters.local_bus.bus import LocalBus
from shared.adapters.sqlite import store as sqlite_store
from shared.adapters.sqlite.store import apply_all
from shared.errors import DeliveryError
from shared.events import Message, iso
from shared.ports import Create, Update, Write
from shared.ports.topology import FUNCTIONS, PROBES, ROWS
from shared.records.kind import collection_of
from shared.runtime import container
from shared.runtime.container import Runtime
from shared.services.asks.asks import open_ask
from shared.services.records.forgetting import forget
from shared.services.records.person import Subject
from shared.services.records.record import kind_named
from tests.e2e.test_console_events import press
from tests.support.asks import question
from tests.support.bundle import Bundle
from tests.support.company import RECORDS
from tests.support.console import link_path
from tests.support.fed import customer, stripe
from tests.support.push_service import KEY, push_service
from tests.support.records import ME

Written = dict[str, set[str]]
"""What each function used: its collections, or its topics."""


@pytest.fixture
def observed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Bundle, Written, Written]]:
    """A bundle whose functions each have a runtime of their own, the collections that each writes, and its topics."""
    bundle, serving = Bundle(tmp_path), [""]
    written, published = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    runtimes: dict[str, Runtime] = {}

    def serve(name: str, application: WSGI) -> WSGI:
        def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            runtimes.setdefault(name, _like(bundle.runtime))
            container.use(runtimes[name])
            serving[0] = name
            try:
                return list(application(environ, start_response))
            finally:
                _report(runtimes[name])
                serving[0] = ""

        return answer

    def wrote(collections: set[str]) -> None:
        written[serving[0]] |= {name for name in collections if not name.startswith(collection_of(""))}

    def said(topic: str) -> None:
        published[serving[0]].add(topic)

    monkeypatch.setattr(LocalBus, "_row", publishing(LocalBus._row, said))
    monkeypatch.setattr(LocalBus, "ping", pinging(LocalBus.ping, said))
    for module in (sqlite_store, local_bus):
        monkeypatch.setattr(module, "apply_all", noting(apply_all, wrote))
    functions: dict[str, Any] = {name: serve(name, application) for name, application in load_functions().items()}
    monkeypatch.setattr("tests.support.bundle.loaded_functions", lambda: functions)
    bundle.start()
    yield bundle, written, published
    for runtime in runtimes.values():
        runtime.close()
    bundle.stop()


def noting(original: Callable[..., Any], note: Callable[[set[str]], None]) -> Callable[..., Any]:
    """*original*, which applies the writes of a commit of the store or the bus."""

    def call(db: Any, writes: Sequence[Write], version: int) -> None:
        original(db, writes, version)
        note({write.path.partition("/")[0] for write in writes})

    return call


def publishing(original: Callable[..., Any], note: Callable[[str], None]) -> Callable[..., Any]:
    """*original*, which makes the row of a message."""

    def call(self: Any, message: Message, *given: Any, **more: Any) -> Any:
        note(message.topic)
        return original(self, message, *given, **more)

    return call


def pinging(original: Callable[..., Any], note: Callable[[str], None]) -> Callable[..., Any]:
    def call(self: Any) -> Any:
        note(PROBES)
        return original(self)

    return call


def _like(runtime: Runtime) -> Runtime:
    return Runtime(runtime.settings, clock=runtime.clock, channels=dict(runtime.channels))


def _report(runtime: Runtime) -> None:
    """Write what the function has counted, as its process does each minute."""
    for reporter in (runtime.__dict__.get(name) for name in ("usage", "indicators")):
        if reporter:
            reporter.reporting.wait()
            reporter.report(runtime.clock.now())


CHANNELS = """
channels: {desk: {console: true}, inbox: {console: true}, phone: {webpush: VAPID_KEY}}
route: {channel: desk, routes: [{matchers: [source=alertmanager], channel: phone, digest: pushed}]}
digest: {all: {channel: inbox, window: 5m, size: 5}, pushed: {channel: phone, window: 5m, size: 5}}
"""


def run_everything(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a function may write: alerts and digests, heartbeats, stuck messages, flags, and a person's actions."""
    bundle.runtime.settings.environment["VAPID_KEY"] = KEY  # type: ignore[index]
    bundle.configure(f"\nheartbeats: {{backup: {{every: 1h, grace: 5m}}}}{CHANNELS}")
    _alerts_and_digests(bundle)
    _a_digest_is_given_up(bundle)
    _a_person_acts(bundle)
    _a_severity_rises(bundle)
    for _ in range(3):
        bundle.request("GET", "/flags/quarter?targetingKey=ada")
        bundle.request("GET", "/health")
        bundle.request("POST", "/webhooks/ping/backup")
        bundle.request("POST", "/webhooks/github", b"rejected")
        bundle.tick(minutes=2)
    bundle.tick(days=2)  # the heartbeat is missed
    bundle.tick(days=6)  # a review is due
    _a_device_subscribes(bundle)
    _the_clock_is_set_back(bundle)
    _records_are_fed(bundle)
    _a_customer_is_forgotten(bundle)
    _a_dead_letter(bundle, monkeypatch)
    _the_operator_mends(bundle)


def _records_are_fed(bundle: Bundle) -> None:
    """Once `company/` can be loaded. One value does not fit, and one change is not announced."""
    file = bundle.folder / "company/records.py"
    file.parent.mkdir()
    file.write_text("unheard\n")
    bundle.send("stripe", stripe("customer.updated", customer(name=["Ada"])))
    bundle.settle()
    file.write_text(RECORDS)
    bundle.tick(minutes=1)
    (change,) = bundle.docs("record_changes")
    bundle.runtime.store.commit([Update(change.path, {"due_at": iso(bundle.clock.now())}, change.version)])
    bundle.tick(minutes=1)
    assert bundle.doc(change.path)["due_at"] is None
    _a_source_says_other_than_the_operator(bundle)


def _a_source_says_other_than_the_operator(bundle: Bundle) -> None:
    """The operator makes a record and asks for another name of one; then its owner says a third."""
    operator, (ada,) = bundle.signed_in(), bundle.docs("records_customer")
    edit, new = f"/console/record/customer/{ada.id}/edit", "/console/records/customer/new"
    for page, name in ((edit, "Ada L."), (new, "Grace&v.email=grace%40example.com")):
        token = bundle.request("GET", page, headers=operator).text.partition('name="csrf" value="')[2].partition('"')[0]
        form = f"csrf={token}&n={ada.data['n']}&v.name={name}"
        assert bundle.request("POST", page, form.encode(), operator).status == 303
    said = stripe("customer.updated", customer(name="Ada O."), id="evt_2", created=1795161700)
    bundle.send("stripe", said)
    bundle.settle()
    assert len(bundle.docs("asks")) > 1


def _a_customer_is_forgotten(bundle: Bundle) -> None:
    """And comes back, in an event that the router has made an alert of."""
    context = bundle.runtime.context()
    ids = tuple(doc.id for doc in bundle.docs("records_customer"))
    list(forget(Subject(kind_named("customer", context), ids), ME, context))
    lost = {"id": "sub_1", "object": "subscription", "customer": customer()["id"]}
    bundle.send("stripe", stripe("customer.subscription.deleted", lost, id="evt_3"))
    bundle.settle()


def _the_operator_mends(bundle: Bundle) -> None:
    """The console sends what was not delivered, and replays what failed."""
    signed_in = bundle.request("POST", link_path(bundle.runtime.context()))
    cookie = {"cookie": signed_in.headers["set-cookie"].partition(";")[0]}
    letter = bundle.docs("dead_letters")[0]
    digest = next(doc for doc in bundle.docs("digests") if doc.data["state"] in {"failed", "parked"})
    for path, action in (
        (f"/console/message/{digest.id}", "/send"),
        (f"/console/event/{letter.data['event']}?replay=1", "/replay"),
    ):
        page = bundle.request("GET", path, headers=cookie)
        assert press(bundle, page, action, cookie).status == 303


def _the_clock_is_set_back(bundle: Bundle) -> None:
    """What a person chose by the clock that was ahead ends as much earlier."""
    now, end = iso(bundle.clock.now()), iso(bundle.clock.now() + timedelta(hours=1))
    silence = {
        "matchers": ['a="b"'],
        "author": "me",
        "comment": "",
        "created_at": now,
        "starts_at": now,
        "ends_at": end,
    }
    focus = {"name": "focus", "begins_at": now, "ends_at": end}
    override = {"variant": "off", "who": "me", "why": "", "at": now, "until": end}
    chosen = {"silences/s": silence, "focus/f": focus, "overrides/nobody": override}
    bundle.runtime.store.commit([Create(path, data) for path, data in chosen.items()])
    bundle.tick(hours=-6)
    assert {bundle.doc(path)[name] for path, name in (("silences/s", "ends_at"), ("focus/f", "ends_at"))} == {
        iso(bundle.clock.now() + timedelta(minutes=59))
    }


def _alerts_and_digests(bundle: Bundle) -> None:
    """The first digest is not delivered, so the sweeper sends it."""
    bundle.inbox.faults.append(DeliveryError("unreachable"))
    bundle.trouble("disk")
    bundle.trouble("cpu")
    bundle.send("github", {"zen": "x"}, event_type="ping")
    for number in range(6):
        bundle.trouble(f"w{number}", severity="warning")
        bundle.settle()
        bundle.clock.advance(seconds=40)
    bundle.tick(minutes=10)


def _a_digest_is_given_up(bundle: Bundle) -> None:
    """So the channel that is left gets a message."""
    bundle.inbox.faults += [DeliveryError("rejected", permanent=True)] * 2
    bundle.trouble("w9", severity="warning")
    bundle.settle()
    bundle.tick(minutes=10)


def _a_severity_rises(bundle: Bundle) -> None:
    for severity in ("warning", "critical"):
        bundle.trouble("rising", severity=severity)
        bundle.settle()
        bundle.clock.advance(seconds=40)


def _a_person_acts(bundle: Bundle) -> None:
    until = bundle.clock.now() + timedelta(hours=1)
    silence = bundle.runtime.links.token("silence", {"matchers": ['alertname="x"']}, expires=until)
    digest = bundle.runtime.links.token("unsubscribe", {"digest": "daily"}, expires=until)
    acknowledge, resolve = (page.ack_url.removeprefix("http://127.0.0.1:8080") for _, page in bundle.desk.sent[:2])
    bundle.request("POST", link_path(bundle.runtime.context()))
    for path, form in (
        (acknowledge, b""),
        (f"{resolve}/resolve", b""),
        (f"/silence/{silence}", b"for=1h&comment=known"),
        (f"/unsubscribe/{digest}", b""),
    ):
        assert bundle.request("POST", path, form).status == 200
    _the_operator_acts(bundle)


def _the_operator_acts(bundle: Bundle) -> None:
    """The forms of the console that carry the token of a session. What they set ends before the rest is observed."""
    operator = bundle.signed_in()
    id, ask = question(bundle.runtime.context())
    assert open_ask(id, ask, bundle.runtime.context())
    page = bundle.request("GET", f"/console/ask/{id}", headers=operator)
    assert press(bundle, page, "/answer/deny", operator).status == 303
    for page, path, form in (
        ("/console/settings", "/console/settings/focus", "for=1h"),
        ("/console/settings", "/console/settings/focus/end", ""),
        (
            "/console/flags?override=quarter",
            "/console/flags/override",
            "flag=quarter&variant=off&for=1h&why=test&version=",
        ),
    ):
        token = bundle.request("GET", page, headers=operator).text.partition('name="csrf" value="')[2].partition('"')[0]
        assert bundle.request("POST", path, f"csrf={token}&{form}".encode(), operator).status == 303


def _a_device_subscribes(bundle: Bundle) -> None:
    """Then the router, the sweeper and the digest sender each note what became of a message to it."""
    to = bundle.runtime.links.token("device", {"device": "new"}, expires=bundle.clock.now() + timedelta(hours=1))
    with push_service(bundle.clock) as service:
        bundle.runtime.settings.environment["OPOS_LOCAL_PUSH_SERVICE"] = service.address  # type: ignore[index]
        phone = service.subscribe()
        subscription = json.dumps(phone.subscription).encode()
        assert bundle.request("POST", f"/devices/{to}", subscription, bundle.signed_in()).status == 201
        phone.answers += [(500 + number % 4, {}) for number in range(200)]  # no two in a row are the same fault
        for name, severity in (("page", "critical"), ("item", "warning")):
            labels = {"alertname": name, "severity": severity}
            alerts = [{"status": "firing", "labels": labels, "annotations": {}, "fingerprint": name}]
            bundle.send("alertmanager", {"version": "4", "status": "firing", "alerts": alerts}, delivery=name)
            bundle.settle()
            bundle.tick(minutes=2)
        bundle.tick(minutes=10)


def _a_dead_letter(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """The router handles none of its messages any more."""
    real = bundle.pump.push
    monkeypatch.setattr(bundle.pump, "push", lambda name, *rest: 500 if name == "alert_router" else real(name, *rest))
    bundle.trouble("lost")
    for _ in range(8):
        bundle.tick(minutes=10)


def test_each_function_writes_the_collections_that_it_declares_and_publishes_to_no_other_topics(
    observed: tuple[Bundle, Written, Written], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, written, published = observed
    run_everything(bundle, monkeypatch)
    declared = {row.name: set(row.writes) for row in ROWS}
    assert {name: written[name] - declared[name] for name in FUNCTIONS if written[name] - declared[name]} == {}
    assert {name: declared[name] - written[name] for name in FUNCTIONS if declared[name] - written[name]} == {}
    topics = {row.name: set(row.publishes) for row in ROWS}
    assert {name: published[name] - topics[name] for name in FUNCTIONS if published[name] - topics[name]} == {}
    assert {PROBES, "events"} <= published["sweeper"]
