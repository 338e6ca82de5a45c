"""Text from outside in the markup of a channel, as an independent parser of CommonMark and a reader of Slack's see it."""

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from shared.values.markup import MARKDOWN, SLACK, unformatted, unformatted_url
from shared.values.text import readable, readable_lines
from tests.support.hostile import HOSTILE, LEGITIMATE

PARTS = [
    "*", "**", "_", "__", "~~", "`", "```", "|", "||", "<", ">", "[", "]", "(", ")", "](", "![", "]:", "#", "# ", "- ",
    "+ ", "1. ", "1) ", "===", "---", "***", "> ", "    ", "\\", "&lt;", "&", "@", "@everyone", "@here", "<@U123>",
    "<!channel>", "<#C1>", "<https://e.example|x>", "https://e.example", "a", "b c", "\n", ":", "!", "é", "\u200d",
]  # fmt: skip
markup = st.lists(st.sampled_from(PARTS), max_size=12).map("".join) | st.text(max_size=30)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MENTION = re.compile(r"@(?=[\w*])|<[!#]")


def tokens(markdown: str) -> list[Token]:
    blocks = PARSER.parse(markdown)
    return [token for block in blocks for token in (block, *(block.children or []))]


def plain(token: Token) -> bool:
    return token.type in {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "text_special"}


def shown(markdown: str) -> str:
    marks = {"softbreak": "\n", "paragraph_close": "\n"}
    return "".join(marks.get(token.type, "" if token.type == "inline" else token.content) for token in tokens(markdown))


@given(markup)
def test_escaped_markdown_formats_links_and_mentions_nothing_and_shows_every_character(text: str) -> None:
    line = readable(text)
    escaped = MARKDOWN.escape(line)
    assert [token.type for token in tokens(escaped) if not plain(token)] == []
    assert not MENTION.search(escaped)
    assert shown(escaped).strip().replace("@\u200b", "@") == line.strip().replace("@\u200b", "@")


@pytest.mark.parametrize(
    "text", ["http://x.example/a", "see HTTPS://x.example", "WWW.x.example", "a www.x.example", "$x^2$"]
)
def test_a_bare_address_and_a_formula_are_text_for_github_too(text: str) -> None:
    escaped = MARKDOWN.escape(text)
    assert not re.search(r"(?<!\\)(://|\$)|www\.", escaped, re.IGNORECASE)
    assert shown(escaped).strip() == text


@pytest.mark.parametrize("line", ["1) x", "12. x", "- x", "+ x", "* x", "# x", "> x", "==="])
def test_what_begins_a_block_is_text(line: str) -> None:
    assert [token.type for token in tokens(MARKDOWN.escape(line)) if not plain(token)] == []


@pytest.mark.parametrize("escape", [MARKDOWN.escape, unformatted])
@given(text=markup)
@example(text="a \\\nb")  # the line break of Markdown
def test_neither_do_lines_of_it(escape: Callable[[str], str], text: str) -> None:
    escaped = escape(readable_lines(text).replace("  \n", "\n"))
    assert [token.type for token in tokens(escaped) if not plain(token)] in ([], ["hardbreak"] * escaped.count("  \n"))
    assert not MENTION.search(escaped)


@given(markup)
def test_for_slack_only_entities_are_left_and_nothing_that_formats(text: str) -> None:
    escaped = SLACK.escape(readable_lines(text))
    assert not re.search(
        r"[<>*~`]|&(?!amp;|lt;|gt;)|\|\||^ *(&gt;|#|-)|(?<![^\W_])_|_(?![^\W_])", escaped, re.MULTILINE
    )
    assert not MENTION.search(escaped)


@given(markup)
def test_unformatted_text_has_nothing_of_any_markup_and_stays_as_it_is(text: str) -> None:
    safe = unformatted(readable_lines(text))
    assert not re.search(r"[<>*~`]|\]\(|\]:|\|\|", safe)
    assert unformatted(safe) == safe


@pytest.mark.parametrize("escape", [MARKDOWN.escape, SLACK.escape, unformatted])
@pytest.mark.parametrize("text", [text for text in LEGITIMATE if "(" not in text])
def test_what_a_script_or_an_emoji_needs_stays(escape: Callable[[str], str], text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize("name", ["disk_full_on_db", "a.b-c", "C:\\Users", "f(x)", "50% of 3, or 2"])
def test_a_usual_name_reads_the_same_everywhere(name: str) -> None:
    assert shown(MARKDOWN.escape(name)).strip() == name
    assert unformatted(name) == name


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://x.example/a?b=1&c=2#d", "https://x.example/a?b=1&c=2#d"),
        ("https://x.example/_a_/(b)*|", "https://x.example/%5Fa%5F/%28b%29%2A%7C"),
    ],
)
def test_a_bare_link_holds_nothing_of_any_markup(url: str, safe: str) -> None:
    assert unformatted_url(url) == safe


def test_a_hostile_title_in_each_markup() -> None:
    title = readable(HOSTILE)
    for escape in (MARKDOWN.escape, SLACK.escape, unformatted):
        assert "@everyone" not in escape(title)
        assert "<!channel>" not in escape(title)
