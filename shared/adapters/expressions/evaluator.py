"""The Evaluator port with jaq, in a small pool of child processes."""

import json
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import LifoQueue
from typing import Any

from shared.adapters.expressions.child import Child
from shared.errors import ExpressionError
from shared.ports.evaluator import Analysis, Evaluation
from shared.values import finite_json

MEMORY = 128 * 1024 * 1024
"""Bytes that expressions may use, in addition to what an idle child uses."""
DEADLINE = 2.0
"""Seconds of one round trip."""
MAX_REQUEST = 16 * 1024 * 1024
"""Bytes of the expressions and data of one round trip."""
CHILDREN = 2
"""Children at most: one expression that runs until its deadline must not stop the others."""
MAX_BATCH = 1000
"""Evaluations in one round trip."""
_LENGTH = struct.Struct(">I")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ONE = "an expression must have exactly one result: use `first(...)` or `[...]`"


class JaqEvaluator:
    """Evaluates in children that are started when they are needed. The last that answered is the next to be asked."""

    def __init__(self, *, children: int = CHILDREN, memory: int = MEMORY, deadline: float = DEADLINE) -> None:
        self._children = [Child(memory=memory, deadline=deadline) for _ in range(children)]
        self._idle: LifoQueue[Child] = LifoQueue()
        for child in self._children:
            self._idle.put(child)

    @property
    def pids(self) -> list[int]:
        """The processes of the children that run."""
        return [child.pid for child in self._children if child.pid is not None]

    def analyse(self, sources: Sequence[str]) -> list[Analysis]:
        """Asks for each by itself, as one that ends the child must not stop the analysis of the others."""
        return [self._analysis(source) for source in sources]

    def evaluate(self, batch: Sequence[Evaluation]) -> list[Any]:
        if not batch:
            return []
        if len(batch) > MAX_BATCH:
            raise ExpressionError(f"expected at most {MAX_BATCH} evaluations at once, found {len(batch)}")
        request = _request(_evaluations(batch))
        return [_result(answer, index) for index, answer in enumerate(self._ask(request, len(batch)))]

    def close(self) -> None:
        """Ends all children."""
        for child in self._children:
            child.close()

    def _analysis(self, source: str) -> Analysis:
        try:
            request = _request([(_encoded(source, 0), b"", b"")])
            (answer,) = self._ask(request, 1)
        except ExpressionError as error:
            if error.reason == "died":
                raise
            return Analysis(error.message, frozenset())
        analysis = json.loads(answer)
        return Analysis(analysis["fault"], frozenset(analysis["variables"]))

    def _ask(self, request: bytes, count: int) -> list[bytes]:
        with self._child() as child:
            return child.ask(request, count)

    @contextmanager
    def _child(self) -> Iterator[Child]:
        child = self._idle.get()
        try:
            yield child
        finally:
            self._idle.put(child)


def _request(items: Sequence[tuple[bytes, bytes, bytes]]) -> bytes:
    texts = b"".join(_LENGTH.pack(len(text)) + text for item in items for text in item)
    if len(texts) > MAX_REQUEST:
        raise ExpressionError(
            f"expected at most {MAX_REQUEST >> 20} MB of expressions and data, found {len(texts)} bytes"
        )
    return _LENGTH.pack(len(texts)) + texts


def _evaluations(batch: Sequence[Evaluation]) -> list[tuple[bytes, bytes, bytes]]:
    """The texts of *batch*. A value that several evaluations share is encoded once."""
    texts: dict[int, bytes] = {}
    return [_evaluation(evaluation, index, texts) for index, evaluation in enumerate(batch)]


def _evaluation(evaluation: Evaluation, index: int, texts: dict[int, bytes]) -> tuple[bytes, bytes, bytes]:
    """Source, names, and JSON: with those variables only that the source may use."""
    variables = {name: value for name, value in evaluation.variables.items() if f"${name}" in evaluation.source}
    names = sorted(filter(_NAME.fullmatch, variables))
    pairs = (f'"{name}":'.encode() + _json(variables[name], index, texts) for name in names)
    values = b"[%b,{%b}]" % (_json(evaluation.input, index, texts), b",".join(pairs))
    return _encoded(evaluation.source, index), " ".join(names).encode(), values


def _json(value: Any, index: int, texts: dict[int, bytes]) -> bytes:
    if id(value) not in texts:
        texts[id(value)] = _encoded_json(value, index)
    return texts[id(value)]


def _encoded_json(value: Any, index: int) -> bytes:
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ExpressionError(
            f"expected JSON as input and variables, found what is not: {error}", index=index
        ) from None


def _encoded(source: str, index: int) -> bytes:
    try:
        return source.encode()
    except UnicodeEncodeError:
        raise ExpressionError("expected an expression in Unicode, found half of a character", index=index) from None


def _result(answer: bytes, index: int) -> Any:
    try:
        results = json.loads(answer)
    except (ValueError, RecursionError):
        raise ExpressionError("expected JSON as the result, found what is not", index=index) from None
    if len(results) != 1:
        raise ExpressionError(f"expected one result, found {'several' if results else 'none'}", index=index, hint=_ONE)
    if fault := finite_json.fault(results[0]):
        raise ExpressionError(f"the result: {fault}", index=index)
    return results[0]
