"""A command line into a call, as gcloud's parser does it; the table of commands says what there is."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.recording_gcloud.refusals import NO_PROJECT, NO_REGION, SEARCH, Refused

EVERYWHERE = "project format quiet! account verbosity filter limit impersonate-service-account"
_PROPERTIES = {"project": "CLOUDSDK_CORE_PROJECT", "region": "CLOUDSDK_RUN_REGION"}
_UNSET = {"project": NO_PROJECT, "region": NO_REGION}
USAGE = 2


class Call:
    """`words` name the command, `given` are its positional arguments."""

    def __init__(self, words: str, given: list[str], flags: Mapping[str, Any]) -> None:
        self.words, self.given, self.flags, self.name = words, given, flags, _dotted(words)

    def flag(self, name: str) -> str | None:
        return self.flags.get(name)

    def needs(self, name: str) -> str:
        """The flag called *name*, or the setting that stands for it."""
        found = self.flags.get(name) or os.environ.get(_PROPERTIES.get(name, ""))
        if not found:
            raise Refused(_UNSET.get(name, f"argument --{name}: Must be specified."))
        return str(found)

    def pairs(self, name: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in self.list(name):
            key, _, value = part.partition("=")
            found[key] = value
        return found

    def list(self, name: str) -> list[str]:
        """The entries of the flag called *name*; `^@^` at its front says that `@` parts them, and no comma."""
        text, delimiter = self.flags.get(name) or "", ","
        if text.startswith("^") and "^" in text[1:]:
            delimiter, _, text = text[1:].partition("^")
        return [part for part in text.split(delimiter) if part]


def parse(argv: list[str], table: Mapping[str, Any]) -> Call:
    words = _command(argv, table)
    known = f"{EVERYWHERE} {table[words].flags}".split()
    given: list[str] = []
    flags: dict[str, Any] = {}
    unknown: list[str] = []
    rest = iter(argv[len(words.split()) :])
    for word in rest:
        _take(word, rest, words, known, given, flags, unknown)
    wanted = table[words].given.split()
    _count(given, [*given[len(wanted) :], *unknown], wanted, _dotted(words))
    return Call(words, given, flags)


def _take(
    word: str, rest: Iterator[str], words: str, known: list[str], given: list[str], flags: dict[str, Any],
    unknown: list[str],
) -> None:  # fmt: skip
    name, is_whole, value = ("quiet", "", "") if word == "-q" else word.removeprefix("--").partition("=")
    if not word.startswith("-"):
        given.append(word)
    elif f"{name}!" in known:
        flags[name] = True
    elif name in known:
        flags[name] = value if is_whole else _next(rest, name, words)
    else:
        unknown.append(word)


def _next(rest: Iterator[str], name: str, words: str) -> str:
    for value in rest:
        return value
    raise Refused(f"argument --{name}: expected one argument", USAGE, command=_dotted(words))


def _command(argv: list[str], table: Mapping[str, Any]) -> str:
    """The longest beginning of *argv* that is a command."""
    for length in range(len(argv), 0, -1):
        if (words := " ".join(argv[:length])) in table:
            return words
    group = _group(argv, table)
    wrong = argv[len(group)] if len(group) < len(argv) else ""
    raise Refused(f"Invalid choice: '{wrong}'.\n\n{SEARCH}", USAGE, command=".".join(["gcloud", *group]))


def _group(argv: list[str], table: Mapping[str, Any]) -> list[str]:
    """The longest beginning of *argv* that begins a command."""
    found = [length for length in range(len(argv) + 1) if _begins(argv[:length], table)]
    return argv[: max(found)]


def _begins(words: list[str], table: Mapping[str, Any]) -> bool:
    return any(command.split()[: len(words)] == words for command in table)


def _count(given: list[str], unknown: list[str], wanted: list[str], command: str) -> None:
    if unknown:
        listed = f" {unknown[0]} \n\n" if len(unknown) == 1 else "\n  " + "\n  ".join([*unknown, ""])
        raise Refused(f"unrecognized arguments:{listed}{SEARCH}", USAGE, command=command)
    if len(given) < len(wanted):
        raise Refused(f"argument {wanted[len(given)]}: Must be specified.", USAGE, command=command)


def _dotted(words: str) -> str:
    return ".".join(["gcloud", *words.split()])
