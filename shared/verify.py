"""Everything that is wrong in the operator's files and secrets, at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.config.channels import ChannelConfig
from shared.config.config import Config, Heartbeat
from shared.config.sources import Source
from shared.faults import ConfigError, Fault
from shared.loading import load_config, load_flags, missing_secrets
from shared.route_tests import failures
from shared.yaml_lines import Located, read_yaml


def verify(config_path: Path, flags_path: Path, environment: Mapping[str, str]) -> list[Fault]:
    return [*_config_faults(config_path, environment), *_flag_faults(flags_path)]


def _config_faults(path: Path, environment: Mapping[str, str]) -> list[Fault]:
    """The faults of the file and of its secrets: of a file with faults too, as far as it can be understood."""
    try:
        located = read_yaml(path)
    except ConfigError as error:
        return list(error.faults)
    faults = missing_secrets(_understood(located), located, environment)
    try:
        faults += failures(load_config(path), located)
    except ConfigError as error:
        faults += error.faults
    return sorted(faults, key=lambda fault: (fault.line, fault.path))


def _understood(located: Located) -> Config:
    """The entries without fault, as the sections that name secrets; nothing else of a Config is in it."""
    kinds: dict[str, Any] = {"sources": Source, "channels": ChannelConfig, "heartbeats": Heartbeat}
    sections: dict[str, Any] = {
        section: dict(_valid(located.data.get(section), TypeAdapter(kind))) for section, kind in kinds.items()
    }
    return Config.model_construct(**sections)


def _valid(section: Any, entry: TypeAdapter[Any]) -> Iterator[tuple[str, Any]]:
    for name, data in section.items() if isinstance(section, dict) else ():
        try:
            yield name, entry.validate_python(data)
        except ValidationError:
            continue


def _flag_faults(path: Path) -> list[Fault]:
    try:
        load_flags(path)
    except ConfigError as error:
        return list(error.faults)
    return []
