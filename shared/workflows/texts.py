"""The texts of a definition: which are expressions, and what is wrong with those and with the others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.config.files.faults import Fault, nearest
from shared.config.files.located_yaml import Located, Where
from shared.ports.evaluator import Analysis, Evaluator
from shared.workflows.expressions import is_expression, mixed, source
from shared.workflows.nodes import Node
from shared.workflows.part import Bare, Calls, Free, Valued
from shared.workflows.places import Place
from shared.workflows.references import declared
from shared.workflows.validation import fault
from shared.workflows.variables import variables

_INNER = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
_SECRET = re.compile(r"""\$secrets\s*(?:\.\s*([A-Za-z_]\w*)|\.?\s*\[?\s*"([^"\\]+)"\s*\]?)""")
_HINTS = {
    "output": "use `.`, which is the output here",
    "input": "use `.`, which is the input here",
    "secrets": "use it in authentication, or in headers, query and body of call: http, where no history has it",
    "error": "an error is known in catch only",
}


class Expression(NamedTuple):
    where: Where
    source: str


def text_faults(located: Located, nodes: Sequence[Node]) -> Iterator[Fault]:
    """Every `${` that would silently stay a text."""
    for node in nodes:
        if not isinstance(node.value, str) or isinstance(node.mark, Free) or "${" not in node.value:
            continue
        if node.mark is None or isinstance(node.mark, Calls):
            expected = "plain text, since opos evaluates no expression here"
            yield fault(located, node.where, expected, repr(node.value))
        elif isinstance(node.mark, Bare | Valued) and mixed(node.value):
            expected = "an expression that is wholly in ${ }, since nothing fills in a part of a text"
            yield fault(located, node.where, expected, repr(node.value), f"write {_whole(node.value)}")


def _whole(text: str) -> str:
    """*text* as an expression, where it is simple enough to tell."""
    outside = _INNER.sub("", text)
    if "${" in outside or '"' in text or "\\" in text or "\n" in text:
        return r'a text with parts as an expression: ${ "Hello \(.user.name)" }'
    inside = _INNER.sub(r"\\(\1)", text)
    return f'${{ "{inside}" }}'


def expressions(nodes: Sequence[Node]) -> list[Expression]:
    """The expressions of a definition, in its order."""
    return [Expression(node.where, source(node.value)) for node in nodes if _is_evaluated(node)]


def _is_evaluated(node: Node) -> bool:
    if not isinstance(node.value, str) or mixed(node.value):
        return False
    return isinstance(node.mark, Bare) or (isinstance(node.mark, Valued) and is_expression(node.value))


def expression_faults(
    located: Located, nodes: Sequence[Node], places: Mapping[Where, Place], evaluator: Evaluator
) -> Iterator[Fault]:
    """Every expression that the evaluator refuses, or that uses a variable which it has not."""
    written = expressions(nodes)
    analyses = evaluator.analyse([expression.source for expression in written]) if written else []
    for expression, analysis in zip(written, analyses, strict=True):
        if analysis.fault is not None:
            quoted = "one with a mistake" if expression.source in analysis.fault else repr(expression.source)
            yield fault(
                located, expression.where, "a jq expression that opos can evaluate", f"{quoted}: {analysis.fault}"
            )
        else:
            yield from _wrong_variables(located, expression, analysis, variables(expression.where, places))


def _wrong_variables(
    located: Located, expression: Expression, analysis: Analysis, known: frozenset[str]
) -> Iterator[Fault]:
    for name in sorted(analysis.variables - known):
        expected = f"one of {', '.join(f'${variable}' for variable in sorted(known))}"
        hint = _HINTS.get(name) or nearest(f"${name}", [f"${variable}" for variable in known])
        yield fault(located, expression.where, expected, f"${name}", hint)
    names = declared(located.data, "secrets")
    for secret in _secrets(expression.source) if "secrets" in analysis.variables & known else ():
        if secret not in names:
            expected = f"a secret of use.secrets ({', '.join(names) or 'it has none'})"
            yield fault(located, expression.where, expected, repr(secret), nearest(secret, names))


def _secrets(source: str) -> list[str]:
    """The secrets that *source* names."""
    return [plain or quoted for plain, quoted in _SECRET.findall(source)]
