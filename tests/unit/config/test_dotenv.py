"""`.env`: the assignments of a shell, read as a shell reads them, except that nothing runs."""

import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opos.terminal import options
from opos.terminal.options import Place
from shared.config.files.dotenv import read, variables
from shared.config.files.faults import ConfigError
from shared.runtime.settings import Settings

TEXT = r"""
# a comment
export PLAIN=value
QUOTED='it'"'"'s'   # with a comment
 SPACED="two words"
EMPTY=
HASH=a#b
OTHER="$PLAIN and ${QUOTED}"
ESCAPED="\$PLAIN \"x\" \n"
BARE=a\ b\$c
LINES='one
two'
URL=https://user:pw@x.example/path?a=1
PLAIN=last
export PLAIN OTHER
"""


def written(folder: Path, content: str | bytes, name: str = ".env") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(0o600)
    return file


def place(folder: Path, backend: str = "embedded") -> Place:
    return Place(folder / "data", folder / "opos.yaml", folder / "flags.yaml", backend)  # type: ignore[arg-type]


def test_the_file_means_what_it_means_to_a_shell(tmp_path: Path) -> None:
    file = written(tmp_path, TEXT)
    values, faults = read(file, {})
    assert faults == []
    names = " ".join(f'"${name}"' for name in values)
    shell = subprocess.run(
        ["sh", "-c", f". {file}; printf '%s\\0' {names}"], capture_output=True, text=True, check=True
    )
    assert list(values.values()) == shell.stdout.split("\0")[:-1]
    assert values["OTHER"] == "value and it's"


@given(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])))
def test_whatever_a_shell_has_quoted_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    file = written(tmp_path_factory.getbasetemp(), f"export A={shlex.quote(value)}\nB=1\n", "quoted")
    assert read(file, {}) == ({"A": value, "B": "1"}, [])


TOKENS = ["a", "~", ":", "/", "=", "&", ";", "|", "<", ">", "(", ")", "$", "{", "}", "KNOWN", "-", "!", "?", "*", "@", "1",
          "'", '"', "\\", "`", "#", " ", "$KNOWN", "${KNOWN}", "${KNOWN:-b}", "'b'", '"b"', "%", "\\\n"]  # fmt: skip


@settings(max_examples=10)
@given(st.lists(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=6).map("".join), max_size=12))
@example(["x$'a'", '"a$\'b$"', "b:~", "'~'~", '"$KNOWN"${KNOWN}-$KNOWN', "a#b #c", "x:'y':\\~"])
@example(["$\\", "a"])
@example(["x$KNOWN\\", "a"])
@example(['"${KNOWN\\', '}"'])
@example(["a:\\\n~"])
@example(["\\\n~"])
@example(["$\\\n'a'"])
def test_what_is_read_without_an_error_is_what_a_shell_reads(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    lines = [f"A{number}={part.lstrip(' ')}\n" for number, part in enumerate(parts)]
    readable = [line for line in lines if not read(written(folder, f"KNOWN=known\n{line}", "compared"), {})[1]]
    file = written(folder, "".join(["KNOWN=known\n", *readable]), "compared")
    values, _ = read(file, {})
    printed = " ".join(f'"${name}"' for name in values)
    shell = ["sh", "-c", f". {file}; printf '%s\\0' {printed}"]
    assert subprocess.check_output(shell, env={"HOME": "/home/me"}, text=True).split("\0")[:-1] == [*values.values()]


@pytest.mark.parametrize(
    ("value", "actual"),
    [
        ("${A:-s3cret}", "${ outside"), ('"${A:-s3cret}"', "${ outside"), ("$'s3cret'", "$' outside"),
        ("pa$$s3cret", "$$ outside"), ("~/s3cret", "~ outside"), ("s3cret:~/x", "~ outside"),
        ("s3cret&b", "& outside"), ("s3cret;rm", "; outside"), ("s3cret|b", "| outside"), ("s3cret<b", "< outside"),
        ("s3cret>b", "> outside"), ("(s3cret)", "( outside"), ("s3cret)", ") outside"),
    ],
)  # fmt: skip
def test_what_only_a_shell_can_do_is_an_error(tmp_path: Path, value: str, actual: str) -> None:
    values, (fault,) = read(written(tmp_path, f"A={value}\n"), {})
    assert (fault.line, fault.actual[: len(actual)], "s3cret" in str(fault)) == (1, actual, False)
    assert "A" not in values


def test_quotes_make_any_character_a_part_of_the_value(tmp_path: Path) -> None:
    value = "${A:-x} ~/x &;|<>() $$ `x`"
    assert read(written(tmp_path, f"A='{value}'\nB=x\\&\\~\\$\nC=a~/b\n"), {}) == (
        {"A": value, "B": "x&~$", "C": "a~/b"},
        [],
    )


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfA=1\r\nexport B='2'\r\n", b"A = 1\n  export  B =  2 # why", b"A=1\nB=2\r"]
)
def test_what_editors_leave_in_a_file_does_not_matter(tmp_path: Path, content: bytes) -> None:
    assert read(written(tmp_path, content), {}) == ({"A": "1", "B": "2"}, [])


