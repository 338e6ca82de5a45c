"""The words of a jq program, and which of them an expression must not use. Source: the jq 1.8 manual.

The list gives early, clear errors. That no expression reaches the process is the work of the evaluator's own process.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_WORLD = "an expression sees only its input and its variables"
_INPUT = "use `.`, the input of the expression"
_MODULES = "define functions in the expression itself: `def f: ...; ...`"
_STOPS = 'use `error("...")`, or `raise` in the workflow'
_PRINTS = "look at the run: opos records the result of each task"
_ZONE = "the zone of a machine is not the same everywhere; use `gmtime` or `strftime`"
FORBIDDEN = {
    **dict.fromkeys(("env", "$ENV", "input_filename", "input_line_number"), _WORLD),
    **dict.fromkeys(("get_search_list", "modulemeta", "import", "include", "module"), _MODULES),
    **dict.fromkeys(("input", "inputs"), _INPUT),
    **dict.fromkeys(("halt", "halt_error"), _STOPS),
    **dict.fromkeys(("debug", "stderr", "$__loc__"), _PRINTS),
    **dict.fromkeys(("localtime", "strflocaltime"), _ZONE),
}
"""Each forbidden word, with what to do instead."""

_CODE = re.compile(
    r"(?P<blank>\s+)|(?P<comment>\#[^\r\n]*)|(?P<quote>\")|(?P<field>\.\.|\.[A-Za-z_]\w*)"
    r"|(?P<word>[$@]?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<other>.)",
    re.ASCII | re.DOTALL,
)
_TEXT = re.compile(r"(?P<plain>(?:[^\"\\]|\\[^(])+)|(?P<open>\\\()|(?P<quote>\")|(?P<other>.)", re.DOTALL)
_COLON = re.compile(r"\s*:(?!:)")


class Token(NamedTuple):
    """A piece of a program. `inside` is the bracket or quote that it stands in; empty at the top."""

    kind: str
    text: str
    end: int
    inside: str


def forbidden(source: str) -> str | None:
    """Why *source* cannot be an expression, whatever its syntax: a forbidden word, or what could hide one."""
    if "\0" in source:
        return "expected text, found a character NUL"
    return next(filter(None, (_complaint(token, source) for token in _tokens(source))), None)


def closes_early(source: str) -> bool:
    """Whether a bracket of *source* closes what it did not open: `.a } and ${ .b` is not the inside of one `${ }`."""
    return any(token.kind == "close" and not token.inside for token in _tokens(source))


def _complaint(token: Token, source: str) -> str | None:
    if token.kind == "comment" and token.text.endswith("\\"):
        return "a comment must not end with a backslash: it would go on in the next line"
    if token.kind != "word" or token.text not in FORBIDDEN or _is_key(token, source):
        return None
    return f"`{token.text}` is not allowed in an expression: {FORBIDDEN[token.text]}"


def _is_key(token: Token, source: str) -> bool:
    return token.inside == "{" and _COLON.match(source, token.end) is not None


def _tokens(source: str) -> Iterator[Token]:
    """The tokens of *source*, which need not be a correct program; strings may contain code."""
    opened: list[str] = []
    position = 0
    while match := (_TEXT if opened[-1:] == ['"'] else _CODE).match(source, position):
        token = Token(match.lastgroup or "", match[0], match.end(), opened[-1] if opened else "")
        yield token
        position = token.end
        _step(opened, token)


def _step(opened: list[str], token: Token) -> None:
    if token.kind == "open" or (token.kind == "quote" and token.inside != '"'):
        opened.append(token.text[-1])
    elif token.kind in {"close", "quote"} and opened:
        opened.pop()
