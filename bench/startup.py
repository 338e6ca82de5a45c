"""Process start to the first answer, and memory then, of each function beside a bare one, and what its imports cost.

Each is asked for the work that it is there for, and must answer as one who has done it: a signed webhook is accepted,
an event that is in the store is decided and written down, a digest that is due is sent, the console shows itself to the
operator. RSS is of the process that serves; PSS is of all the function's processes, with what they share counted once.
The functions have what requirements.txt names and nothing else, as in the image: structlog would import rich where a
developer's tools brought it along.

Imports are those until the first answer, in a run of their own (`python -X importtime`, which slows them down). What a
module does while it is imported is its own: so the models that pydantic builds count for `shared`. Where Google's
emulators are installed, the same again on Firestore and Pub/Sub, as deployed, beside a bare function that imports their
clients and makes one read.

Not fair: the bare function reads nothing, keeps nothing and answers two letters. The health that is held to a goal is
/livez; its report, which asks the store, stands below it. SQLite is on this machine, and so are the emulators: what the
network adds in the cloud, and what the platform adds before a process is started, is not in here.
"""

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from structlog.testing import capture_logs

from bench.imports import Cost, costs, logging_imports, table
from bench.peers import Missing, pypi
from bench.result import Goal, Result, Table
from bench.rivals.group import memory_mib
from bench.serving import ROOT, SECRET, Server, main_of, prepare, push, running
from functions.alert_router.handler import handle as route
from functions.console.access import COOKIE
from opos.bundle.emulators import Emulators, emulators, missing
from opos.bundle.ports import free_port
from shared.events import Alert, DigestDue, EventAccepted, Message, Tick
from shared.ports.topology import TOPICS
from shared.runtime.container import Runtime
from shared.runtime.settings import SIGNING_KEY, Settings
from shared.services.console.sessions import begin, new_link
from shared.services.intake.acceptance import announcement, keep, own_event
from shared.sources.senders import standard_webhooks

ROUNDS, IMPORT_ROUNDS = 5, 3
BARE, MS = "bare", "ms"
GOALS = {
    "health": 1.25, "flag_evaluator": 1.25, "webhook_intake": 1.6,
    "console": 2.0, "sweeper": 2.0, "digest_sender": 2.0, "alert_router": 2.0,
}  # fmt: skip
CLOUD_BARE = """
import os

import functions_framework
from google.cloud import firestore, pubsub_v1


@functions_framework.http
def hello(_request):
    firestore.Client(project=os.environ["GOOGLE_CLOUD_PROJECT"]).document("probes/bare").get()
    return "OK"
"""
Measured = dict[str, float]
Rows = dict[str, dict[str, list[float]]]
Making = Callable[[Runtime], "Work"]
"""Makes the store ready for the work, and says what it is."""


@dataclass(frozen=True)
class Site:
    """By which Python functions are started, beside which bare one, and in which environment, given their folder."""

    python: Path
    bare: Path
    environment: Callable[[Path], dict[str, str]]


@dataclass(frozen=True)
class Work:
    """What a function is asked, and the status with which it answers when it has done it."""

    method: str
    path: str
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class AnHourAgo:
    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(hours=1)


def pushed(message: Message) -> Work:
    body = push(message.to_doc())
    return Work("POST", f"/projects/local/topics/{message.topic}", 200, body, {"content-type": "application/json"})


def webhook(runtime: Runtime) -> Work:
    body = b'{"type": "trouble", "data": {"title": "Disk full", "severity": "warning", "id": "disk"}}'
    delivery, now = runtime.new_id(), datetime.now(UTC)
    signed = standard_webhooks.SCHEME.sign(body, SECRET, now=now, delivery=delivery, event_type="")
    return Work("POST", "/webhooks/app", 202, body, {"content-type": "application/json", **signed})


def accepted(runtime: Runtime, severity: str) -> EventAccepted:
    """The message of an event that is in the store, and that nobody has handled yet."""
    context = runtime.context()
    signal = Alert(fingerprint=context.new_id(), title="Disk full", severity=severity)
    event = own_event(signal, "trouble", delivery_id=signal.fingerprint, context=context)
    kept = keep(event)
    return announcement(event, (signal,), version=context.store.commit([kept])[kept.path])


def digest(runtime: Runtime) -> Work:
    """One item waits, and its window is over."""
    earlier = Runtime(runtime.settings, clock=AnHourAgo())
    route(accepted(earlier, "warning"), earlier.context())
    earlier.close()
    return pushed(DigestDue(queue="digest", reason="window"))


def console(runtime: Runtime) -> Work:
    context = runtime.context()
    session = begin(new_link(context).rpartition("/")[2], "", context)
    return Work("GET", "/", headers={"cookie": f"{COOKIE}={session}"})


WORKS: dict[str, Making] = {
    BARE: lambda _: Work("GET", "/"),
    "health": lambda _: Work("GET", "/livez"),
    "flag_evaluator": lambda _: Work("GET", "/flags?targetingKey=u1"),
    "webhook_intake": webhook,
    "console": console,
    "sweeper": lambda _: pushed(Tick()),
    "digest_sender": digest,
    "alert_router": lambda runtime: pushed(accepted(runtime, "warning")),
}
MORE: dict[str, Making] = {
    "health: its report": lambda _: Work("GET", "/health"),
    "alert_router: a page": lambda runtime: pushed(accepted(runtime, "critical")),
}


QUICK = (BARE, "health", "flag_evaluator", "webhook_intake", "alert_router")


