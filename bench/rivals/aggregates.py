"""Customers as aggregates of `eventsourcing`, in a Python that has it: `aggregates.py FOLDER SIZE DEPTH`.

It prints its version, and for each line that it reads, a number of operations, what they took: JSON, milliseconds.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Customer(Aggregate):
    def __init__(self, name: str, email: str, amount: int) -> None:
        self.name, self.email, self.amount, self.plan = name, email, amount, "free"

    @event("Paying")
    def pay(self, amount: int) -> None:
        self.amount = amount


def ms(step: object, times: int) -> float:
    began = time.perf_counter()
    step()  # type: ignore[operator]
    return (time.perf_counter() - began) * 1000 / times


Change = Callable[[UUID], object]


def at_once(change: Change, ids: list[UUID]) -> float:
    with ThreadPoolExecutor(8) as writers:
        return ms(lambda: list(writers.map(change, ids)), len(ids))


def took(app: Application[UUID], places: Iterator[UUID], each: int, change: Change, deep: UUID) -> dict[str, float]:
    ids, many = ([next(places) for _ in range(count)] for count in (each, 8 * each))
    return {
        "change ms": ms(lambda: [change(customer) for customer in ids], each),
        "8 change at once ms": at_once(change, many),
        "read ms": ms(lambda: [app.repository.get(customer) for customer in ids], each),
        "past ms": ms(lambda: app.repository.get(deep, version=50), 1),
    }


def main(folder: Path, size: int, depth: int) -> None:
    app: Application[UUID] = Application(
        env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "eventsourcing.db")}
    )

    def made(name: str) -> UUID:
        customer = Customer(name, f"{name}@example.com", 4900)
        app.save(customer)
        return customer.id

    def change(id: UUID, amount: int) -> None:
        customer = app.repository.get(id)
        customer.pay(amount)
        app.save(customer)

    ids, deep = [made(f"Ada {n}") for n in range(size)], made("Deep")
    for n in range(depth - 1):
        change(deep, n)
    places = cycle(ids[:: max(size // 500, 1)])
    print(version("eventsourcing"), flush=True)
    for number, line in enumerate(sys.stdin):
        print(json.dumps(took(app, places, int(line), partial(change, amount=number), deep)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
