"""Finds all errors in the operator's files and secrets."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.config.channels import ChannelConfig
from shared.config.files.doubts import doubts
from shared.config.files.faults import ConfigError, Fault
from shared.config.files.loader import config_in, load_config, load_flags, malformed_secrets, missing_secrets
from shared.config.files.local_links import local_links
from shared.config.files.located_yaml import Located, read_yaml
from shared.config.files.route_tests import failures
from shared.config.files.validation import shown
from shared.config.flag_access import Flags
from shared.config.model import Checker, Config, Heartbeat
from shared.config.sources import Source
from shared.flags.operands import reads
from shared.values.links import web_link


def verify(config_path: Path, flags_path: Path, environment: Mapping[str, str]) -> list[Fault]:
    faults = [*_config_faults(config_path, environment), *_flag_faults(flags_path)]
    with suppress(ConfigError):
        faults += _without_identity(read_yaml(config_path), read_yaml(flags_path))
    return faults


def _without_identity(config: Located, flags: Located) -> Iterator[Fault]:
    """An error for each rule that reads `user`, which only a verified token sets, if nothing verifies tokens."""
    if _section(config.data, "flags").get("identity"):
        return
    for key, flag in _section(flags.data, "flags").items():
        if reads(_section(flag, "targeting"), "user"):
            where = ("flags", key, "targeting")
            expected = "flags.identity in opos.yaml, since the rule reads user"
            yield Fault(flags.file, flags.line(where), ".".join(where), expected, "none", "see docs/flags.md")


def _section(data: Any, name: str) -> dict[str, Any]:
    section = data.get(name) if isinstance(data, dict) else None
    return section if isinstance(section, dict) else {}


def warnings(config_path: Path, environment: Mapping[str, str], default_url: str) -> list[Fault]:
    """What is valid in the file, but surely not meant. A file with errors has no warnings yet."""
    try:
        located = read_yaml(config_path)
        config = config_in(located)
        url = environment.get("OPOS_PUBLIC_URL") or config.public_url or default_url
        return [*doubts(config, located), *local_links(config, located, url, environment)]
    except ConfigError:
        return []


def _config_faults(path: Path, environment: Mapping[str, str]) -> list[Fault]:
    """The errors of the file and of its secrets. A file with errors is checked for secrets as far as possible."""
    try:
        located = read_yaml(path)
    except ConfigError as error:
        return list(error.faults)
    understood = _understood(located)
    faults = [*missing_secrets(understood, located, environment), *malformed_secrets(understood, located, environment)]
    try:
        config = load_config(path)
        faults += [*failures(config, located), *missing_runbooks(config, located, path.parent)]
    except ConfigError as error:
        faults += error.faults
    return sorted(faults, key=lambda fault: (fault.line, fault.path))


def missing_runbooks(config: Config, located: Located, folder: Path) -> Iterator[Fault]:
    """An error for each runbook that is neither a web link nor a file in *folder*."""
    for name, runbook in config.runbooks.items():
        if not web_link(runbook) and not (folder / runbook).is_file():
            line = located.line(("runbooks", name))
            yield Fault(
                located.file,
                line,
                f"runbooks.{name}",
                "a web address, or a file in the folder of opos.yaml",
                shown(runbook),
            )


def _understood(located: Located) -> Config:
    """A Config with only the valid entries of the sections that name secrets."""
    kinds: dict[str, Any] = {"sources": Source, "channels": ChannelConfig, "heartbeats": Heartbeat}
    sections: dict[str, Any] = {
        section: dict(_valid(located.data.get(section), TypeAdapter(kind))) for section, kind in kinds.items()
    }
    checker = dict(_valid({"checker": located.data.get("checker")}, TypeAdapter(Checker)))
    flags = dict(_valid({"flags": located.data.get("flags")}, TypeAdapter(Flags)))
    return Config.model_construct(**sections, **checker, **flags)


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
