r"""The text of matchers, as Alertmanager reads it since 0.27 in its default mode.

A text that the classic grammar reads means what it means there; any other is read by the UTF-8 grammar. The classic
grammar has bare names, and in a value the escapes `\n`, `\"` and `\\`; any other backslash is a backslash. The UTF-8
grammar also has quoted names, and in quotes the escapes of Go's string literals, such as `\t` and `\u00e9`.
Source: Alertmanager documentation, "Matchers"; `matcher/compat`, `matcher/parse` and `pkg/labels` of 0.34.
"""

import re
from collections.abc import Iterator

Triple = tuple[str, str, str]
"""The name, the operator and the value of a matcher."""
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CLASSIC = re.compile(r"[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|!=|!~|=)(.*)", re.DOTALL)
_QUOTED_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE_VALUE = re.compile(r'((?:[^"\\]|\\.)*\\?)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
_TOKEN = rf'"(?:[^"\\]|\\.)*"|[^{{}}!=~,\\"\'`{_SPACES}]+'
_UTF8 = re.compile(
    rf"({_TOKEN})[{_SPACES}]*(=~|!=|!~|=)[{_SPACES}]*({_TOKEN})[{_SPACES}]*(?:,[{_SPACES}]*|\Z)", re.DOTALL
)
_EDGES = re.compile(rf"[{_SPACES}]*(.*?)[{_SPACES}]*", re.DOTALL)
_GO = re.compile(r'\\([abfnrtv\\"])|\\x([0-9a-fA-F]{2})|\\([0-7]{3})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|([^\\\n])')
_GO_ESCAPES = dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"', strict=True))


def triples(text: str, *, lone_brace: bool = False) -> list[Triple]:
    """The matchers in *text*, separated by commas, with or without braces. Raises ValueError.

    In Alertmanager's classic grammar a brace need not have its other half, so `a=~b{3}` loses one (*lone_brace*). In
    opos.yaml the brace belongs to the expression.
    """
    is_braced = lone_brace or (text.startswith("{") and text.endswith("}"))
    inner = text.removeprefix("{").removesuffix("}") if is_braced else text
    classic = [_classic(part) for part in _parts(inner)]
    known = [triple for triple in classic if triple]
    return known if len(known) == len(classic) else _utf8(text)


def triple(text: str) -> Triple:
    """The single matcher in *text*, without braces. Raises ValueError."""
    matchers = [known] if (known := _classic(text)) else [] if text.startswith("{") else _utf8(text)
    if len(matchers) != 1:
        raise ValueError(f'expected a single matcher such as severity="critical" or alertname=~"Disk.*", not {text!r}')
    return matchers[0]


def _classic(part: str) -> Triple | None:
    shape = _CLASSIC.fullmatch(part)
    if shape is None:
        return None
    name, operator, rest = shape.groups()
    raw = rest.strip("\t\n\f\r ")
    value = (_QUOTED_VALUE if raw.startswith('"') else _BARE_VALUE).fullmatch(raw)
    return (name, operator, _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[0]), value[1])) if value else None


def _parts(text: str) -> Iterator[str]:
    """*text* split at its commas, except within quotes, without an empty last part."""
    part, quoted, escaped = "", False, False
    for character in text:
        if character == "," and not quoted:
            yield part
            part = ""
            continue
        quoted ^= character == '"' and not escaped
        escaped = character == "\\" and not escaped
        part += character
    if part.strip():
        yield part


def _utf8(text: str) -> list[Triple]:
    inner = _trimmed(text)
    if inner[:1] == "{" and inner[-1:] == "}":
        inner = _trimmed(inner[1:-1])
    position, matchers = 0, []
    while position < len(inner):
        shape = _UTF8.match(inner, position)
        if shape is None:
            hint = r"; write a quote within quotes as \"" if '"' in text else ""
            raise ValueError(
                f'expected a matcher such as severity="critical" or alertname=~"Disk.*", not {text!r}{hint}'
            )
        name, operator, value = shape.groups()
        matchers.append((_unquoted(name), operator, _unquoted(value)))
        position = shape.end()
    return matchers


def _trimmed(text: str) -> str:
    edges = _EDGES.fullmatch(text)
    return edges[1] if edges else text


def _unquoted(token: str) -> str:
    """*token* without its quotes, read as Go reads a string literal: an escape may stand for a single byte."""
    if not token.startswith('"'):
        return token
    inner = token[1:-1]
    pieces = list(_GO.finditer(inner))
    try:
        if sum(len(piece[0]) for piece in pieces) == len(inner):
            return b"".join(map(_bytes, pieces)).decode()
    except (ValueError, OverflowError):
        pass
    raise ValueError(rf"expected only escapes of Go's string literals, such as \t or \\, within {token}")


def _bytes(piece: re.Match[str]) -> bytes:
    letter, byte, octal, short, long, plain = piece.groups()
    if byte or octal:
        return bytes([int(byte, 16) if byte else int(octal, 8)])
    return (plain or _GO_ESCAPES.get(letter or "") or chr(int(short or long, 16))).encode()
