"""`.env` after `opos init`: what it sets keeps its value, however its lines are written."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from opos.init.dotenv import Wanted, with_secrets
from shared.config.files.dotenv import read

SECRET = Wanted("APP_SECRET", "it's #1", "note")
PARTS = [
    "",
    " ",
    "\t",
    "export ",
    "export  ",
    "#",
    "'x'",
    '"x"',
    "''",
    '""',
    "'a\nAPP_SECRET=\n'",
    "\\\n",
    "y",
    "$OTHER",
    " # why",
]
lines = st.builds(
    lambda head, name, gap, parts: f"{head}{name}{gap}={''.join(parts)}",
    st.sampled_from(["", " ", "export ", "export  ", "\texport\t", "#"]),
    st.sampled_from(["APP_SECRET", "OTHER", "APP_SECRETS"]),
    st.sampled_from(["", " "]), st.lists(st.sampled_from(PARTS), max_size=3),
)  # fmt: skip


def values(folder: Path, text: str) -> dict[str, str]:
    (folder / "env").write_bytes(text.encode())
    return read(folder / "env", {})[0]


@given(st.lists(lines, max_size=4), st.sampled_from(["\n", "\r\n"]))
@example(["export  APP_SECRET='x'"], "\n")
@example(["APP_SECRET = 'x'"], "\n")
@example(["APP_SECRET=\\\n''"], "\n")
@example(["OTHER=\\\n"], "\n")
def test_a_secret_that_is_set_keeps_its_value_and_an_empty_one_gets_it(
    tmp_path_factory: pytest.TempPathFactory, written: list[str], newline: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    before = "".join(f"{line}{newline}" for line in written)
    was = values(folder, before)
    if read(folder / "env", {})[1]:
        return  # `opos init` refuses such a file
    after, new = with_secrets(before, [SECRET], {})
    assert values(folder, after) == {**was, SECRET.name: was.get(SECRET.name) or SECRET.value}
    assert (new == []) == bool(was.get(SECRET.name))
    assert with_secrets(after, [SECRET], {}) == (after, [])


@pytest.mark.parametrize(
    "blank", ["APP_SECRET=", "export  APP_SECRET = ''", 'APP_SECRET=""\t# from the app', "APP_SECRET= # x"]
)
def test_an_empty_value_is_filled_in_its_line(blank: str) -> None:
    after, new = with_secrets(f"A=1\n{blank}\nB=2", [SECRET], {})
    assert (len(after.splitlines()), after[:4], after[-4:], new) == (3, "A=1\n", "\nB=2", [SECRET])
    assert ("#" in blank) == (" # " in after.replace("\t", " "))


@pytest.mark.parametrize("present", ["APP_SECRET_FILE=/run/gone", "export  APP_SECRET_FILE = '/run/gone'"])
def test_a_secret_in_a_file_that_cannot_be_read_now_is_set(present: str) -> None:
    assert with_secrets(present, [SECRET], {}) == (present, [])


def test_an_empty_file_name_is_no_secret_and_gets_none() -> None:
    after, _ = with_secrets("APP_SECRET_FILE=\n", [SECRET], {})
    assert after.startswith("APP_SECRET_FILE=\n# note\nexport APP_SECRET=")


def test_an_empty_variable_of_the_process_lets_no_value_of_the_file_change() -> None:
    assert with_secrets("APP_SECRET='x'\n", [SECRET], {"APP_SECRET": ""}) == ("APP_SECRET='x'\n", [])


def test_a_name_without_a_value_to_fill_in_is_not_repeated() -> None:
    assert with_secrets("export APP_SECRET=\n", [SECRET.__class__("APP_SECRET", "", "")], {}) == (
        "export APP_SECRET=\n",
        [],
    )
