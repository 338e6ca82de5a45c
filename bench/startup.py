"""Process start to first answer, and memory then, of each function beside a bare one. Rounds are interleaved."""

import tempfile
from pathlib import Path
from statistics import median

from bench.serving import main_of, prepare, push, serve

ROUNDS = 5
TICK = push({"contract": "tick/1"})
DUE = push({"contract": "digest-due/1", "channel": "desk", "reason": "window"})
REQUESTS: dict[str, tuple[str, str, bytes]] = {
    "hello": ("GET", "/", b""),
    "health": ("GET", "/livez", b""),
    "flag_evaluator": ("GET", "/flags?targetingKey=u1", b""),
    "webhook_intake": ("POST", "/webhooks/app", b"{}"),
    "console": ("GET", "/", b""),
    "sweeper": ("POST", "/projects/local/topics/ticks", TICK),
    "digest_sender": ("POST", "/projects/local/topics/digests", DUE),
    "alert_router": ("POST", "/projects/local/topics/events", TICK),
}
"""Each answered by the handler itself; the router refuses a tick, the intake and the console a stranger."""


def main() -> None:
    seconds: dict[str, list[float]] = {name: [] for name in REQUESTS}
    memory: dict[str, float] = {}
    for round_ in range(ROUNDS + 1):
        for name, request in REQUESTS.items():
            with tempfile.TemporaryDirectory() as folder:
                source = Path(__file__).with_name("hello.py") if name == "hello" else main_of(name)
                with serve(name, source, prepare(Path(folder))) as server:
                    took, _status = server.first_answer(*request)
                    memory[name] = server.memory_mb()
            if round_:  # the first round writes the bytecode
                seconds[name].append(took)
    bare = median(seconds["hello"])
    for name, found in seconds.items():
        print(f"{name:<15} {median(found) * 1000:6.0f} ms  {median(found) / bare:4.2f} x bare  {memory[name]:4.0f} MiB")


if __name__ == "__main__":
    main()
