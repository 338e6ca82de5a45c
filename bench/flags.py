"""A flag that is on for a quarter of the users, and a hundred flags at once, beside what else Python can evaluate with.

The peers come from PyPI into a folder of the bench's own; one that cannot be installed is named as missing. The limit
is the hash alone: murmur3 over the canonical CBOR of flag and user, by mmh3 and cbor2. Not fair: the peers count, log
or copy more than is asked of them here, LaunchDarkly is handed a user and not a context, and flagsmith's engine shares
a whole segment out at once, so that its hundred flags cost one hash.
"""

import json
import logging
import os
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path(__file__).parents[1] / ".cache" / "bench" / "flags"
OURS = ("pydantic", "mmh3", "cbor2<6", "semver", "pyyaml", "structlog", "jmespath", "cronsim", "google-re2", "tzdata")
PEERS = (
    "openfeature-flagd-core==2.0.0", "growthbook", "UnleashClient", "launchdarkly-server-sdk", "flagsmith-flag-engine",
)  # fmt: skip
ROUNDS, USERS, BULK = 7, 1000, 100
Ask = Callable[[int], Any]


def ours() -> tuple[Ask, Ask]:
    from shared.flags import Flag, FlagSet

    flags = FlagSet({f"q{n}": Flag(enabled=True, rollout=25) for n in range(BULK)})
    contexts = [{"targetingKey": f"user-{n}", "plan": "pro"} for n in range(USERS)]
    keys = list(flags.flags)
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

    keys, cache = [f"q{n}" for n in range(BULK)], FileCache("bench", directory=str(FOLDER))
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
    (FOLDER / "launchdarkly.json").write_text(json.dumps({"flags": {key: {"key": key, **made} for key in keys}}))
    source = Files.new_data_source(paths=[str(FOLDER / "launchdarkly.json")])
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


def limit() -> tuple[Ask, Ask]:
    import cbor2
    import mmh3

    def hashed(flag: str, n: int) -> int:
        return mmh3.hash(cbor2.dumps([flag, f"user-{n}"], canonical=True), signed=False)

    keys = [f"q{n}" for n in range(BULK)]
    return lambda n: hashed("q0", n), lambda n: [hashed(key, n) for key in keys]


ENGINES: dict[str, Callable[[], tuple[Ask, Ask]]] = {
    "opos": ours, "flagd-core 2.0": flagd_core, "GrowthBook": growthbook, "Unleash": unleash,
    "LaunchDarkly (file)": launchdarkly, "flagsmith engine": flagsmith, "limit: murmur3 of CBOR": limit,
}  # fmt: skip


def per_second(ask: Ask, seconds: float) -> float:
    """Until *seconds* have passed, a thousand users in turn."""
    asked, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        ask(asked % USERS)
        asked += 1
    return asked / passed


def share(ask: Ask) -> float:
    """How many of the users it is on for: about a quarter, or the engine was set up wrongly."""
    return sum(ask(n) is True for n in range(USERS)) / USERS


def measure() -> None:
    logging.disable(logging.CRITICAL)
    engines: dict[str, tuple[Ask, Ask]] = {}
    for name, make in ENGINES.items():
        try:
            engines[name] = make()
        except ImportError as fault:
            print(f"{name:<24} missing: {fault}")
    found = {name: ([], []) for name in engines}  # type: dict[str, tuple[list[float], list[float]]]
    for _ in range(ROUNDS):
        for name, (one, bulk) in engines.items():
            found[name][0].append(per_second(one, 0.15))
            found[name][1].append(per_second(bulk, 0.15))
    best = median(found["opos"][0]), median(found["opos"][1])
    print(f"{'':<24} {'one flag/s':>11} {'spread':>21} {'opos is':>8} {'100 flags/s':>12} {'opos is':>8}  on for")
    for name, (ones, bulks) in found.items():
        one, bulk = median(ones), median(bulks)
        spread = f"{min(ones):,.0f} to {max(ones):,.0f}"
        shared_out = "" if name.startswith("limit") else f"{share(engines[name][0]):.1%}"
        ratios = f"{best[0] / one:>7.1f}x", f"{best[1] / bulk:>7.1f}x"
        print(f"{name:<24} {one:>11,.0f} {spread:>21} {ratios[0]} {bulk:>12,.0f} {ratios[1]}  {shared_out}")
    sys.stdout.flush()
    os._exit(0)  # the peers' threads would go on polling


def main() -> None:
    python = FOLDER / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(FOLDER / "venv", with_pip=True)
        for package in (*OURS, *PEERS):
            subprocess.run([python, "-m", "pip", "install", "-q", package], check=False, stderr=subprocess.DEVNULL)
    root = str(Path(__file__).parents[1])
    subprocess.run(
        [python, "-m", "bench.flags", "measure"], check=True, cwd=root, env={**os.environ, "PYTHONPATH": root}
    )


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["measure"] else main()
