"""What is valid in opos.yaml, but surely not meant: `opos verify` warns about it."""

from collections.abc import Iterator, Sequence
from typing import Any

from shared.alerting.inhibition import InhibitRule
from shared.alerting.unreachable import contradiction, implied, unreachable
from shared.config.channels import ConsoleChannel, SecretChannel
from shared.config.deploy import Deploy
from shared.config.files.faults import Fault
from shared.config.files.located_yaml import Located, Where
from shared.config.files.references import Kind, declared, named
from shared.config.files.validation import shown
from shared.config.model import Config
from shared.config.status_page import Condition, StatusPage

_LISTS = ("mute_time_intervals", "active_time_intervals")
_SECTIONS: dict[Kind, tuple[str, str]] = {
    "time interval": ("time_intervals", "a route that names this time interval"),
    "escalation": ("escalations", "a route that names this escalation"),
    "digest": ("digest", "a route that names this digest"),
    "channel": ("channels", "a route, an escalation, a digest or the review that names this channel"),
}
"""The sections whose entries have no meaning unless something names them, as those named here do."""


def doubts(config: Config, located: Located) -> list[Fault]:
    """The warnings about *config*, the content of *located*, except about its sources."""
    return [
        *_routes(config, located), *_inhibitions(config, located), *_unused(located), *_repeated(located),
        *_idle_settings(located),
        *_same_secrets(config, located), *_console_alone(config, located), *_status_page(config, located),
    ]  # fmt: skip


def _routes(config: Config, located: Located) -> Iterator[Fault]:
    for node, reason in unreachable(config.routes):
        where: Where = ("route", *(step for position in node.path for step in ("routes", position)))
        yield _warning(located, where, "a route that an alert can match", f"that {reason}")


def _inhibitions(config: Config, located: Located) -> Iterator[Fault]:
    for number, rule in enumerate(config.inhibit_rules):
        if reason := _doubt(rule):
            yield _warning(located, ("inhibit_rules", number), "a rule that holds some alerts", f"that {reason}")


def _doubt(rule: InhibitRule) -> str:
    source, target = rule.source_matchers, rule.target_matchers
    if implied(source, target) and implied(target, source):
        return "both sides match the same alerts, so it holds none: an alert that matches both sides inhibits no other"
    if reason := contradiction(source) or contradiction(target):
        return reason
    if not target:
        return "it has no target_matchers, so it holds every other alert, also critical ones"
    return "" if source else "it has no source_matchers, so any other alert that fires holds its targets"


def _unused(located: Located) -> Iterator[Fault]:
    used = {(kind, name) for kind, _, name in named(located.data) if isinstance(name, str)}
    used |= {("digest", name) for name in declared(located.data, "digest")[:1]}  # the default of every route
    for kind, (section, expected) in _SECTIONS.items():
        for name in declared(located.data, kind):
            if (kind, name) not in used:
                yield _warning(located, (section, name), expected, "none")


def _idle_settings(located: Located) -> Iterator[Fault]:
    """Settings of a route that decide nothing there."""
    for where, route in _sections(located.data.get("route"), ("route",)):
        children = route.get("routes") or []
        if children and children[-1].get("continue"):
            place = (*where, "routes", len(children) - 1, "continue")
            yield _warning(located, place, "no continue on the last route, since none follows it", "true")
        for key in ("escalation", "repeat_interval") if route.get("interrupt_from") == "never" else ():
            if key in route and not children:
                yield _warning(located, (*where, key), f"no {key} on a route that never notifies", shown(route[key]))


def _repeated(located: Located) -> Iterator[Fault]:
    for where, route in _sections(located.data.get("route"), ("route",)):
        for key in _LISTS:
            names = route.get(key) or []
            for number, name in enumerate(names):
                if name in names[:number]:
                    yield _warning(located, (*where, key, number), "each name once", f"{shown(name)} again")


def _sections(route: Any, where: Where) -> Iterator[tuple[Where, dict[str, Any]]]:
    yield where, route
    for number, child in enumerate(route.get("routes") or []):
        yield from _sections(child, (*where, "routes", number))


def _same_secrets(config: Config, located: Located) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for name, channel in config.channels.items():
        address = channel.model_dump_json(exclude={"cost", "send_resolved"})
        if isinstance(channel, SecretChannel) and first.setdefault(address, name) != name:
            yield _warning(located, ("channels", name), "a receiver of its own", f"that of {first[address]}")


def _console_alone(config: Config, located: Located) -> Iterator[Fault]:
    """Nothing reaches a phone, as after an import, whose channels have no secrets yet."""
    if all(isinstance(channel, ConsoleChannel) for channel in config.channels.values()):
        yield _warning(located, ("channels",), "a channel that reaches your phone, such as ntfy", "only the console")


def _status_page(config: Config, located: Located) -> Iterator[Fault]:
    """What makes the status page say less than it seems to: it is unreachable, or a condition can never be met."""
    if config.status and config.health.status_page:
        yield _warning(located, ("health", "status_page"), "no title here, since status.title is the title", "one")
    if config.status and config.deploy:
        yield from _deployed_page(config.status, config.deploy, located)
    for id, component in config.status.components.items() if config.status else ():
        for number, condition in enumerate(component.when):
            place = ("status", "components", id, "when", number)
            if reason := contradiction(condition.matchers):
                yield _warning(located, place, "matchers that an alert can meet", f"that {reason}")
            if any(
                implied(before.matchers, condition.matchers) for before in _stronger(component.when[:number], condition)
            ):
                yield _warning(located, place, "a condition that changes the state", "that an earlier one covers it")


def _deployed_page(page: StatusPage, deploy: Deploy, located: Located) -> Iterator[Fault]:
    if "health" not in deploy.public:
        where = ("deploy", "public") if "public" in deploy.model_fields_set else ("deploy",)
        expected = "health among the public functions, since it serves the status page"
        yield _warning(located, where, expected, ", ".join(deploy.public))
    if page.url is None:
        yield _warning(located, ("status",), "the url of the page, since a deployed function has its own", "none")


def _stronger(earlier: Sequence[Condition], condition: Condition) -> Iterator[Condition]:
    """Those of the *earlier* conditions whose state is at least as bad."""
    return (before for before in earlier if before.state in {"down", condition.state})


def _warning(located: Located, where: Sequence[str | int], expected: str, actual: str) -> Fault:
    place = tuple(where)
    return Fault(located.file, located.line(place), ".".join(map(str, place)), expected, actual)
