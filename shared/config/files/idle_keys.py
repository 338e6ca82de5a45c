"""The keys outside of sources that do nothing beside certain others, or without them. `opos verify` refuses them."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located, Where
from shared.config.files.validation import shown

Section = dict[str, Any]


class IdleKey(NamedTuple):
    """The `key` of each section at `place`, where `*` is any name or position; idle if `holds`, for `reason`."""

    place: tuple[str, ...]
    key: str
    holds: Callable[[Section], bool]
    reason: str


def _lacks(*keys: str) -> Callable[[Section], bool]:
    return lambda section: not any(key in section for key in keys)


def _has(key: str, value: Any) -> Callable[[Section], bool]:
    return lambda section: bool(section.get(key) == value)


_NOT_BY_CRON = "only a cron line has a time zone"
_SAME_AT_NIGHT = "with factor: 1 an interruption costs the same at night"


def _beside_all(flags: Section) -> bool:
    origins = flags["origins"]
    return isinstance(origins, list) and "*" in origins and len(origins) > 1


IDLE_KEYS = (
    IdleKey(("digest",), "timezone", _lacks("cron"), _NOT_BY_CRON),
    IdleKey(("digest", "*"), "timezone", _lacks("cron"), _NOT_BY_CRON),
    IdleKey(("heartbeats", "*"), "timezone", _lacks("cron"), _NOT_BY_CRON),
    IdleKey(("escalations", "*"), "backoff", _has("repeats", 0), "with repeats: 0 there is nothing to repeat later"),
    IdleKey(("focus", "night"), "from", _has("factor", 1), _SAME_AT_NIGHT),
    IdleKey(("focus", "night"), "to", _has("factor", 1), _SAME_AT_NIGHT),
    IdleKey(("health",), "thresholds.clock_offset", _lacks("clock"), "without health.clock opos reads no other clock"),
    IdleKey(("route_tests", "*"), "labels", _lacks("path", "channels", "because"), "the test expects nothing of them"),
    IdleKey(("flags",), "origins", _beside_all, "'*' already allows the pages of every other entry"),
)


def idle_keys(located: Located) -> Iterator[Fault]:
    """An error for each idle key of the file; read from the raw data, so that all errors appear together."""
    for idle in IDLE_KEYS:
        for where, section in _sections(located.data, idle.place):
            inner = (*where, *idle.key.split("."))
            if (value := _at(section, idle.key)) is not None and idle.holds(section):
                path = ".".join(map(str, inner))
                expected = f"no {idle.key}, since {idle.reason}"
                yield Fault(located.file, located.line(inner), path, expected, shown(value), "remove the line")


def _at(section: Any, path: str) -> Any:
    for step in path.split("."):
        section = section.get(step) if isinstance(section, dict) else None
    return section


def _sections(data: Any, place: tuple[str, ...], where: Where = ()) -> Iterator[tuple[Where, Section]]:
    """The mappings at *place* in *data*."""
    if not place:
        if isinstance(data, dict):
            yield where, data
        return
    step, *rest = place
    inner: Any = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        if step in {"*", key}:
            yield from _sections(value, tuple(rest), (*where, key))
