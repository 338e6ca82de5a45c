"""An Alertmanager configuration as sections of opos.yaml, and a note for each part that was not converted.

Source: Alertmanager documentation, "Configuration" (0.25 to 0.28).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.alerting.escalation import MOST_REPEATS
from shared.alerting.matchers import Matcher, parse_matchers

Section = dict[str, Any]
_TIMES = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}
"""Alertmanager's defaults, written out because those of opos differ."""
_STEADY = "as-alertmanager"
_KEPT = (
    "continue", "group_by", "group_wait", "group_interval", "repeat_interval", "mute_time_intervals",
    "active_time_intervals",
)  # fmt: skip
_ROUTE = frozenset({*_KEPT, "receiver", "matchers", "match", "match_re", "routes"})
_KNOWN = frozenset({
    "global", "route", "receivers", "inhibit_rules", "time_intervals", "mute_time_intervals", "templates",
})  # fmt: skip
_SECRET = {
    "pagerduty_configs": "pagerduty://INTEGRATION_KEY@API_KEY", "slack_configs": "slack://TOKEN_A/TOKEN_B/TOKEN_C",
    "email_configs": "mailto://user:password@example.com", "webhook_configs": "json://host/path",
    "opsgenie_configs": "opsgenie://API_KEY", "pushover_configs": "pover://USER_KEY@TOKEN",
    "telegram_configs": "tgram://BOT_TOKEN/CHAT_ID", "discord_configs": "discord://WEBHOOK_ID/WEBHOOK_TOKEN",
    "msteams_configs": "msteams://TOKEN_A/TOKEN_B/TOKEN_C", "sns_configs": "sns://KEY/SECRET/region/topic",
    "victorops_configs": "splunk://routing_key@API_KEY", "webex_configs": "wxteams://TOKEN",
}  # fmt: skip
"""The form of an Apprise URL for each kind of receiver."""


@dataclass
class Imported:
    """`sections` belong into opos.yaml. `notes` say what was not converted, and what to do instead."""

    sections: Section
    notes: list[str] = field(default_factory=list)


def import_alertmanager(data: Mapping[str, Any]) -> Imported:
    """The sections for the content *data* of a file. Raises ValueError if it does not configure Alertmanager."""
    if not isinstance(data.get("route"), dict) or not isinstance(data.get("receivers"), list):
        raise ValueError("expected an Alertmanager configuration, with a route and receivers")  # noqa: TRY004
    result = Imported({})
    receivers = [receiver for receiver in data["receivers"] if isinstance(receiver, dict)]
    silent = {str(receiver.get("name")) for receiver in receivers if not _integrations(receiver)}
    result.sections["channels"] = {_name(receiver["name"]): {"console": True} for receiver in receivers}
    root = _route(data["route"], silent, result, "route")
    result.sections["route"] = {**_TIMES, **root, "interrupt_from": "info", "escalation": _STEADY}
    result.sections["escalations"] = {_STEADY: {"repeats": MOST_REPEATS, "backoff": 1}}
    if rules := [_inhibit(rule) for rule in data.get("inhibit_rules") or []]:
        result.sections["inhibit_rules"] = rules
    if intervals := _intervals(data):
        result.sections["time_intervals"] = intervals
    result.notes += [*_receiver_notes(receivers), *_other_notes(data)]
    return result


def _route(route: Mapping[str, Any], silent: set[str], result: Imported, where: str) -> Section:
    result.notes += [f"{where}.{name}: not converted, opos has no such setting" for name in route if name not in _ROUTE]
    section: Section = {}
    if matchers := _matchers(route):
        section["matchers"] = [str(matcher) for matcher in matchers]
    if "receiver" in route:
        never = where != "route" and route["receiver"] in silent
        section |= {"channel": _name(str(route["receiver"])), "interrupt_from": "never" if never else "info"}
    section |= {name: route[name] for name in _KEPT if route.get(name)}
    if children := route.get("routes"):
        section["routes"] = [_route(child, silent, result, f"{where}.routes.{n}") for n, child in enumerate(children)]
    return section


def _matchers(route: Mapping[str, Any], prefix: str = "") -> list[Matcher]:
    """The matchers in all three notations, in the order in which Alertmanager reads them."""
    equal = [Matcher(name, "=", str(value)) for name, value in (route.get(f"{prefix}match") or {}).items()]
    regex = [Matcher(name, "=~", str(value)) for name, value in (route.get(f"{prefix}match_re") or {}).items()]
    texts = route.get(f"{prefix}matchers") or []
    return equal + regex + [matcher for text in texts for matcher in parse_matchers(text)]


def _inhibit(rule: Mapping[str, Any]) -> Section:
    sides = {
        f"{side}_matchers": [str(matcher) for matcher in _matchers(rule, f"{side}_")] for side in ("source", "target")
    }
    return {**sides, **({"equal": rule["equal"]} if rule.get("equal") else {})}


def _intervals(data: Mapping[str, Any]) -> Section:
    declared = [*(data.get("mute_time_intervals") or []), *(data.get("time_intervals") or [])]
    return {str(interval["name"]): interval.get("time_intervals") or [] for interval in declared}


def _integrations(receiver: Mapping[str, Any]) -> list[str]:
    return [name for name, value in receiver.items() if name.endswith("_configs") and value]


def _name(name: str) -> str:
    """The name of a receiver as the name of a channel: lower-case letters, digits, - and _."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name.lower())
    return plain if plain[:1].isalnum() else f"c{plain}"


def _receiver_notes(receivers: list[dict[str, Any]]) -> Iterator[str]:
    for receiver in receivers:
        channel = _name(receiver["name"])
        kinds = _integrations(receiver)
        if not kinds:
            yield f"receivers.{receiver['name']}: has no integration, so its routes get interrupt_from: never"
        for kind in kinds:
            url = _SECRET.get(kind, "an Apprise URL")
            yield (
                f"receivers.{receiver['name']}.{kind}: not converted, because it contains secrets; write "
                f"{channel}: {{apprise: {channel.upper().replace('-', '_')}_URL}} and set that to {url}"
            )


def _other_notes(data: Mapping[str, Any]) -> Iterator[str]:
    if data.get("global"):
        yield f"global ({', '.join(data['global'])}): not converted; in opos, secrets and addresses belong to channels"
    if data.get("templates"):
        yield "templates: not converted; opos has its own message texts"
    yield from (f"{name}: not converted, opos has no such section" for name in data if name not in _KNOWN)
    yield f"repeat_interval: opos notifies you again at most {MOST_REPEATS} times; Alertmanager never stops"
    yield "severity: Alertmanager notifies about every alert, so routes get interrupt_from: info; raise it if you can"
