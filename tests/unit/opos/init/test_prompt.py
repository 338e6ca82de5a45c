"""Help fits the terminal: 80 columns, 40, or fewer than a word has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.init.interview import rows
from opos.init.prompt import columns, paragraph
from opos.init.receivers import kinds, receivers
from opos.senders.catalogue import known

TEXTS = [row.help for row in rows().values()] + [row.where for row in receivers().values()]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_help_is_cut_to_the_terminal_between_words_and_loses_none(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for text in TEXTS:
        lines = paragraph(text)
        assert " ".join(lines).split() == text.split()
        wrapped = [line for line in lines if " " in line.strip() and not line.startswith("     ")]
        assert [line for line in wrapped if len(line) >= min(width, 80)] == []
    for line in columns(known()):
        assert len(line) < width


@given(st.lists(st.from_regex(r"[a-z]{1,90}", fullmatch=True)))
def test_columns_show_each_name_once_and_in_order(names: list[str]) -> None:
    assert " ".join(columns(names)).split() == names


def test_each_question_is_one_short_line() -> None:
    assert [row.text for row in rows().values() if len(row.text) > 60 or "\n" in row.text] == []
    assert {"ntfy", "telegram", "pushover"} <= {*kinds()}
