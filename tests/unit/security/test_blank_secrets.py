"""A secret of white space is no secret: a caller could send it by chance, or by leaving a token out."""

from pathlib import Path

import pytest

from shared.security.secrets import flaw, read_secret


@pytest.mark.parametrize("blank", ["", " ", "\n", "\t \n", "\xa0"])
def test_a_blank_secret_counts_as_not_set(blank: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{blank}\n")
    assert read_secret("TOKEN", {"TOKEN": blank}) is None
    assert read_secret("TOKEN", {"TOKEN_FILE": str(file)}) is None
    file.write_text("a b \n")
    assert read_secret("TOKEN", {"TOKEN": blank, "TOKEN_FILE": str(file)}) == "a b "


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("whsec_abc", ""), ("a b", ""), ("it's", ""), ("'", ""), ("abc'", ""),
        ("abc\r", "ends in whitespace"), ("abc\n", "ends in whitespace"), ("abc \t", "ends in whitespace"),
        ("abc\xa0", "ends in whitespace"), (" abc", "begins with whitespace"), ("'abc'", "is in quotes"),
        ('"abc"', "is in quotes"),
    ],
)  # fmt: skip
def test_what_an_editor_or_a_shell_left_in_a_secret_is_named_without_its_value(value: str, expected: str) -> None:
    assert flaw(value) == expected
