"""The errors of an alertmanager.yml, all together: those of its values, or else those between its parts."""

from collections.abc import Iterator

from opos.importers.alertmanager.content import Alertmanager, Route, routes_of
from shared.config.files.faults import ConfigError, Fault, nearest
from shared.config.files.located_yaml import Located, Where
from shared.config.files.validation import shown, validated


def read_content(located: Located) -> Alertmanager:
    """The configuration in *located*, which was read as text. Raises ConfigError with all errors."""
    content = validated(located, Alertmanager)
    if faults := sorted(_between(content, located), key=lambda fault: fault.line):
        raise ConfigError(faults)
    return content


def _between(content: Alertmanager, located: Located) -> Iterator[Fault]:
    receivers = [receiver.name for receiver in content.receivers]
    intervals = [(where, entry.name) for where, entry in content.intervals]
    yield from _repeated([(("receivers", n), name) for n, name in enumerate(receivers)], located)
    yield from _repeated(intervals, located)
    yield from _root(content.route, located)
    for where, route in routes_of(content.route):
        if route.receiver:
            yield from _undeclared(route.receiver, receivers, (*where, "receiver"), located)
        for key in ("mute_time_intervals", "active_time_intervals"):
            for number, name in enumerate(getattr(route, key)):
                yield from _undeclared(name, [known for _, known in intervals], (*where, key, number), located)


def _root(root: Route, located: Located) -> Iterator[Fault]:
    if not root.receiver:
        yield _fault(located, ("route",), "the key 'receiver'", "none")
    if root.tests or root.mute_time_intervals or root.active_time_intervals:
        expected = "the root route without matchers or time intervals, as it matches every alert"
        yield _fault(located, ("route",), expected, "some")


def _repeated(named: list[tuple[Where, str]], located: Located) -> Iterator[Fault]:
    lines: dict[str, int] = {}
    for where, name in named:
        line = located.line(where)
        if name in lines:
            yield _fault(located, (*where, "name"), "each name once", f"{shown(name)} also on line {lines[name]}")
        lines.setdefault(name, line)


def _undeclared(name: str, names: list[str], where: Where, located: Located) -> Iterator[Fault]:
    if name not in names:
        yield _fault(located, where, f"a declared name ({', '.join(names)})", shown(name), nearest(name, names))


def _fault(located: Located, where: Where, expected: str, actual: str, hint: str = "") -> Fault:
    return Fault(located.file, located.line(where), ".".join(map(str, where)), expected, actual, hint)
