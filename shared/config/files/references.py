"""The places where opos.yaml names something that it declares elsewhere, such as a channel or a digest."""

from collections.abc import Iterator
from typing import Any, Literal

from shared.config.digests import ONLY, is_only
from shared.config.files.located_yaml import Where

Kind = Literal["channel", "source", "time interval", "escalation", "digest"]
_SECTIONS: dict[Kind, str] = {
    "channel": "channels", "source": "sources", "time interval": "time_intervals", "escalation": "escalations",
    "digest": "digest",
}  # fmt: skip
Named = tuple[Kind, Where, Any]


def named(data: Any) -> Iterator[Named]:
    """Each name in *data*, the unchecked values of the file: its kind, its place and the name."""
    yield from _in_route(_section(data, "route"), ("route",))
    for name, digest in _digests(data).items():
        yield from _channel(digest, ("digest",) if is_only(data.get("digest")) else ("digest", name))
    yield from _channel(_section(data, "review"), ("review",))
    if "smoke" in (deploy := _section(data, "deploy")):
        yield "source", ("deploy", "smoke"), deploy["smoke"]
    for name, escalation in _section(data, "escalations").items():
        for number, level in enumerate(_list(escalation, "levels")):
            yield from _channel(level, ("escalations", name, "levels", number))
    for number, test in enumerate(_list(data, "route_tests")):
        yield from _all(test, ("route_tests", number), "channels", "channel")


def declared(data: Any, kind: Kind) -> list[str]:
    """The names of *kind* that *data* declares."""
    return list(_digests(data) if kind == "digest" else _section(data, _SECTIONS[kind]))


def _digests(data: Any) -> dict[str, Any]:
    section = _section(data, "digest")
    return {ONLY: section} if is_only(section) else section


def _in_route(route: Any, where: Where) -> Iterator[Named]:
    yield from _channel(route, where)
    for kind in ("escalation", "digest"):
        if isinstance(route, dict) and kind in route:
            yield kind, (*where, kind), route[kind]
    for key in ("mute_time_intervals", "active_time_intervals"):
        yield from _all(route, where, key, "time interval")
    for number, child in enumerate(_list(route, "routes")):
        yield from _in_route(child, (*where, "routes", number))


def _channel(section: Any, where: Where) -> Iterator[Named]:
    if isinstance(section, dict) and "channel" in section:
        yield "channel", (*where, "channel"), section["channel"]


def _all(section: Any, where: Where, key: str, kind: Kind) -> Iterator[Named]:
    for number, name in enumerate(_list(section, key)):
        yield kind, (*where, key, number), name


def _section(data: Any, key: str) -> dict[str, Any]:
    section = data.get(key) if isinstance(data, dict) else None
    return section if isinstance(section, dict) else {}


def _list(data: Any, key: str) -> list[Any]:
    section = data.get(key) if isinstance(data, dict) else None
    return section if isinstance(section, list) else []
