"""How long flags take to read and to compile, and the memory of one: a thousand and ten thousand, so that growth shows.

Read means: YAML into checked flags with the line of each value. A flag is compiled when it is first asked for.

Not fair: nobody else is beside it. A ratio says how ours grow: 1 is a flag that costs the same among ten times as many.
"""

import gc
import time
import tracemalloc

from bench.result import Result, Table
from shared.config.files.loader import parse_flags
from shared.flags import FlagSet

ROUNDS, COUNTS = 5, (1_000, 10_000)
QUICK = (100, 1_000)
SHORTHAND = "  flag-{n}: {{enabled: true, rollout: {share}, owner: me}}\n"
DEFINITION = (
    "  flag-{n}: {{state: ENABLED, variants: {{a: 1, b: 2}}, defaultVariant: a, targeting: {{if: ["
    "{{'==': [{{var: plan}}, pro]}}, b, {{fractional: [[a, {share}], [b, 7]]}}]}}}}\n"
)
FORMS = {"shorthand": SHORTHAND, "definition": DEFINITION}
Rows = dict[str, dict[str, list[float]]]


def measure(*, quick: bool) -> Result:
    counts = QUICK if quick else COUNTS
    few = f"{counts[0]:,} flags"
    found: dict[str, Rows] = {form: {f"{count:,} flags": {} for count in counts} for form in FORMS}
    for _ in range(2 if quick else ROUNDS):
        for form, rows in found.items():
            for row, count in zip(rows.values(), counts, strict=True):
                note(row, written(FORMS[form], count), count)
    for form, rows in found.items():
        for row, count in zip(rows.values(), counts, strict=True):
            read, asked = bytes_of(written(FORMS[form], count))
            row |= {"B a flag": [read / count], "B once asked": [asked / count]}
    ratios = (("read us a flag", few), ("compile us a flag", few))
    return Result([Table(form, rows, ratios) for form, rows in found.items()])


def note(row: dict[str, list[float]], text: str, count: int) -> None:
    for what, took in zip(("read", "compile"), seconds(text), strict=True):
        row.setdefault(f"{what} ms", []).append(took * 1e3)
        row.setdefault(f"{what} us a flag", []).append(took / count * 1e6)


def written(form: str, count: int) -> str:
    return "flags:\n" + "".join(form.format(n=n, share=n % 99 + 1) for n in range(count))


def seconds(text: str) -> tuple[float, float]:
    """To read *text*, and then to compile every flag of it and ask each once."""
    began = time.perf_counter()
    flags = parse_flags(text)
    read = time.perf_counter()
    flags.evaluate_all({"targetingKey": "u1", "plan": "free"})
    return read - began, time.perf_counter() - read


def bytes_of(text: str) -> tuple[float, float]:
    """Bytes in memory of the flags in *text*: as they are read, and once each was asked for."""
    gc.collect()
    tracemalloc.start()
    flags: FlagSet = parse_flags(text)
    gc.collect()
    read = tracemalloc.get_traced_memory()[0]
    for found in flags.evaluate_all({"targetingKey": "u1"}).values():
        _ = found.ofrep
    gc.collect()
    asked = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return read, asked
