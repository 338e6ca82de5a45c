"""How long flags take to read and to compile, and the memory of one: a thousand and ten thousand, so that growth shows.

Read means: YAML into checked flags with the line of each value. A flag is compiled when it is first asked for.
"""

import gc
import time
import tracemalloc
from statistics import median

from shared.flags import FlagSet
from shared.loading import parse_flags

ROUNDS, COUNTS = 5, (1_000, 10_000)
SHORTHAND = "  flag-{n}: {{enabled: true, rollout: {share}, owner: me}}\n"
DEFINITION = (
    "  flag-{n}: {{state: ENABLED, variants: {{a: 1, b: 2}}, defaultVariant: a, targeting: {{if: ["
    "{{'==': [{{var: plan}}, pro]}}, b, {{fractional: [[a, {share}], [b, 7]]}}]}}}}\n"
)


def written(form: str, count: int) -> str:
    return "flags:\n" + "".join(form.format(n=n, share=n % 99 + 1) for n in range(count))


def seconds(text: str) -> tuple[float, float]:
    """To read *text*, and then to compile every flag of it and ask each once."""
    began = time.perf_counter()
    flags = parse_flags(text)
    read = time.perf_counter()
    flags.evaluate_all({"targetingKey": "u1", "plan": "free"})
    return read - began, time.perf_counter() - read


def bytes_of_a_flag(text: str, count: int) -> tuple[float, float]:
    """As it is read, and once it was asked for."""
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
    return read / count, asked / count


def main() -> None:
    for name, form in (("shorthand", SHORTHAND), ("definition", DEFINITION)):
        for count in COUNTS:
            text = written(form, count)
            taken = [seconds(text) for _ in range(ROUNDS)]
            read, compiled = (median(one[part] for one in taken) for part in (0, 1))
            size, asked = bytes_of_a_flag(text, count)
            print(
                f"{name:<11} {count:>6,} flags  read {read * 1000:6.0f} ms  compiled {compiled * 1000:5.0f} ms"
                f"  {size:5.0f} B a flag, {asked:5.0f} B once asked"
            )


if __name__ == "__main__":
    main()
