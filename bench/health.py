"""Health while the bundle is busy: how long `/health`, `/readyz` and `/livez` take, idle and under a load of webhooks.

The bundle as `opos up` runs it, in one process on SQLite. The bound is the dependency timeout of two seconds.
"""

import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from bench.intake import CONNECTIONS, webhooks
from bench.load import load
from bench.serving import Server, prepare, serve_bundle

ADDRESSES = ("/livez", "/readyz", "/health")
SECONDS, ROUNDS = 10.0, 3
BOUND = 2.0


def asked(server: Server, until: threading.Event) -> dict[str, list[float]]:
    """Seconds that each address took, asked in turn *until* then."""
    found: dict[str, list[float]] = {address: [] for address in ADDRESSES}
    while not until.is_set():
        for address, times in found.items():
            began = time.perf_counter()
            status = server.ask("GET", address)
            times.append(time.perf_counter() - began)
            if status != 200:
                print(f"{address} answered {status}")
        time.sleep(0.05)
    return found


def round_of(server: Server, number: int, *, busy: bool) -> tuple[dict[str, list[float]], float]:
    """What was asked meanwhile, and the webhooks a second."""
    over, found, speed = threading.Event(), {}, 0.0
    asking = threading.Thread(target=lambda: found.update(asked(server, over)))
    asking.start()
    if busy:
        speed = load(server.port, webhooks(number), CONNECTIONS).per_second
    else:
        time.sleep(SECONDS / ROUNDS)
    over.set()
    asking.join()
    return found, speed


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve_bundle(Path(folder), prepare(Path(folder))) as server:
        server.first_answer("GET", "/livez", b"")
        for busy in (False, True):
            rounds = [round_of(server, number, busy=busy) for number in range(ROUNDS)]
            print("busy with webhooks" if busy else "idle", f"({median(speed for _, speed in rounds):,.0f}/s)")
            for address in ADDRESSES:
                times = sorted(took for found, _ in rounds for took in found[address])
                longest = f"longest {times[-1] * 1000:6.1f} ms, {times[-1] / BOUND:4.0%} of the bound"
                print(f"  {address:<8} {len(times):>4} times  median {median(times) * 1000:6.1f} ms  {longest}")


if __name__ == "__main__":
    main()
