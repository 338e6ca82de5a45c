"""Looking flags up over HTTP, beside a bare function on the same server that is asked with the same requests.

Each request is of another user. Throughput is what a client sees; the processor's time for a request, which other work
on the machine changes less, is what the server spends on it. The sync server is the one that is deployed; the async one
is what ADR 16 weighed against it. Both with functions-framework's own settings, 16 connections, rounds interleaved. The
load comes from the same two cores, so ratios mean more than absolutes. Not fair: a bare function parses no JSON and is
soon done.
"""

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.load import Load, http_request, load
from bench.serving import Server, main_of, prepare, serve

ROUNDS, REQUESTS, CONNECTIONS = 15, 1000, 16
BULKS = (10, 100)
PATH = "/ofrep/v1/evaluate/flags"
HERE = Path(__file__).parent
Case = tuple[Server, list[bytes]]


def requests(path: str, headers: dict[str, str] | None = None) -> list[bytes]:
    bodies = [json.dumps({"context": {"targetingKey": f"user-{n}", "plan": "pro"}}).encode() for n in range(REQUESTS)]
    return [
        http_request("POST", path, body, {"content-type": "application/json", **(headers or {})}) for body in bodies
    ]


def cases(stack: ExitStack, *, asgi: bool) -> dict[str, Case]:
    source = HERE / ("flags_async.py" if asgi else "hello.py")
    more = ("--asgi",) if asgi else ()
    found: dict[str, Case] = {}
    with_flags = {count: _environment(stack, count) for count in BULKS}
    bare = stack.enter_context(serve("hello", source, with_flags[10], *more))
    found["bare"] = bare, requests(f"{PATH}/quarter")
    for count, environment in with_flags.items():
        main = source if asgi else main_of("flag_evaluator")
        server = stack.enter_context(serve("flag_evaluator", main, environment, *more))
        found |= {"single": (server, requests(f"{PATH}/quarter"))} if count == BULKS[0] else {}
        found[f"bulk of {count}"] = server, requests(PATH)
    return found


def _environment(stack: ExitStack, flags: int) -> dict[str, str]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    environment = prepare(folder)
    more = "".join(f"  q{n}: {{enabled: true, rollout: 25}}\n" for n in range(flags - 1))
    (folder / "flags.yaml").write_text(f"flags:\n  quarter: {{enabled: true, rollout: 25}}\n{more}")
    return environment


def main() -> None:
    with ExitStack() as stack:
        kinds = {"sync": cases(stack, asgi=False), "async": cases(stack, asgi=True)}
        found: dict[tuple[str, str], list[Load]] = {}
        for server, asked in (case for kind in kinds.values() for case in kind.values()):
            server.first_answer("POST", "/ofrep/v1/evaluate/flags", b"{}")
            load(server.port, asked[:200], CONNECTIONS)
        used: dict[tuple[str, str], float] = {}
        for _ in range(ROUNDS):
            for kind, group in kinds.items():
                for name, (server, asked) in group.items():
                    before = server.cpu_seconds()
                    found.setdefault((kind, name), []).append(load(server.port, asked, CONNECTIONS))
                    used[kind, name] = used.get((kind, name), 0.0) + server.cpu_seconds() - before
        memory = {
            (kind, name): server.memory_mb() for kind, group in kinds.items() for name, (server, _) in group.items()
        }
    for key, rounds in found.items():
        bare = key[0], "bare"
        show(key, rounds, found[bare], used[key], used[bare], memory[key])


def show(
    key: tuple[str, str], rounds: list[Load], bare: list[Load], used: float, bare_used: float, memory: float
) -> None:
    """The ratio is the median of the rounds' own: what disturbs a round disturbs both."""
    ratio = median(one.per_second / other.per_second for one, other in zip(rounds, bare, strict=True))
    speed, p99 = median(one.per_second for one in rounds), median(one.p99_ms for one in rounds)
    each = used / ROUNDS / REQUESTS * 1e6
    print(
        f"{key[0]:<6} {key[1]:<12} {speed:6,.0f}/s  {ratio:4.2f} x bare  p99 {p99:5.1f} ms  "
        f"{each:4.0f} us of CPU, bare / that {bare_used / used:4.2f}  {memory:3.0f} MiB  "
        f"failed {sum(one.failed for one in rounds)}"
    )


if __name__ == "__main__":
    main()
