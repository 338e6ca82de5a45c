"""The evaluator of workflows: checks each text, answers simple expressions itself, and asks another for the rest."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from shared.errors import ExpressionError
from shared.ports.evaluator import Analysis, Evaluation, Evaluator
from shared.values import finite_json
from shared.workflows.jq_paths import Getter, getter
from shared.workflows.jq_words import forbidden

MAX_SOURCE = 64 * 1024
"""Bytes of an expression."""


@lru_cache(maxsize=1024)
def text_fault(source: str) -> str | None:
    """Why the text *source* cannot be an expression, before anything parses it; None if it may be one."""
    if len(source) > MAX_SOURCE or len(source.encode(errors="replace")) > MAX_SOURCE:
        return f"expected an expression of at most {MAX_SOURCE} bytes, found a longer one"
    return finite_json.fault(source) or forbidden(source)


class CheckedEvaluator:
    """An Evaluator in front of *full*, which gets no text that `text_fault` refuses, and no simple expression."""

    def __init__(self, full: Evaluator) -> None:
        self._full = full

    def analyse(self, sources: Sequence[str]) -> list[Analysis]:
        faults = [text_fault(source) for source in sources]
        parsed = iter(self._full.analyse([source for source, fault in zip(sources, faults, strict=True) if not fault]))
        return [Analysis(fault, frozenset()) if fault else next(parsed) for fault in faults]

    def evaluate(self, batch: Sequence[Evaluation]) -> list[Any]:
        for index, evaluation in enumerate(batch):
            _check_text(evaluation.source, index)
        getters = [getter(evaluation.source) for evaluation in batch]
        results = iter(self._fully(batch, [index for index, get in enumerate(getters) if get is None]))
        return [_simple(batch[index], get, index) if get else next(results) for index, get in enumerate(getters)]

    def _fully(self, batch: Sequence[Evaluation], places: Sequence[int]) -> list[Any]:
        """The results of the evaluations at *places* of *batch*, in one round trip; none if there are none."""
        try:
            return self._full.evaluate([batch[place] for place in places]) if places else []
        except ExpressionError as error:
            raise error.at(places[error.index]) from error


def _simple(evaluation: Evaluation, get: Getter, index: int) -> Any:
    try:
        value = get(evaluation.input, evaluation.variables)
    except ExpressionError as error:
        raise error.at(index) from error
    if fault := finite_json.fault(value):
        raise ExpressionError(f"the result of `{evaluation.source}`: {fault}", index=index)
    return value


def _check_text(source: str, index: int) -> None:
    if fault := text_fault(source):
        raise ExpressionError(fault, index=index)