def measure(*, quick: bool) -> Result:
    works = {name: WORKS[name] for name in QUICK} if quick else WORKS | MORE
    with ExitStack() as stack:
        stack.enter_context(capture_logs())  # of what is made ready for the functions
        python, lacking = (Path(sys.executable), {}) if quick else deployed_python()
        site = Site(python, Path(__file__).with_name("hello.py"), prepare)
        rows = rounds(works, site, 2 if quick else ROUNDS, warm=not quick)
        found = Table("first answer after", rows, ((MS, BARE), ("RSS MiB", BARE)))
        imports = [imported(name, site, 1 if quick else IMPORT_ROUNDS) for name in ([BARE] if quick else WORKS)]
        cloud, without = in_the_cloud(stack, python, quick=quick)
    limits = {name: limit for name, limit in GOALS.items() if name in rows}
    goals = [Goal(f"{name} / {BARE}, ms", found.ratio(name, BARE, MS), limit) for name, limit in limits.items()]
    notes = ["a quick run has the developer's packages too"] if quick else []
    return Result([found, *cloud, *imports], goals, lacking | without, notes=notes)


def deployed_python() -> tuple[Path, dict[str, str]]:
    """That of an environment with what requirements.txt names; ours, where there can be none."""
    needed = ROOT / "requirements.txt"
    name = f"deployed-{hashlib.sha256(needed.read_bytes()).hexdigest()[:8]}"
    try:
        return pypi(name, ["-r", str(needed)], [])
    except Missing as fault:
        return Path(sys.executable), {"only what is deployed (found: the developer's packages too)": str(fault)}


def rounds(works: Mapping[str, Making], site: Site, count: int, *, warm: bool) -> Rows:
    """The first round writes the bytecode: where it is *warm*, it does not count."""
    found: Rows = {name: {} for name in works}
    for number in range(count + warm):
        for name, work in works.items():
            with started(name, work, site) as (server, request):
                measured = first_answer(server, request)
            for measure_, value in measured.items() if number >= warm else ():
                found[name].setdefault(measure_, []).append(value)
    return found


@contextmanager
def started(name: str, work: Making, site: Site, log: Path | None = None) -> Iterator[tuple[Server, Work]]:
    """The function of the row *name* on a store of its own, with what it is to be asked; imports are told in *log*."""
    with tempfile.TemporaryDirectory() as folder:
        named = site.environment(Path(folder)) | {"PYTHONPATH": str(ROOT)}
        request, port = made_ready(work, named), free_port()
        command = serving(name.partition(":")[0], site, port)
        if log:
            command, named = logging_imports(command, str(log)), {**named, "PYTHONPROFILEIMPORTTIME": "1"}
        with running(command, named, port) as server:
            yield server, request


def serving(function: str, site: Site, port: int) -> list[str]:
    target, source = ("hello", site.bare) if function == BARE else (function, main_of(function))
    program = str(site.python.with_name("functions-framework"))
    return [program, "--target", target, "--source", str(source), "--host", "127.0.0.1", "--port", str(port)]


def made_ready(work: Making, named: Mapping[str, str]) -> Work:
    """The store is there before the function is, as in the cloud."""
    runtime = Runtime(Settings.from_environment(named))
    try:
        runtime.store.get("events/none")
        return work(runtime)
    finally:
        runtime.close()


def first_answer(server: Server, work: Work) -> Measured:
    """Raises RuntimeError where it is not the one that *work* asks for."""
    while True:
        try:
            status = server.ask(work.method, work.path, work.body, dict(work.headers))
        except OSError:
            if server.process.poll() is not None:
                raise RuntimeError(f"ended before it answered {work.path}") from None
            time.sleep(0.002)
            continue
        took = (time.perf_counter() - server.started) * 1e3
        if status != work.status:
            raise RuntimeError(f"expected {work.status} of {work.method} {work.path}, found {status}")
        return {MS: took, "RSS MiB": server.memory_mb(), "PSS MiB": memory_mib(server)}


def imported(name: str, site: Site, count: int) -> Table:
    with tempfile.TemporaryDirectory() as folder:
        found = [import_costs(name, site, Path(folder) / f"{number}.log") for number in range(count)]
    return table(f"imports: {name}", found)


def import_costs(name: str, site: Site, log: Path) -> dict[str, Cost]:
    with started(name, WORKS[name], site, log) as (server, request):
        first_answer(server, request)
    return costs(log.read_text())


def in_the_cloud(stack: ExitStack, python: Path, *, quick: bool) -> tuple[list[Table], dict[str, str]]:
    """The functions on Firestore's and Pub/Sub's emulators, or why they are not measured."""
    if quick or missing():
        return [], {"with the cloud's clients": "not in a quick run" if quick else f"no {', '.join(missing())}"}
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    bare = folder / "main.py"
    bare.write_text(CLOUD_BARE)
    cloud = stack.enter_context(emulators(folder))
    make_topics(cloud)
    site = Site(python, bare, lambda one: prepare(one) | of_the_cloud(cloud))
    rows = rounds(WORKS, site, ROUNDS, warm=True)
    return [Table("with the cloud's clients", rows, ((MS, BARE), ("RSS MiB", BARE)))], {}


def of_the_cloud(found: Emulators) -> dict[str, str]:
    return {**found.environment, "OPOS_STORE": "firestore", "OPOS_BUS": "pubsub", SIGNING_KEY: SECRET}


def make_topics(found: Emulators) -> None:
    """Without subscriptions: nobody is pushed what a function publishes here."""
    from google.pubsub_v1.services.publisher import PublisherClient
    from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

    from shared.adapters.google_client import transport

    client = PublisherClient(transport=transport("Pub/Sub", PublisherGrpcTransport, found.pubsub))
    for topic in TOPICS:
        client.create_topic(name=f"projects/{found.environment['GOOGLE_CLOUD_PROJECT']}/topics/{topic}")
