"""A flag that is on for a quarter of the users, and a hundred flags at once, beside what else Python can evaluate with.

The peers come from PyPI into an environment of the bench's own. The row "murmur3" is the hash alone, over the
canonical CBOR of flag and user as the library spells it. The limit is the same hash of the same bytes, spelled by hand:
the least that anybody has to do. "on for" shows that each engine was set up rightly: for about a quarter.

Not fair: opos spells CBOR by hand too, and so is ahead of murmur3 of cbor2, which is no limit. The peers count, log or
copy more than is asked of them here, LaunchDarkly is handed a user and not a context, and flagsmith's engine shares a
whole segment out at once, so that its hundred flags cost one hash.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.peers import Missing, pypi
from bench.result import Goal, Result, Table

ROOT = Path(__file__).parents[1]
NEEDED = ("pydantic", "mmh3", "cbor2<6", "semver", "pyyaml", "structlog", "jmespath", "cronsim", "google-re2", "tzdata")
ROUNDS, USERS, BULK, SECONDS, PATIENCE = 7, 1000, 100, 0.15, 300
OURS, HASH, LIMIT, SPEED = "opos", "murmur3: of cbor2", "limit: the hash, CBOR by hand", "evaluations/s"
SINGLE, MANY = "one flag", f"bulk of {BULK}"
Ask = Callable[[int], Any]


def ours() -> tuple[Ask, Ask]:
    from shared.flags.file import flag_set
    from shared.flags.shorthand import Flag

    flags = flag_set({f"q{n}": Flag(enabled=True, rollout=25) for n in range(BULK)})
    contexts = [{"targetingKey": f"user-{n}", "plan": "pro"} for n in range(USERS)]
    keys = list(flags.definitions)
    return (
        lambda n: flags.evaluate("q0", contexts[n]).value,
        lambda n: [flags.evaluate(key, contexts[n]).value for key in keys],
    )


def flagd_core() -> tuple[Ask, Ask]:
    from openfeature.contrib.tools.flagd.core import FlagdCore
    from openfeature.evaluation_context import EvaluationContext

    rule = {"fractional": [["on", 25], ["off", 75]]}
    made = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "targeting": rule}
    core, keys = FlagdCore(), [f"q{n}" for n in range(BULK)]
    core.set_flags(json.dumps({"flags": dict.fromkeys(keys, made)}))
    contexts = [EvaluationContext(f"user-{n}", {"plan": "pro"}) for n in range(USERS)]
    return (
        lambda n: core.resolve_boolean_value("q0", default_value=False, ctx=contexts[n]).value,
        lambda n: [core.resolve_boolean_value(key, default_value=False, ctx=contexts[n]).value for key in keys],
    )


def growthbook() -> tuple[Ask, Ask]:
    from growthbook import GrowthBook

    keys = [f"q{n}" for n in range(BULK)]
    rule = {"force": True, "coverage": 0.25, "hashAttribute": "id"}
    book = GrowthBook(features={key: {"defaultValue": False, "rules": [rule]} for key in keys})

    def one(n: int) -> bool:
        book.set_attributes({"id": f"user-{n}", "plan": "pro"})
        return book.is_on("q0")

    def bulk(n: int) -> list[bool]:
        book.set_attributes({"id": f"user-{n}", "plan": "pro"})
        return [book.is_on(key) for key in keys]

    return one, bulk


def unleash() -> tuple[Ask, Ask]:
    from UnleashClient import UnleashClient
    from UnleashClient.cache import FileCache

    keys, cache = [f"q{n}" for n in range(BULK)], FileCache("bench", directory=str(Path.cwd()))
    rollout = {"rollout": "25", "stickiness": "userId", "groupId": "q"}
    strategy = {"name": "flexibleRollout", "parameters": rollout, "constraints": []}
    toggles = [{"name": key, "type": "release", "enabled": True, "strategies": [strategy]} for key in keys]
    cache.bootstrap_from_dict({"version": 1, "features": toggles})
    client = UnleashClient(
        "http://127.0.0.1:9",
        "bench",
        cache=cache,
        disable_metrics=True,
        disable_registration=True,
        refresh_interval=9999,
    )
    client.initialize_client(fetch_toggles=False)
    return (
        lambda n: client.is_enabled("q0", {"userId": f"user-{n}"}),
        lambda n: [client.is_enabled(key, {"userId": f"user-{n}"}) for key in keys],
    )


def launchdarkly() -> tuple[Ask, Ask]:
    from ldclient import Context, LDClient
    from ldclient.config import Config
    from ldclient.integrations import Files

    keys = [f"q{n}" for n in range(BULK)]
    rollout = {"rollout": {"variations": [{"variation": 0, "weight": 25_000}, {"variation": 1, "weight": 75_000}]}}
    made = {"on": True, "fallthrough": rollout, "variations": [True, False], "salt": "s", "version": 1}
    file = Path("launchdarkly.json")
    file.write_text(json.dumps({"flags": {key: {"key": key, **made} for key in keys}}))
    source = Files.new_data_source(paths=[str(file)])
    client = LDClient(Config("sdk-key", update_processor_class=source, send_events=False))
    users = [Context.create(f"user-{n}") for n in range(USERS)]
    return (
        lambda n: client.variation("q0", users[n], default=False),
        lambda n: [client.variation(key, users[n], default=False) for key in keys],
    )


def flagsmith() -> tuple[Ask, Ask]:
    from flag_engine.engine import get_evaluation_result

    rules = [{"type": "ALL", "conditions": [{"property": "", "operator": "PERCENTAGE_SPLIT", "value": "25"}]}]

    def context(n: int, flags: int) -> dict[str, Any]:
        features = {f"q{k}": {"key": str(k), "name": f"q{k}", "enabled": False, "value": None} for k in range(flags)}
        overrides = [{**one, "enabled": True} for one in features.values()]
        segment = {"key": "s", "name": "quarter", "rules": rules, "overrides": overrides}
        who = {"identifier": f"user-{n}", "key": f"user-{n}", "traits": {}}
        environment = {"key": "e", "name": "e"}
        return {"environment": environment, "identity": who, "features": features, "segments": {"s": segment}}

    one = [context(n, 1) for n in range(USERS)]
    bulk = [context(n, BULK) for n in range(USERS)]
    return lambda n: get_evaluation_result(one[n])["flags"]["q0"]["enabled"], lambda n: get_evaluation_result(bulk[n])


def library() -> tuple[Ask, Ask]:
    import cbor2
    import mmh3

    def hashed(flag: str, n: int) -> int:
        return mmh3.hash(cbor2.dumps([flag, f"user-{n}"], canonical=True), signed=False)

    keys = [f"q{n}" for n in range(BULK)]
    return lambda n: hashed("q0", n), lambda n: [hashed(key, n) for key in keys]


def limit() -> tuple[Ask, Ask]:
    import mmh3

    def spelled(text: str) -> bytes:
        return bytes((0x60 + len(text),)) + text.encode()  # of ASCII, shorter than 24

    heads = [b"\x82" + spelled(f"q{n}") for n in range(BULK)]
    first, users = heads[0], [f"user-{n}" for n in range(USERS)]

    def bulk(n: int) -> list[int]:
        user = spelled(users[n])
        return [mmh3.hash(head + user, signed=False) for head in heads]

    return lambda n: mmh3.hash(first + spelled(users[n]), signed=False), bulk


Engine = Callable[[], tuple[Ask, Ask]]
PEERS: dict[str, tuple[str, Engine]] = {
    "flagd-core": ("openfeature-flagd-core==2.0.0", flagd_core), "GrowthBook": ("growthbook", growthbook),
    "Unleash": ("UnleashClient", unleash), "LaunchDarkly (file)": ("launchdarkly-server-sdk", launchdarkly),
    "flagsmith engine": ("flagsmith-flag-engine", flagsmith),
}  # fmt: skip
"""The package of each on PyPI, and how it is set up."""
ENGINES: dict[str, Engine] = {
    OURS: ours,
    **{name: make for name, (_, make) in PEERS.items()},
    HASH: library,
    LIMIT: limit,
}


def per_second(ask: Ask, seconds: float) -> float:
    """Until *seconds* have passed, a thousand users in turn."""
    asked, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        ask(asked % USERS)
        asked += 1
    return asked / passed


def share(ask: Ask) -> float:
    """Of the users, those that it is on for, in per cent."""
    return sum(ask(n) is True for n in range(USERS)) / USERS * 100


def found_here(rounds: int, seconds: float) -> dict[str, Any]:
    """What this Python's engines take: rows of each table, who is missing, and the versions. As JSON can hold it."""
    logging.disable(logging.CRITICAL)
    engines, missing = _engines()
    found: dict[str, Any] = {table: {name: {SPEED: []} for name in engines} for table in (SINGLE, MANY)}
    for _ in range(rounds):
        for name, asks in engines.items():
            for table, ask in zip((SINGLE, MANY), asks, strict=True):
                found[table][name][SPEED].append(per_second(ask, seconds))
    for name in engines.keys() - {HASH, LIMIT}:
        found[SINGLE][name]["on for %"] = [share(engines[name][0])]
    return {"tables": found, "missing": missing, "versions": _versions(engines)}


