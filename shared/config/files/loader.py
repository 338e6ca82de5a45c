"""Reads opos.yaml into a Config and flags.yaml into a FlagSet, and reports all configuration errors together."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.config.files.faults import ConfigError, Fault, nearest
from shared.config.files.located_yaml import Located, Where, parse_yaml, read_yaml
from shared.config.files.record_mappings import incomplete_mappings
from shared.config.files.references import declared, named
from shared.config.files.validation import shown, validated
from shared.config.model import Config
from shared.config.secret_names import named_secrets
from shared.flags import FlagSet
from shared.flags.file import FlagFile, problems, with_references
from shared.security.secrets import flaw, may_be_unset, read_secret


def load_config(path: Path) -> Config:
    """The configuration in the file at *path*. Raises ConfigError."""
    return config_in(read_yaml(path))


def config_in(located: Located) -> Config:
    """The configuration in the parsed file *located*. Raises ConfigError."""
    between = list(_undeclared(located))
    try:
        config = validated(located, Config)
        between += [fault for sender in config.sources.items() for fault in incomplete_mappings(*sender, located)]
    except ConfigError as error:
        between += error.faults
    if between:
        raise ConfigError(sorted(between, key=lambda fault: (fault.line, fault.path)))
    return config


def load_flags(path: Path, environment: str = "") -> FlagSet:
    """The flags in the file at *path*, as they are in *environment*. Raises ConfigError."""
    with _no_collection():
        return flag_file(read_yaml(path)).flag_set(environment)


def parse_flags(text: str, file: str = "flags.yaml", environment: str = "") -> FlagSet:
    """The flags in *text*. Raises ConfigError."""
    with _no_collection():
        return flag_file(parse_yaml(text, file)).flag_set(environment)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pauses garbage collection, which takes half of the time of a load and has nothing to collect."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def missing_secrets(config: Config, located: Located, environment: Mapping[str, str]) -> list[Fault]:
    """An error for each secret that the configuration names and the environment lacks."""
    return [
        _missing(name, where, located, environment)
        for where, name in named_secrets(config)
        if read_secret(name, environment) is None and not _is_spare(name, config, environment)
    ]


def malformed_secrets(config: Config, located: Located, environment: Mapping[str, str]) -> list[Fault]:
    """An error for each secret whose value has what an editor or a shell left in it; the error does not quote it."""
    values = ((where, name, read_secret(name, environment) or "") for where, name in named_secrets(config))
    return [
        _malformed(name, where, wrong, located, environment) for where, name, value in values if (wrong := flaw(value))
    ]


def _malformed(name: str, where: Where, wrong: str, located: Located, environment: Mapping[str, str]) -> Fault:
    place = name if environment.get(name, "").strip() else f"the file that {name}_FILE names"
    expected = f"the secret {name} without whitespace or quotes around it"
    hint = f"set {place} again without them; a file with Windows line ends (CRLF) leaves a carriage return"
    return Fault(located.file, located.line(where), ".".join(map(str, where)), expected, f"one that {wrong}", hint)


def _is_spare(name: str, config: Config, environment: Mapping[str, str]) -> bool:
    """Whether *name* is the old secret of a sender whose other secrets are set."""
    senders = [source.secrets for source in config.sources.values()]
    senders += [heartbeat.secrets for heartbeat in config.heartbeats.values()]
    others = [
        [other for other in names if other != name] for names in senders if name in names and may_be_unset(name, names)
    ]
    return any(all(read_secret(other, environment) for other in names) for names in others)


def flag_file(located: Located) -> FlagFile:
    """The flags of *located* as they are written. Raises ConfigError."""
    between = [_problem(located, *problem) for problem in problems(located.data)]
    whole = Located(located.file, with_references(located.data), located.lines)
    try:
        flags = validated(whole, FlagFile)
    except ConfigError as error:
        between += error.faults
    if between:
        raise ConfigError(sorted(between, key=lambda fault: (fault.line, fault.path)))
    return flags


def _problem(located: Located, where: Where, expected: str, actual: Any, names: list[str]) -> Fault:
    hint = nearest(str(actual), names)
    return Fault(located.file, located.line(where), ".".join(map(str, where)), expected, shown(actual), hint)


def _undeclared(located: Located) -> Iterator[Fault]:
    """An error for each name that nothing declares; read from the raw data, so that all errors appear together."""
    for kind, where, name in named(located.data):
        names = declared(located.data, kind)
        if isinstance(name, str) and name not in names:
            path, expected = ".".join(map(str, where)), f"a declared {kind} ({', '.join(names) or 'none is declared'})"
            yield Fault(located.file, located.line(where), path, expected, shown(name), nearest(name, names))


def _missing(name: str, where: Where, located: Located, environment: Mapping[str, str]) -> Fault:
    path = environment.get(f"{name}_FILE")
    actual = f"no text in the file that {name}_FILE names" if path else "no value"
    or_file = f"or {name}_FILE to the path of a file, or remove this entry"
    hint = f"set {name} in .env beside this file or in the environment, {or_file}"
    return Fault(
        located.file, located.line(where), ".".join(map(str, where)), f"the secret {name} to be set", actual, hint
    )
