"""`.env`: the secrets of this machine, as the assignments of a shell. Commands read it beside opos.yaml.

The file means what it means to a shell that loads it, so a file that was loaded by hand until now keeps its meaning:
`export`, quotes, `'it'"'"'s'` as `shlex.quote` writes it, and variables such as `"$OTHER"`. python-dotenv 1.2 reads the
latter two differently. Unlike a shell, opos runs no command that the file contains, and no other program gets its
variables: they are settings of opos, not variables of its process.
"""

from collections.abc import Mapping
from pathlib import Path

from shared.config.files.assignments import Assignment, assignments
from shared.config.files.faults import Fault

NAME = ".env"


def variables(file: Path, environment: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """What *file* adds to *environment*, which takes precedence, also with a `NAME_FILE`; and all errors of *file*."""
    added, faults = read(file, environment) if file.is_file() else ({}, [])
    return {name: value for name, value in added.items() if not {name, f"{name}_FILE"} & set(environment)}, faults


def read(file: Path, environment: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """The variables that *file* sets, and its errors. Its values may also use the variables of *environment*."""
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        return {}, [Fault(str(file), line, "", "UTF-8 text", "other bytes")]
    added, faults = dict[str, str](), list[Fault]()
    for statement in assignments(_lines(text), environment):
        if isinstance(statement, Assignment):
            added[statement.name] = statement.value
        else:
            faults.append(Fault(str(file), statement.line, "", statement.expected, statement.actual))
    return added, faults


def assignment_of(text: str, name: str, environment: Mapping[str, str]) -> Assignment | None:
    """The assignment in *text*, the content of such a file, that gives *name* its value: the last one."""
    statements = list(assignments(_lines(text.removeprefix("\ufeff")), environment))
    return next((last for last in reversed(statements) if isinstance(last, Assignment) and last.name == name), None)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").rstrip("\r")
