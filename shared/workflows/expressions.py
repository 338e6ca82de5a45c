"""Which texts are expressions."""

import re

_WHOLE = re.compile(r"\s*\$\{(.+)\}\s*", re.DOTALL)


def is_expression(text: str) -> bool:
    """Whether *text* is wholly `${ ... }`."""
    return _WHOLE.fullmatch(text) is not None


def source(text: str) -> str:
    """The expression inside of `${ ... }`, or *text* itself where it is bare."""
    whole = _WHOLE.fullmatch(text)
    return (whole[1] if whole else text).strip()


def mixed(text: str) -> bool:
    """Whether *text* contains `${` and is no expression."""
    return "${" in text and not is_expression(text)
