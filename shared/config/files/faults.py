"""Configuration errors: where each is, what was expected, what was found, and how to fix it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shared.errors import OposError

SECRET_NAME = "the NAME of a secret, such as GITHUB_WEBHOOK_SECRET"  # noqa: S105  (it names none)
"""The expected text for a secret's name. The error never shows the actual value, because it may be the secret."""


class Fault(NamedTuple):
    """One configuration error. `path` is the dotted path of the value in the file; `line` counts from 1."""

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
    """All configuration errors of a file together."""

    code = "bad_config"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


def nearest(word: str, known: Iterable[str], *, least: float = 0.6) -> str:
    """A hint with the known word that is most similar to *word*; empty if none is similar by *least*, from 0 to 1."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1, cutoff=least)
    return f"did you mean {close[0]!r}?" if close else ""
