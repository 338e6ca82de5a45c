"""Everything that is wrong in the operator's files and secrets, at once."""

from collections.abc import Mapping
from pathlib import Path

from shared.faults import ConfigError, Fault
from shared.loading import load_config, load_flags, missing_secrets
from shared.yaml_lines import read_yaml


def verify(config_path: Path, flags_path: Path, environment: Mapping[str, str]) -> list[Fault]:
    return [*_config_faults(config_path, environment), *_flag_faults(flags_path)]


def _config_faults(path: Path, environment: Mapping[str, str]) -> list[Fault]:
    try:
        return missing_secrets(load_config(path), read_yaml(path), environment)
    except ConfigError as error:
        return list(error.faults)


def _flag_faults(path: Path) -> list[Fault]:
    try:
        load_flags(path)
    except ConfigError as error:
        return list(error.faults)
    return []
