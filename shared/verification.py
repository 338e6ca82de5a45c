"""Finds all errors in the operator's files and secrets."""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.config.channels import ChannelConfig, WebPushChannel
from shared.config.files.doubts import doubts
from shared.config.files.faults import ConfigError, Fault
from shared.config.files.idle_keys import idle_keys
from shared.config.files.loader import config_in, load_config, load_flags, malformed_secrets, missing_secrets
from shared.config.files.local_links import insecure_links, local_links
from shared.config.files.located_yaml import Located, read_yaml
from shared.config.files.record_mappings import mapping_faults
from shared.config.files.route_tests import failures
from shared.config.files.validation import shown
from shared.config.flag_access import Flags
from shared.config.model import Checker, Config, Heartbeat
from shared.config.sources import Source
from shared.flags.operands import reads
from shared.records.kind import Kind
from shared.security.secrets import read_secret
from shared.sources.silent_lines import doubtful_lines, silent_lines
from shared.values.links import web_link
from shared.values.vapid import EXPECTED, is_private_key

Lines = Callable[[str, Source, Located], Iterable[Fault]]
"""What there is to say of a source, given its name and the file."""


def verify(config_path: Path, flags_path: Path, environment: Mapping[str, str]) -> list[Fault]:
    faults = [*_config_faults(config_path, environment), *_flag_faults(flags_path)]
    with suppress(ConfigError):
        faults += _without_identity(read_yaml(config_path), read_yaml(flags_path))
    return faults


def mapping_errors(config_path: Path, kinds: Mapping[str, Kind]) -> list[Fault]:
    """An error for each mapping of records that does not fit *kinds*; none for a file that `verify` finds wrong."""
    try:
        located = read_yaml(config_path)
        return list(mapping_faults(config_in(located), located, kinds))
    except ConfigError:
        return []


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
        doubtful = [*doubts(config, located), *_of_sources(doubtful_lines, config, located)]
        doubtful.sort(key=lambda warning: (warning.line, warning.path))
        return [*doubtful, *local_links(config, located, url, environment), *insecure_links(config, located, url)]
    except ConfigError:
        return []


def _config_faults(path: Path, environment: Mapping[str, str]) -> list[Fault]:
    """The errors of the file and of its secrets. A file with errors is checked for secrets as far as possible."""
    try:
        located = read_yaml(path)
    except ConfigError as error:
        return list(error.faults)
    understood = _understood(located)
    faults = [
        *missing_secrets(understood, located, environment), *malformed_secrets(understood, located, environment),
        *_unusable_secrets(understood, located, environment), *_unusable_keys(understood, located, environment),
        *idle_keys(located),
        *_of_sources(silent_lines, understood, located),
    ]  # fmt: skip
    try:
        config = load_config(path)
        faults += [*failures(config, located), *missing_runbooks(config, located, path.parent)]
    except ConfigError as error:
        faults += error.faults
    return sorted(faults, key=lambda fault: (fault.line, fault.path))


def _of_sources(lines: Lines, config: Config, located: Located) -> list[Fault]:
    return [fault for name, source in config.sources.items() for fault in lines(name, source, located)]


def _unusable_secrets(config: Config, located: Located, environment: Mapping[str, str]) -> Iterator[Fault]:
    """An error for each secret with which no request can ever authenticate. It shows no part of the secret."""
    for name, source in config.sources.items():
        for number, secret in enumerate(source.secrets):
            value, where = read_secret(secret, environment), ("sources", name, "secrets", number)
            if value is not None and (mistake := _mistake(source, value)):
                path = ".".join(map(str, where))
                yield Fault(
                    located.file, located.line(where), path, f"the secret {secret} to be {mistake}", "other text"
                )


def _unusable_keys(config: Config, located: Located, environment: Mapping[str, str]) -> Iterator[Fault]:
    """An error for each secret with which no push service accepts a message. It shows no part of the secret."""
    for name, channel in config.channels.items():
        if isinstance(channel, WebPushChannel):
            value, where = read_secret(channel.secret, environment), ("channels", name, channel.kind)
            if value is not None and not is_private_key(value):
                expected = f"the secret {channel.secret} to be {EXPECTED}"
                yield Fault(located.file, located.line(where), ".".join(where), expected, "other text")


def _mistake(source: Source, secret: str) -> str:
    """What *secret* should be instead; empty if requests may authenticate with it."""
    if source.scheme == "basic" and ":" not in secret:
        return "user:password"
    is_encoded = source.hmac is not None and source.hmac.key_encoding == "base64"
    return "base64, as key_encoding says" if is_encoded and not _is_base64(secret) else ""


def _is_base64(text: str) -> bool:
    try:
        return bool(b64decode(text, validate=True))
    except ValueError:
        return False


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
