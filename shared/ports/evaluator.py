"""The Evaluator port: jq expressions, analysed when a definition is loaded and evaluated when a task runs."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol


class Analysis(NamedTuple):
    """What is known of an expression before it runs. `fault` says why it cannot be used; None if it can.

    `variables` are its free variables, without the `$`: what each evaluation must hand in. Empty if there is a fault.
    """

    fault: str | None
    variables: frozenset[str]


class Evaluation(NamedTuple):
    """One expression with its input and variables: JSON values (text keys, finite numbers, integers of any size)."""

    source: str
    input: Any
    variables: Mapping[str, Any]


class Evaluator(Protocol):
    """Evaluates expressions of the operator. Data are never evaluated, and no expression reaches the process.

    Threads may share an evaluator. After each error below, the next call works.
    """

    def analyse(self, sources: Sequence[str]) -> list[Analysis]:
        """The analysis of each of *sources*, in their order. A fault is part of the answer, never raised.

        Raises ExpressionError only with the reason `died`: no source is at fault if the evaluator's process ends.
        """
        ...

    def evaluate(self, batch: Sequence[Evaluation]) -> list[Any]:
        """The one result of each evaluation, in the order of *batch*, in one round trip.

        A result is finite JSON: integers of at most 64 bits with their sign, text without lone surrogates, at most 100
        levels. It may share parts with the input: do not change it.

        Raises ExpressionError with the `index` in *batch* of an evaluation that failed, and no result of the others.
        Its `reason` is `expression` (or its input), `deadline`, `memory` or `died` (the evaluator's process).
        """
        ...
