"""What an operation takes as things grow: 0 to 1,000,000 stored events, 1 to 10,000 open alerts, 10 to 10,000 flags.

Beside each size, in the same rounds: the smallest one. Events: an empty store beside full ones, of handled events, a
tenth as many alerts that are over, and as many digests; intake and routing of one event, a digest of five (the routing
of the fifth included), and the one query of routing. Open alerts: each has paged and is a group of its own; routing of
one more that pages, a minute's tick, the console's first page, the health report. Flags: one look-up and all at once
over the evaluator's handler, and reading what the build compiled. All on SQLite, in this process. With
OPOS_BENCH_EMULATOR in the environment events are stored on Firestore's emulator too: 50,000 of them.

Not fair: nobody else is beside it. A store that was just filled is warm, and its file lies in one piece. The console
and the health report show no more than a bounded part of many alerts. The emulator has no index, and looks at every
document of a collection.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from flask import Flask
from werkzeug.test import Client, TestResponse

from bench.plots import plot
from bench.result import Goal, Result, Table
from bench.serving import ROOT, SECRET, prepare
from functions.flag_evaluator.handler import handle as look_up
from opos.bundle.emulators import emulators
from opos.bundle.gateway import load_functions, push_in_process
from shared.adapters.local_bus.pump import Pump
from shared.config.files import compiled_flags as compiled
from shared.config.files.loader import load_config, load_flags
from shared.events import Tick, day, document_id, iso
from shared.ports import Create, Delete, Doc, Form, Notice, Receipt, Store
from shared.runtime import container as runtime
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from shared.services.console.sessions import begin, new_link
from shared.services.digest.queue import count_waiting
from shared.sources.senders import standard_webhooks
from shared.telemetry import setup as telemetry
from shared.values.http import HttpRequest

EVENTS, ALERTS, FLAGS = (0, 1_000, 100_000, 1_000_000), (1, 100, 10_000), (10, 100, 1_000, 10_000)
ON_EMULATOR = (0, 50_000)
QUICK = {EVENTS: (0, 100, 1_000), ALERTS: (1, 10, 100), FLAGS: (10, 100), ON_EMULATOR: (0, 100)}
ROUNDS = {EVENTS: 200, ALERTS: 40, FLAGS: 15, ON_EMULATOR: 40}
EACH = 100
"""Look-ups of one flag in a round."""
GOAL = 1.2
PLOTS = ROOT / "docs" / "benchmarks"
EVALUATE = "/ofrep/v1/evaluate/flags"
Rows = dict[str, dict[str, list[float]]]


class Nowhere:
    form: ClassVar[Form] = Form()

    def send(self, notice: Notice, key: str) -> Receipt:  # noqa: ARG002
        return Receipt("nowhere", datetime.now(UTC))

    def reach(self) -> bool:
        return False


@dataclass
class Bundle:
    runtime: Runtime
    functions: Mapping[str, Flask]
    pump: Pump
    sent: int = 0

    def accept(self, severity: str = "warning") -> TestResponse:
        self.sent += 1
        data = {"title": f"Trouble {self.sent}", "severity": severity, "id": f"n{self.sent}"}
        body = json.dumps({"type": "trouble", "data": data}).encode()
        headers = standard_webhooks.SCHEME.sign(
            body, SECRET, now=datetime.now(UTC), delivery=f"n{self.sent}", event_type=""
        )
        return self.ask("webhook_intake", "/webhooks/app", data=body, headers=headers, expected=202)

    def ask(self, function: str, path: str, *, expected: int = 200, **more: Any) -> TestResponse:
        client, method = Client(self.functions[function], use_cookies=False), "POST" if "data" in more else "GET"
        answer = client.open(path, method=method, content_type="application/json", **more)
        assert answer.status_code == expected, answer.text[:500]  # noqa: S101
        return answer

    def events_round(self) -> dict[str, float]:
        """Five events, of which the fifth closes the digest."""
        intake = sum(timed(self.accept) for _ in range(4)) / 4
        routing = timed(self.pump.drain) / 4
        self.accept()
        digest = timed(self.pump.drain)
        count = timed(lambda: count_waiting("digest", self.runtime.context()))
        return {"intake ms": intake, "routing ms": routing, "digest ms": digest, "count ms": count}

    def alerts_round(self) -> dict[str, float]:
        """The alert that is routed is taken away again: the next round has as many as this one."""
        told = self.accept("critical")
        routing = timed(self.pump.drain)
        self.forget(str((told.json or {})["id"]))
        self.runtime.bus.publish(Tick())
        tick, cookie = timed(self.pump.drain), {"cookie": f"opos_console={self.session()}"}
        page = timed(lambda: self.ask("console", "/", headers=cookie))
        report = timed(lambda: self.ask("health", "/health"))
        return {"routing ms": routing, "tick ms": tick, "console ms": page, "health ms": report}

    def forget(self, event: str) -> None:
        store = self.runtime.store
        decision = found(store, f"events/{event}").data["handled"]["alert_router"]["decisions"][0]
        assert decision["path"] == "page", decision  # noqa: S101
        alert = found(store, f"alerts/{decision['alert']}")
        group = found(store, f"groups/{alert.data['group']}")
        store.commit([Delete(alert.path, alert.version), Delete(group.path, group.version)])

    def session(self) -> str:
        context = self.runtime.context()
        return begin(new_link(context).rpartition("/")[2], "", context)


def found(store: Store, path: str) -> Doc:
    doc = store.get(path)
    assert doc is not None, path  # noqa: S101
    return doc


def timed(step: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    step()
    return (time.perf_counter() - began) * 1000


def make(stack: ExitStack, folder: Path, functions: Mapping[str, Flask], store: Store | None = None) -> Bundle:
    folder.mkdir()
    made = Runtime(Settings.from_environment(prepare(folder)), channels={"desk": Nowhere()})
    if store is not None:
        made.__dict__["store"] = store
    stack.callback(made.close)
    return Bundle(made, functions, Pump(made.local_bus, push_in_process(functions)))


def write(store: Store, docs: Iterator[Create]) -> None:
    batch: list[Create] = []
    for doc in docs:
        batch.append(doc)
        if len(batch) == 400:
            store.commit(batch)
            batch = []
    if batch:
        store.commit(batch)


def history(events: int) -> Iterator[Create]:
    start = datetime.now(UTC) - timedelta(days=365)
    for n in range(events):
        at = start + timedelta(days=365) * n / events
        id = document_id("history", str(n))
        decision = {"alert": id, "path": "digest", "reason": "warning, waits for the digest"}
        yield Create(f"events/{id}", {
            "contract": "event/1", "id": id, "source": "app", "type": "trouble", "delivery_id": str(n), "subject": "T",
            "received_at": iso(at), "day": day(at), "owner": "me@example.com", "trace": id, "headers": {},
            "body": "{}" * 100, "body_encoding": "utf-8", "body_sha256": id, "quarantine": None, "state": "handled",
            "republished": {"count": 0, "at": None},
            "handled": {"alert_router": {"at": iso(at), "decisions": [decision]}},
        })  # fmt: skip
        if n % 10 == 0:
            yield Create(f"alerts/{id}", {"state": "resolved", "severity": "warning", "count": 1, "pending": None})
            yield Create(f"digests/{id}", {"state": "sent", "due_at": None, "created_at": iso(at), "members": [id]})


def open_alerts(bundle: Bundle, count: int) -> Iterator[Create]:
    """What the router itself makes of one that pages, so many times, each under ids of its own."""
    runtime.use(bundle.runtime)
    bundle.accept("critical")
    bundle.pump.drain()
    (alert,) = bundle.runtime.store.query("alerts")
    docs = [alert, found(bundle.runtime.store, f"groups/{alert.data['group']}")]
    for n in range(count - 1):
        for doc in docs:
            path, text = doc.path, json.dumps(doc.data)
            for id in (one.id for one in docs):
                other = document_id("copy", id, str(n))
                path, text = path.replace(id, other), text.replace(id, other)
            yield Create(path, json.loads(text))


def compare(bundles: Mapping[int, Bundle], round_: Callable[[Bundle], dict[str, float]], rounds: int) -> Rows:
    rows: Rows = {f"{size:,}": {} for size in bundles}
    for number in range(rounds + 1):
        for row, bundle in zip(rows.values(), bundles.values(), strict=True):
            runtime.use(bundle.runtime)
            for measure_, took in round_(bundle).items():
                if number:  # the first one connects
                    row.setdefault(measure_, []).append(took)
    return rows


def table(title: str, rows: Rows) -> Table:
    first = next(iter(rows))
    return Table(title, rows, tuple((measure_, first) for measure_ in rows[first]))


def events(functions: Mapping[str, Flask], *, quick: bool) -> Table:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-bench-")))
        bundles = {size: make(stack, folder / str(size), functions) for size in _sizes(EVENTS, quick=quick)}
        for size, bundle in bundles.items():
            write(bundle.runtime.store, history(size))
        return table("events stored", compare(bundles, Bundle.events_round, 2 if quick else ROUNDS[EVENTS]))


def events_on_emulator(functions: Mapping[str, Flask], *, quick: bool) -> Table:
    from shared.adapters.firestore.store import connect

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-bench-")))
        address = stack.enter_context(emulators(folder)).firestore
        stores = {size: connect(f"demo-{size}", "(default)", address) for size in _sizes(ON_EMULATOR, quick=quick)}
        bundles = {size: make(stack, folder / str(size), functions, store) for size, store in stores.items()}
        for size, store in stores.items():
            write(store, history(size))
        rounds = 2 if quick else ROUNDS[ON_EMULATOR]
        return table("events on the emulator", compare(bundles, Bundle.events_round, rounds))


def alerts(functions: Mapping[str, Flask], *, quick: bool) -> Table:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-bench-")))
        bundles = {size: make(stack, folder / str(size), functions) for size in _sizes(ALERTS, quick=quick)}
        for size, bundle in bundles.items():
            write(bundle.runtime.store, open_alerts(bundle, size))
        return table("open alerts", compare(bundles, Bundle.alerts_round, 2 if quick else ROUNDS[ALERTS]))


def flags(functions: Mapping[str, Flask], *, quick: bool) -> Table:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opos-bench-")))
        bundles = {}
        for size in _sizes(FLAGS, quick=quick):
            bundles[size] = make(stack, folder / str(size), functions)
            write_flags(bundles[size].runtime.settings, size)
        return table("flags", compare(bundles, flags_round, 2 if quick else ROUNDS[FLAGS]))


def write_flags(settings: Settings, count: int) -> None:
    """And compile them, as a build does."""
    lines = (f"  flag-{n}: {{enabled: true, rollout: {n % 99 + 1}}}\n" for n in range(count))
    settings.flags.write_text("flags:\n" + "".join(lines))
    made = compiled.written(
        load_flags(settings.flags), load_config(settings.config).flags.access(), settings.flags, settings.config
    )
    compiled.place(settings.flags).write_text(made)


def flags_round(bundle: Bundle) -> dict[str, float]:
    """Each look-up is of another user. What is read at the start is thrown away."""
    context, settings = bundle.runtime.context(), bundle.runtime.settings
    count = len(bundle.runtime.watched_flags.current().definitions)
    bodies = [json.dumps({"context": {"targetingKey": f"user-{n}"}}).encode() for n in range(EACH)]
    asked = [HttpRequest("POST", f"{EVALUATE}/flag-{n % count}", body=body) for n, body in enumerate(bodies)]
    one = timed(lambda: [look_up(request, context) for request in asked]) / EACH
    bulk = timed(lambda: look_up(HttpRequest("POST", EVALUATE, body=bodies[0]), context))
    start = timed(lambda: compiled.read(settings.flags, settings.config, ""))
    return {"one us": one * 1000, "bulk us a flag": bulk * 1000 / count, "start us a flag": start * 1000 / count}


def _sizes(of: tuple[int, ...], *, quick: bool) -> tuple[int, ...]:
    return QUICK[of] if quick else of


def draw(one: Table, file: str, x_label: str, y_label: str) -> None:
    measures = next(iter(one.rows.values()))
    sizes = {row: float(row.replace(",", "")) for row in one.rows}
    series = {said(name): [(x, one.middle(row, name)) for row, x in sizes.items()] for name in measures}
    PLOTS.mkdir(parents=True, exist_ok=True)
    (PLOTS / file).write_text(plot(f"Time of an operation as {x_label} grow", series, x_label, y_label))


def said(measure_: str) -> str:
    """Without the unit, which the axis names."""
    return measure_.replace(" us a flag", ", per flag").removesuffix(" us").removesuffix(" ms")


def measure(*, quick: bool) -> Result:
    functions = load_functions()
    telemetry.configure(level="critical")
    try:
        of_events, of_alerts, of_flags = (part(functions, quick=quick) for part in (events, alerts, flags))
        more = [events_on_emulator(functions, quick=quick)] if "OPOS_BENCH_EMULATOR" in os.environ else []
    finally:
        runtime.use(None)
    if not quick:
        draw(of_events, "growth-events.svg", "stored events", "milliseconds")
        draw(of_alerts, "growth-alerts.svg", "open alerts", "milliseconds")
        draw(of_flags, "growth-flags.svg", "flags", "microseconds")
    return Result([of_events, of_alerts, of_flags, *more], goals(of_events))


def goals(of_events: Table) -> list[Goal]:
    least, *_, most = of_events.rows
    steps = ("intake ms", "routing ms", "digest ms")
    return [
        Goal(f"{step.removesuffix(' ms')} with {most} events stored / none", of_events.ratio(most, least, step), GOAL)
        for step in steps
    ]