def tell(rounds: int, seconds: float) -> None:
    """Writes what is found here, and ends the process: the peers' threads would go on polling."""
    try:
        print(json.dumps(found_here(rounds, seconds)), flush=True)
    except Exception:  # noqa: BLE001  (said, and then the process ends)
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _engines() -> tuple[dict[str, tuple[Ask, Ask]], dict[str, str]]:
    engines, missing = {}, {}
    for name, make in ENGINES.items():
        try:
            engines[name] = make()
        except ImportError as fault:
            missing[name] = str(fault)
    return engines, missing


def _versions(engines: dict[str, Any]) -> dict[str, str]:
    packages = {name: package.partition("==")[0] for name, (package, _) in PEERS.items() if name in engines}
    return {name: version(package) for name, package in {**packages, "mmh3": "mmh3", "cbor2": "cbor2"}.items()}


def measure(*, quick: bool) -> Result:
    python, missing = _python()
    rounds, seconds = (2, 0.02) if quick else (ROUNDS, SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        found = _asked(python, rounds, seconds, Path(folder))
    tables = [
        Table(name, rows, ((SPEED, OURS), (SPEED, HASH), (SPEED, LIMIT))) for name, rows in found["tables"].items()
    ]
    lacking = {name: missing.get(PEERS[name][0], why) for name, why in found["missing"].items()}
    return Result(tables, [goal for one in tables for goal in _goals(one)], lacking, found["versions"])


def _python() -> tuple[Path, dict[str, str]]:
    """The Python that has the peers, and by their packages those that it lacks; ours, where there can be none."""
    packages = [package for package, _ in PEERS.values()]
    try:
        return pypi("flags", NEEDED, packages)
    except Missing as fault:
        return Path(sys.executable), dict.fromkeys(packages, str(fault))


def _asked(python: Path, rounds: int, seconds: float, folder: Path) -> dict[str, Any]:
    """What `found_here` finds in a process of *python* that keeps its files in *folder*."""
    command = [str(python), "-c", f"from bench.flags import tell; tell({rounds}, {seconds})"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd=folder, stdout=subprocess.PIPE, check=True, timeout=PATIENCE)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _goals(table: Table) -> list[Goal]:
    peers = [name for name in PEERS if name in table.rows]
    goals = [Goal(f"{table.title} / bare murmur3 over CBOR", table.ratio(OURS, HASH, SPEED), 0.5, at_least=True)]
    if peers:
        fastest = max(peers, key=lambda name: table.middle(name, SPEED))
        what = f"{table.title} / the fastest of {len(peers)} peers of {len(PEERS)} ({fastest})"
        goals.insert(0, Goal(what, table.ratio(OURS, fastest, SPEED), 2, at_least=True))
    return goals
