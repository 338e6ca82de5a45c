"""The configuration compiled at build time: a starting function reads only the sections that it needs, without
validation and without importing the other models.

It is written and used like flags.compiled.json. It is JSON, and names no class outside MODELS and VALUES, so a file of
somebody else can only say what an opos.yaml could say: reading it runs no code.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic.version import VERSION as PYDANTIC

from shared.config.derived import Derived
from shared.process.facts import version
from shared.values.section import Section

if TYPE_CHECKING:
    from shared.config.model import Config

FORMAT = 2
MODELS: tuple[str, ...] = (
    "shared.alerting.escalation", "shared.alerting.focus", "shared.alerting.inhibition", "shared.alerting.routes",
    "shared.alerting.time_intervals", "shared.config.channels", "shared.config.deploy", "shared.config.digests",
    "shared.config.flag_access", "shared.config.health", "shared.config.model", "shared.config.slos",
    "shared.config.sources", "shared.config.status_page", "shared.config.records.mapping",
)  # fmt: skip
"""The modules whose Sections a configuration consists of."""
VALUES: Mapping[str, str] = {"Matcher": "shared.alerting.matchers", "Range": "shared.alerting.time_intervals"}
"""The dataclasses in a configuration, and the module of each."""
Plain = Any
"""JSON: an object is a mapping, a text, number, boolean or null is itself, and a list names the kind of its members."""
_DATE, _LENGTH, _TUPLE, _SECTION, _VALUE = "date", "length", "tuple", "section", "value"


class Sections(Derived):
    """Behaves like the Config whose fields are *parts*, as `_plain` wrote them."""

    def __init__(self, parts: Mapping[str, Plain]) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        """Runs once for each field; afterwards the instance's dictionary holds the value."""
        if name not in self.__dict__.get("_parts", ()):
            raise AttributeError(name)
        section = self.__dict__[name] = _made(self._parts[name])
        return section


def place(config: Path) -> Path:
    return config.with_suffix(".compiled.json")


def read(config: Path) -> "Config | None":
    """The configuration that this version compiled from this file; None if there is none."""
    try:
        content = json.loads(place(config).read_bytes())
        parts = content["parts"] if content["of"] == _of(config) else None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return cast("Config", Sections(parts)) if isinstance(parts, dict) else None


def written(checked: "Config", config: Path) -> bytes:
    """The bytes for `read`, from the configuration *checked* in the file *config*."""
    parts = {name: _plain(getattr(checked, name)) for name in type(checked).model_fields}
    return json.dumps({"of": _of(config), "parts": parts}, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Plain:
    """*value* of a configuration as JSON. Raises TypeError if `_made` could not make it again."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, timedelta):
        return [_LENGTH, value.days, value.seconds, value.microseconds]
    if isinstance(value, date):
        return [_DATE, value.isoformat()]
    if isinstance(value, tuple):
        return [_TUPLE, *map(_plain, value)]
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    return _plain_class(value)


def _plain_class(value: Any) -> Plain:
    made, name = type(value), type(value).__name__
    if isinstance(value, Section) and made.__module__ in MODELS:
        return [_SECTION, MODELS.index(made.__module__), name, sorted(value.model_fields_set), _plain(vars(value))]
    if is_dataclass(value) and VALUES.get(name) == made.__module__:
        return [_VALUE, name, *(_plain(getattr(value, field.name)) for field in fields(value))]
    raise TypeError(f"expected a class of MODELS or VALUES in {__name__}, found {made.__module__}.{name}")


def _made(plain: Plain) -> Any:
    """The inverse of `_plain`."""
    if isinstance(plain, dict):
        return {name: _made(member) for name, member in plain.items()}
    if isinstance(plain, list):
        kind, *members = plain
        return _KINDS[kind](*members)
    return plain


def _section(module: int, name: str, given: list[str], members: Plain) -> Section:
    """A Section that the build has validated."""
    model = getattr(import_module(MODELS[module]), name)
    if not (isinstance(model, type) and issubclass(model, Section)):
        raise TypeError(f"expected a Section in {MODELS[module]}, found {name}")
    return model.model_construct(set(given), **_made(members))


def _value(name: str, *members: Plain) -> Any:
    return getattr(import_module(VALUES[name]), name)(*map(_made, members))


_KINDS: Mapping[str, Callable[..., Any]] = {
    _DATE: date.fromisoformat,
    _LENGTH: timedelta,
    _TUPLE: lambda *members: tuple(map(_made, members)),
    _SECTION: _section,
    _VALUE: _value,
}


def _of(config: Path) -> str:
    return hashlib.sha256(f"{FORMAT} {version()} {PYDANTIC} ".encode() + config.read_bytes()).hexdigest()
