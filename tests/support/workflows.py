"""Workflows in tests: definitions from text, and an evaluator that knows enough of jq to check them."""

import re
from collections.abc import Sequence
from textwrap import dedent, indent
from typing import Any

from shared.config.files.located_yaml import parse_yaml
from shared.ports.evaluator import Analysis, Evaluation
from shared.workflows.checked import Checked, checked
from shared.workflows.definition import Definition

FILE = "order.yaml"
HEADER = "document: {dsl: '1.0.3', namespace: shop, name: order, version: '1.0.0'}\n"
"""One line, so that what follows begins on line 2."""
_TEXT = re.compile(r'"(?:[^"\\]|\\\((?P<part>[^()]*)\)|\\.)*"')
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_BOUND = re.compile(r"\bas\s+\$([A-Za-z_]\w*)")


class FakeEvaluator:
    """Tells the free variables of simple expressions, and refuses those with brackets that do not match."""

    def analyse(self, sources: Sequence[str]) -> list[Analysis]:
        return [self._analysis(source) for source in sources]

    def evaluate(self, batch: Sequence[Evaluation]) -> list[Any]:
        raise NotImplementedError

    def _analysis(self, source: str) -> Analysis:
        code = _TEXT.sub(lambda text: f"({text['part'] or '0'})", source)
        if any(code.count(opening) != code.count(closing) for opening, closing in ("()", "[]", "{}")):
            return Analysis("brackets that do not match", frozenset())
        return Analysis(None, frozenset(_VARIABLE.findall(code)) - frozenset(_BOUND.findall(code)))


def check(text: str) -> Checked:
    """The file with *text*, a whole definition."""
    return checked(parse_yaml(text, FILE), FakeEvaluator())


def check_tasks(tasks: str, more: str = "") -> Checked:
    """The definition with these *tasks*, the first of which is on line 3; *more* comes after them."""
    return check(f"{HEADER}do:\n{indent(dedent(tasks).strip(), '  ')}\n{dedent(more)}")


def definition(text: str) -> Definition:
    """The definition in *text*, which has no faults."""
    result = check(text)
    assert result.definition is not None, result.faults
    return result.definition
