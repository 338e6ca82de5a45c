"""What an import names: what it could not carry over, and what it changed, each with its file and line."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.config.files.located_yaml import Located, Where


@dataclass
class Notes:
    located: Located
    by_line: list[tuple[int, str]] = field(default_factory=list)

    def add(self, where: Where, text: str, name: str = "") -> None:
        """A note on the value at *where*, which the note calls *name*, or by its path."""
        line = self.located.line(where)
        self.by_line.append((line, f"{self.located.file}:{line}: {name or '.'.join(map(str, where))}: {text}"))

    def lost(self, where: Where, why: str, name: str = "") -> None:
        self.add(where, f"not converted, {why}", name)

    def __iter__(self) -> Iterator[str]:
        """The notes in the order of the file."""
        return (text for _, text in sorted(self.by_line, key=lambda note: note[0]))
