"""Customers as aggregates of `eventsourcing`, in a Python that has it: `aggregates.py FOLDER SIZE DEPTH`.

It prints its version, and for each line that it reads, a number of operations, what they took: JSON, milliseconds.
"""

import json
import sys
import time
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
        chosen = [next(places) for _ in range(int(line))]
        took = {
            "change ms": ms(lambda: [change(id, number) for id in chosen], len(chosen)),  # noqa: B023
            "read ms": ms(lambda: [app.repository.get(id) for id in chosen], len(chosen)),  # noqa: B023
            "past ms": ms(lambda: app.repository.get(deep, version=depth // 2), 1),
        }
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
