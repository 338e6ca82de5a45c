"""A signal's decision in a big configuration: 200 routes, 20 inhibition rules, 50 silences, 1,000 other open alerts.

Beside it: the limit (reading the alert's own JSON), and a peer, the same tree asked with Python's `re` and one list of
matchers a route.

Not fair: the peer has no inheritance and no groups to compute, so it does less.
"""

import json
import random
import re
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.result import Result, Table
from shared.alerting.alert import AlertDoc
from shared.alerting.inhibition import Inhibition, InhibitRule
from shared.alerting.routes import Node, Route, compile_routes, route
from shared.alerting.silences import Silence
from shared.alerting.situation import QuietWorld, Situation
from shared.alerting.verdict import judge
from shared.events import Alert
from tests.support.alerts import SomeRules, fired

ROUNDS, EACH = 7, 2000
LIMIT, PEER = "limit: reading its JSON", "peer: plain Python and re"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
rng = random.Random(4)


def spec(depth: int, left: list[int]) -> dict[str, Any]:
    """A route with children, until *left* of them are made: a third of the matchers are regular expressions."""
    team, service = f"t{rng.randrange(20)}", rng.randrange(50)
    regex = f'service=~"s{service}|s{service + 1}.*"'
    matchers = rng.choice([[f"team={team}"], [regex], [f"team={team}", f"service!=s{service}"]])
    left[0] -= 1
    routes = []
    while left[0] > 0 and len(routes) < 6 and depth < 4 and rng.random() < 0.7:
        routes.append(spec(depth + 1, left))
    return {"matchers": matchers, "continue": rng.random() < 0.1, "routes": routes}


def tree() -> Node:
    left, routes = [200], []
    while left[0] > 0:
        routes.append(spec(1, left))
    return compile_routes(Route.model_validate({"channel": "desk", "routes": routes}))


def signal(n: int) -> Alert:
    where = {"team": f"t{n % 25}", "service": f"s{n % 60}", "host": f"h{n}"}
    labels = {**where, "alertname": f"A{n % 100}", "severity": "critical"}
    return Alert(fingerprint=f"f{n}", title=f"Alert {n}", severity="critical", labels=labels)


def document(n: int) -> AlertDoc:
    alert = signal(n)
    return fired(alert.fingerprint, now=NOW, type="t", **alert.model_dump(exclude={"fingerprint"}))


def rules() -> Inhibition:
    return Inhibition([InhibitRule.model_validate(rule(n)) for n in range(20)])


def rule(n: int) -> dict[str, Any]:
    return {"source_matchers": [f"alertname=A{n}"], "target_matchers": [f"team=t{n}"], "equal": ["host"]}


def silences() -> list[Silence]:
    return [
        Silence(str(n), (f"host=h{n}", 'alertname=~"A.*"'), "me", "c", NOW, NOW + timedelta(hours=1)) for n in range(50)
    ]


def peer(root: Node) -> Callable[[dict[str, str]], Any]:
    """The same tree, asked in the plainest way that Python offers."""
    compiled: dict[str, re.Pattern[str]] = {}

    def holds(matcher: Any, labels: dict[str, str]) -> bool:
        value = labels.get(matcher.name, "")
        if matcher.operator in {"=", "!="}:
            return (value == matcher.value) == (matcher.operator == "=")
        pattern = compiled.setdefault(matcher.value, re.compile(matcher.value))
        return bool(pattern.fullmatch(value)) == (matcher.operator == "=~")

    def take(node: Node, labels: dict[str, str]) -> list[Node]:
        found: list[Node] = []
        for child in node.children:
            if all(holds(one, labels) for one in child.spec.matchers):
                found += take(child, labels)
                if not child.spec.continue_:
                    break
        return found or [node]

    return lambda labels: take(root, labels)


def per_call(run: Callable[[int], object], times: int) -> float:
    """Microseconds."""
    began = time.perf_counter()
    for n in range(times):
        run(n)
    return (time.perf_counter() - began) / times * 1e6


def memory_per_alert(count: int = 10_000) -> float:
    """Bytes of an open alert's document in memory."""
    tracemalloc.start()
    kept = [document(n) for n in range(count)]
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return used / len(kept)


def measure(*, quick: bool) -> Result:
    root, documents = tree(), [document(n) for n in range(1000)]
    inhibitors = [one for one in documents if rules().is_source(one["labels"])]
    world = QuietWorld(known_silences=silences(), known_inhibitors=inhibitors)
    situation = Situation(NOW, SomeRules(inhibition=rules()), world)
    texts = [json.dumps(one) for one in documents]
    plain = peer(root)
    flat = compile_routes(Route.model_validate({"channel": "desk", "routes": [spec(9, [1]) for _ in range(200)]}))
    nowhere = {"team": "none", "service": "none"}
    runs: dict[str, Callable[[int], object]] = {
        "route (200 routes)": lambda n: route(root, documents[n % 1000]["labels"]),
        PEER: lambda n: plain(documents[n % 1000]["labels"]),
        "route, no route matches": lambda _: route(root, nowhere),
        "peer, no route matches": lambda _: plain(nowhere),
        "200 flat, none matches": lambda _: route(flat, nowhere),
        "whole decision": lambda n: judge(documents[n % 1000], route(root, documents[n % 1000]["labels"]), situation),
        LIMIT: lambda n: json.loads(texts[n % 1000]),
    }
    rounds = 2 if quick else ROUNDS
    found: dict[str, dict[str, list[float]]] = {name: {"us": []} for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name]["us"].append(per_call(run, EACH // 10 if quick else EACH))
    as_json = sum(map(len, texts)) / len(texts) / 1024
    sizes = {"in memory": {"KiB": [memory_per_alert() / 1024]}, "as JSON": {"KiB": [as_json]}}
    return Result(
        [Table("one decision", found, (("us", LIMIT), ("us", PEER))), Table("an open alert", sizes)],
        notes=[f"inhibiting alerts among the open ones: {len(inhibitors)}"],
    )
