"""Which texts of a definition are expressions. A text is one if it is wholly `${ ... }`; some fields take bare ones."""

import re

from shared.workflows import jq_words

_WHOLE = re.compile(r"\s*\$\{(.+)\}\s*", re.DOTALL)
MIXED_HINT = '${ "Hello \\(.user.name)" }'
"""How to write what a mixed text means."""


def is_expression(text: str) -> bool:
    """Whether *text* is wholly one `${ ... }`. An expression that jq cannot read is still an expression."""
    whole = _WHOLE.fullmatch(text)
    return whole is not None and not jq_words.closes_early(whole[1])


def source(text: str) -> str:
    """The expression inside of `${ ... }`, or *text* itself where it is bare."""
    return (text.strip()[2:-1] if is_expression(text) else text).strip()


def mixed(text: str) -> bool:
    """Whether *text* contains `${` and is no expression: nothing would fill it in, so a check must refuse it."""
    return "${" in text and not is_expression(text)
