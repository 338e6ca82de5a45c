"""A secret of white space is no secret: a caller could send it by chance, or by leaving a token out."""

from pathlib import Path

import pytest

from shared.security.secrets import read_secret


@pytest.mark.parametrize("blank", ["", " ", "\n", "\t \n", "\xa0"])
def test_a_blank_secret_counts_as_not_set(blank: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{blank}\n")
    assert read_secret("TOKEN", {"TOKEN": blank}) is None
    assert read_secret("TOKEN", {"TOKEN_FILE": str(file)}) is None
    file.write_text("a b \n")
    assert read_secret("TOKEN", {"TOKEN": blank, "TOKEN_FILE": str(file)}) == "a b "
