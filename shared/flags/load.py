"""flags.yaml into a FlagSet: every fault at once."""

from pathlib import Path

from shared.flags.evaluate import FlagFile, FlagSet
from shared.validation import validated
from shared.yaml_lines import Located, parse_yaml, read_yaml


def load_flags(path: Path) -> FlagSet:
    """The flags in the file at *path*. Raises ConfigError."""
    return _flag_set(read_yaml(path))


def parse_flags(text: str, file: str = "flags.yaml") -> FlagSet:
    """The flags in *text*. Raises ConfigError."""
    return _flag_set(parse_yaml(text, file))


def _flag_set(located: Located) -> FlagSet:
    return FlagSet(validated(located, FlagFile).flags)