def test_all_errors_are_named_with_file_and_line_and_quote_no_value(tmp_path: Path) -> None:
    lines = [
        "A=1",
        "B=s3cret s3cret",
        "s3cret",
        "C=$(s3cret)",
        'D="`s3cret`"',
        "E=pa$s3cret",
        "2F=s3cret",
        "G='s3cret",
        "H=2",
    ]
    values, faults = read(written(tmp_path, "\n".join(lines)), {})
    assert values == {"A": "1", "H": "2"}
    assert [fault.line for fault in faults] == [2, 3, 4, 5, 6, 7, 8]
    assert (
        str(faults[0]) == f"{tmp_path}/.env:2: expected quotes around a value with spaces; found text after the value"
    )
    assert "s3cret" not in "".join(map(str, faults))


@pytest.mark.parametrize("content", [b"A=1\nB=\xff\n", b"A=1\nB='x\0'\n"])
def test_bytes_that_are_no_text_are_an_error_with_their_line(tmp_path: Path, content: bytes) -> None:
    _, (fault,) = read(written(tmp_path, content), {})
    assert fault.line == 2


def test_the_environment_takes_precedence_also_with_a_file(tmp_path: Path) -> None:
    written(tmp_path, "A=file\nB=file\nC=file\n")
    environment = {"A": "own", "B_FILE": "/run/b"}
    assert variables(tmp_path / ".env", environment) == ({"C": "file"}, [])


def test_a_bundle_has_the_secrets_of_the_file_beside_its_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "A_SECRET=file\nHOME=/elsewhere\n")
    monkeypatch.setenv("HOME", "/home/own")
    settings = place(tmp_path).new_runtime().settings.environment
    assert (settings["A_SECRET"], settings["HOME"]) == ("file", "/home/own")
    assert "A_SECRET" not in place(tmp_path, "cloud").new_runtime().settings.environment
    (tmp_path / "other").mkdir()
    assert "A_SECRET" not in place(tmp_path / "other").new_runtime().settings.environment


def test_no_other_program_gets_what_the_file_sets(tmp_path: Path) -> None:
    written(tmp_path, "LD_PRELOAD=./evil.so\nPYTHONSTARTUP=x\n")
    assert {"LD_PRELOAD", "PYTHONSTARTUP"} & set(place(tmp_path).environment()) == set()


def test_a_process_of_the_bundle_refuses_the_file_with_all_its_errors(tmp_path: Path) -> None:
    written(tmp_path, "A=two words\nB\n")
    with pytest.raises(ConfigError, match=r"\.env:1: (.|\n)*\.env:2: "):
        Settings.from_environment(place(tmp_path).environment())


def test_a_command_warns_once_of_each_line_and_goes_on_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, "A=1\nPASSWORD=pa$$s3cret\nB=2\n")
    for _ in range(2):
        settings = place(tmp_path).new_runtime().settings.environment
    assert (settings["A"], settings["B"], "PASSWORD" in settings) == ("1", "2", False)
    warning = capsys.readouterr().err
    assert (warning.count(f"warning: {tmp_path}/.env:2: expected"), "s3cret" in warning) == (1, False)


def test_a_folder_called_env_is_none(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert variables(tmp_path / ".env", {}) == ({}, [])


def test_a_file_that_everybody_can_read_is_warned_about_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options._warn_of_readers.cache_clear()
    file = written(tmp_path, "A=s3cret\n")
    file.chmod(0o644)
    for _ in range(2):
        place(tmp_path).environment()
    assert capsys.readouterr().err.count(f"chmod 600 {file}") == 1
    file.chmod(0o640)
    options._warn_of_readers.cache_clear()
    place(tmp_path).environment()
    assert capsys.readouterr().err == ""
