"""What is wrong in an operator's file: where, what was expected, what was found, and how to mend it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shared.errors import OposError

SECRET_NAME = "the NAME of a secret, such as GITHUB_WEBHOOK_SECRET"  # noqa: S105  (it names none)
"""What is expected where a secret is named; what was found there is never shown, since it may be the secret itself."""


class Fault(NamedTuple):
    """`path` is the dotted place in the file; `line` counts from 1."""

    file: str
    line: int
    path: str
    expected: str
    actual: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: {self.path}: " if self.path else f"{self.file}:{self.line}: "
        return f"{place}expected {self.expected}; found {self.actual}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(OposError):
    """Everything that is wrong in a file, at once."""

    code = "bad_config"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word most like *word*; empty when none is."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""
