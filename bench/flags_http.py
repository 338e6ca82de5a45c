"""Looking flags up over HTTP, beside a bare function on the same server that is asked with the same requests.

Each request is of another user. The sync server is the one that is deployed; the async one is what ADR 16 weighed
against it. Both with functions-framework's own settings, 16 connections, rounds interleaved. The load comes from the
same two cores, so ratios mean more than absolutes. Not fair: a bare function parses no JSON and says less.
"""

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.load import Load, http_request, load
from bench.serving import Server, main_of, prepare, serve

ROUNDS, REQUESTS, CONNECTIONS = 7, 2000, 16
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
        for _ in range(ROUNDS):
            for kind, group in kinds.items():
                for name, (server, asked) in group.items():
                    found.setdefault((kind, name), []).append(load(server.port, asked, CONNECTIONS))
        memory = {
            (kind, name): server.memory_mb() for kind, group in kinds.items() for name, (server, _) in group.items()
        }
    for (kind, name), rounds in found.items():
        show(kind, name, rounds, found[kind, "bare"], memory[kind, name])


def show(kind: str, name: str, rounds: list[Load], bare: list[Load], memory: float) -> None:
    """The ratio is the median of the rounds' own: what disturbs a round disturbs both."""
    ratio = median(one.per_second / other.per_second for one, other in zip(rounds, bare, strict=True))
    speed, p99 = median(one.per_second for one in rounds), median(one.p99_ms for one in rounds)
    failed = sum(one.failed for one in rounds)
    seen = f"{speed:7,.0f}/s  p99 {p99:5.1f} ms  {ratio:4.2f} x bare  {memory:3.0f} MiB  failed {failed}"
    print(f"{kind:<6} {name:<12} {seen}")


if __name__ == "__main__":
    main()
