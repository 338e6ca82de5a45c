"""Text from outside in the markup of a channel: escaped, so that it formats nothing, links nothing and mentions nobody.

Sources: CommonMark 0.31, section 2.4 (backslash escapes), 4 and 5 (blocks, which begin a line); GitHub Flavored
Markdown 0.29, section 6.9 (bare addresses are links); GitHub documentation, "Writing mathematical expressions" (`$`);
Slack documentation, "Formatting text", which has escapes for `&`, `<` and `>` only; HTML Living Standard, section 13.1
(escapes in text and attributes).
"""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Rule = tuple[re.Pattern[str], str]

_GAP = "\u200b"
"""A space without width, between two characters that would mean something together."""
_INDENT: Rule = re.compile(r"^ +", re.MULTILINE), ""
_MENTION: Rule = re.compile(rf"@(?=[^\s{_GAP}])"), f"@{_GAP}"
_IN_MARKDOWN: tuple[Rule, ...] = (
    _INDENT,
    (re.compile(r"([\\`*_\[\]()<>#|~!&$])"), r"\\\1"),
    (re.compile(r"(:(?=//)|(?<=www)\.)", re.IGNORECASE), r"\\\1"),
    (re.compile(r"^([-+=])", re.MULTILINE), r"\\\1"),
    (re.compile(r"^([0-9]{1,9})\.", re.MULTILINE), r"\1\\."),
    _MENTION,
)
_AT_EDGE_OF_WORD: Rule = re.compile(r"(?<![^\W_])_|_(?![^\W_])"), "\N{MODIFIER LETTER LOW MACRON}"
"""An underscore within a word formats nothing."""
_ANYWHERE: tuple[Rule, ...] = (
    _INDENT,
    (re.compile(r"^(?=[>#+=|-]|[0-9]{1,9}[.)])", re.MULTILINE), _GAP),
    _AT_EDGE_OF_WORD,
    (re.compile(r"\](?=[(:\[])|\|(?=\|)|\\(?=\n)"), rf"\g<0>{_GAP}"),
    _MENTION,
)
_LOOKALIKES = str.maketrans({"*": "\N{ASTERISK OPERATOR}", "~": "\N{TILDE OPERATOR}", "`": "'"})
_BRACKETS = str.maketrans(
    {"<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"}
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a dialect escapes text, writes a link with its text, and writes bold text; both texts are escaped."""

    escape: Callable[[str], str]
    link: Callable[[str, str], str]
    bold: Callable[[str], str]


def unformatted(text: str) -> str:
    """*text* for a service whose markup is unknown. What could format it becomes a character that looks alike."""
    return _without_format(text).translate(_BRACKETS)


def unformatted_url(url: str) -> str:
    """*url*, of the same meaning, for a service that might read a part of it as its markup."""
    return re.sub(r"[^\w:/?#@!$&'+,;=%.-]|_", _percent, url)


def _markdown(text: str) -> str:
    return _ruled(text, _IN_MARKDOWN)


def _slack(text: str) -> str:
    return _entities(_without_format(text))


def _slack_link(text: str, url: str) -> str:
    return f"<{_entities(_target(url)).replace('|', '%7C')}|{text.replace('|', '/')}>"


def _without_format(text: str) -> str:
    return _ruled(text, _ANYWHERE).translate(_LOOKALIKES)


def _ruled(text: str, rules: Sequence[Rule]) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _target(url: str) -> str:
    return re.sub(r"[ ()<>]", _percent, url)


def _percent(character: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in character[0].encode())


def _html_link(text: str, url: str) -> str:
    return f'<a href="{html.escape(url)}">{text}</a>'


MARKDOWN = Dialect(_markdown, lambda text, url: f"[{text}]({_target(url)})", lambda text: f"**{text}**")
SLACK = Dialect(_slack, _slack_link, lambda text: f"*{text}*")
SIMPLE_HTML = Dialect(html.escape, _html_link, lambda text: f"<b>{text}</b>")
"""The few tags that messengers accept, with line breaks as they are in a plain text."""
DIALECTS = {"markdown": MARKDOWN, "slack": SLACK, "simple-html": SIMPLE_HTML}
"""The dialects, by the markup of a channel's form."""
