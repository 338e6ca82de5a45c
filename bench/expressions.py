"""Expressions of workflows: what a round trip to the evaluator costs, and what a simple path costs without one.

Each evaluation adds one to a number of a document of 0.5 KB; a simple path reads it. The peer is PyPI's `jq`, compiled
once, in a process of its own environment and without any protection: an endless program would stop that process. A
respawn is a call whose process was ended before it.

Not fair: the peer has no time limit, no second process and no variables, and changes integers beyond 2^53.
"""

import json
import subprocess
import time
from collections.abc import Callable, Mapping

from bench.peers import Missing, pypi
from bench.result import Goal, Result, Table
from shared.adapters.expressions.evaluator import JaqEvaluator
from shared.ports.evaluator import Evaluation
from shared.workflows.evaluator import CheckedEvaluator

PEER = "jq==1.13.0"
DOCUMENT = {"order": {"id": 7, "total": 129, "lines": [{"sku": f"sku-{n}", "amount": n} for n in range(12)]}}
CHILD, TEN, GETTER, RESPAWN, IN_PROCESS = (
    "1 expression",
    "10 expressions",
    "simple path",
    "respawn",
    "PyPI jq, in process",
)
MEASURE = "us"
SCRIPT = """
import json, sys, time, jq
calls, document = int(sys.argv[1]), json.loads(sys.argv[2])
program = jq.compile(".order.total + 1")
began = time.perf_counter()
for _ in range(calls):
    program.input_value(document).first()
print((time.perf_counter() - began) / calls * 1e6)
"""


def measure(*, quick: bool) -> Result:
    rounds, calls = (1, 20) if quick else (7, 2000)
    jaq = JaqEvaluator()
    try:
        ours = [_round(jaq, calls) for _ in range(rounds)]
    finally:
        jaq.close()
    peer, missing = _peer(rounds, calls)
    rows = {name: {MEASURE: [values[name] for values in ours]} for name in ours[0]} | peer
    table = Table("time of a call", rows, ((MEASURE, IN_PROCESS),) if peer else ())
    goals = [
        Goal(f"{TEN} in one round trip, as a multiple of one", table.ratio(TEN, CHILD, MEASURE), 5),
        Goal(f"{GETTER}, as a share of a round trip", table.ratio(GETTER, CHILD, MEASURE), 0.2),
    ]
    return Result([table], goals, missing)


def _round(jaq: JaqEvaluator, calls: int) -> dict[str, float]:
    checked = CheckedEvaluator(jaq)
    batches = {
        CHILD: (".order.total + 1",),
        TEN: tuple(f".order.total + {n}" for n in range(10)),
        GETTER: (".order.total",),
    }
    times = {name: _microseconds(_call(checked, sources), calls) for name, sources in batches.items()}
    return times | {RESPAWN: _microseconds(_call(checked, batches[CHILD], jaq.close), max(calls // 100, 3))}


def _call(
    evaluator: CheckedEvaluator, sources: tuple[str, ...], first: Callable[[], None] | None = None
) -> Callable[[], None]:
    batch = [Evaluation(source, DOCUMENT, {}) for source in sources]

    def call() -> None:
        if first:
            first()
        evaluator.evaluate(batch)

    call()
    return call


def _microseconds(call: Callable[[], None], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - began) / calls * 1e6


def _peer(rounds: int, calls: int) -> tuple[Mapping[str, Mapping[str, list[float]]], dict[str, str]]:
    try:
        python, _ = pypi("jq", [PEER], [])
    except Missing as fault:
        return {}, {IN_PROCESS: str(fault)}
    command = [str(python), "-c", SCRIPT, str(calls), json.dumps(DOCUMENT)]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(rounds)]
    return {IN_PROCESS: {MEASURE: [float(run.stdout) for run in runs]}}, {}
