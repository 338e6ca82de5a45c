"""The operator's files as what the build compiled from them; read and checked here where it compiled nothing."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.config.files.compiled_flags import Compiled
    from shared.config.model import Config
    from shared.flags import FlagSet
    from shared.runtime.settings import Settings


def read_config(settings: "Settings") -> "Config":
    from shared.config.files.compiled_config import read

    if compiled := read(settings.config):
        return compiled
    from shared.config.files.loader import load_config

    return load_config(settings.config)


def read_flags(settings: "Settings") -> "FlagSet":
    if compiled := read_compiled(settings):
        return compiled.flags
    from shared.config.files.loader import load_flags

    return load_flags(settings.flags, settings.flag_environment)


def read_compiled(settings: "Settings") -> "Compiled | None":
    """The flags as they were compiled; None where the files have changed since then, or nothing was compiled."""
    from shared.config.files.compiled_flags import read

    return read(settings.flags, settings.config, settings.flag_environment)
