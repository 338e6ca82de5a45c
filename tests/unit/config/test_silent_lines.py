"""No line of opos.yaml does nothing in silence: each optional key has an effect, or is refused where it stands."""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.config.files.compiled_config import MODELS
from shared.values.section import Section
from shared.verification import verify, warnings

REST = """\
owner: me@example.com
channels: {desk: {ntfy: SECRET}}
route: {channel: desk}
digest: {channel: desk}
"""
STRIPE, GITHUB = "scheme: stripe", "scheme: github"
HMAC = "scheme: hmac, event: {title: t}, delivery: {header: X-Id}"
BEARER = "scheme: bearer"
ALERT = "alert: {title: t}"


def source(*keys: str) -> str:
    return f"sources:\n  shop: {{secrets: [SECRET], {', '.join(keys)}}}\n"


def hmac(*keys: str, rest: str = HMAC) -> str:
    return source(rest, f"hmac: {{header: X, {', '.join(keys)}}}")


TIMED = 'template: "{timestamp}{body}"'
IN_PARTS = "signature_key: v1, timestamp_key: t"

KEYS: dict[str, tuple[str, str | None]] = {
    "Source.format": (source(BEARER, "format: grafana"), None),
    "Source.tolerance": (source(STRIPE, "tolerance: 1m"), source(GITHUB, "tolerance: 1m")),
    "Source.hmac": (hmac("encoding: hex"), source(GITHUB, "hmac: {header: X}")),
    "Source.delivery": (source(GITHUB, "delivery: {body: id}"), None),
    "Source.repeat_window": (source(GITHUB, "repeat_window: 1h"), source(BEARER, "repeat_window: 1h")),
    "Source.test_mode": (source(STRIPE, "test_mode: handle"), source(GITHUB, "test_mode: handle")),
    "Source.keep_headers": (source(BEARER, "keep_headers: [X-Shop]"), None),
    "Source.type": (source(BEARER, "type: kind"), source(GITHUB, "type: action")),
    "Source.challenge": (source(BEARER, "challenge: challenge"), source("scheme: slack", "challenge: challenge")),
    "Source.alert": (source(GITHUB, ALERT), None),
    "Source.event": (source(BEARER, "alert: {title: t, when: w}, event: {title: t}"), source(BEARER, ALERT, "event: {title: t}")),
    "Source.severity": (source(STRIPE, "severity: {charge.dispute.created: info}"), source(BEARER, "severity: {disk: info}")),
    "Source.severity_values": (source(BEARER, "format: grafana, severity_values: {ohno: info}"), source(BEARER, "severity_values: {ohno: info}")),
    "Source.records": (source(BEARER, "records: {person: {kind: customer, id: id, fields: {name: name}}}"), source(BEARER, "records: {person: false}")),
    "HmacSpec.prefix": (hmac("prefix: v0="), hmac("prefix: v0=, signature_key: v1")),
    "HmacSpec.encoding": (hmac("encoding: base64"), None),
    "HmacSpec.key_encoding": (hmac("key_encoding: base64"), None),
    "HmacSpec.algorithm": (hmac("algorithm: sha1"), None),
    "HmacSpec.template": (hmac('template: "{body}."'), hmac('template: "{nonce}{body}"')),
    "HmacSpec.separator": (hmac("signature_key: v1, separator: ;"), hmac("separator: ;")),
    "HmacSpec.signature_key": (hmac("signature_key: v1"), None),
    "HmacSpec.timestamp": (hmac(TIMED, "timestamp_header: T, timestamp: iso"), hmac("timestamp: iso")),
    "HmacSpec.timestamp_key": (hmac(TIMED, IN_PARTS), hmac(IN_PARTS)),
    "HmacSpec.timestamp_header": (hmac(TIMED, "timestamp_header: T"), hmac("timestamp_header: T")),
    "HmacSpec.id_header": (hmac('template: "{id}{body}"', "id_header: I", rest="scheme: hmac"), None),
    "DeliverySpec.header": (source(BEARER, "delivery: {header: X-Id}"), None),
    "DeliverySpec.body": (source(BEARER, "delivery: {body: id}"), None),
    "DeliverySpec.hash": (source(BEARER, "delivery: {hash: body}"), None),
    "DeliverySpec.window": (source(BEARER, "delivery: {hash: body, window: 1m}"), source(BEARER, "delivery: {body: id, window: 1m}")),
    **{
        f"AlertMapping.{key}": (source(BEARER, f"alert: {{title: t, {key}: {value}}}"), None)
        for key, value in {
            "severity": "level", "status": "s", "fingerprint": "f", "summary": "s", "link": "l", "runbook": "r",
            "at": "a", "labels": "{a: b}", "when": "w",
        }.items()
    },
    "EventMapping.summary": (source(BEARER, "event: {title: t, summary: s}"), None),
    "EventMapping.link": (source(BEARER, "event: {title: t, link: l}"), None),
    "EventMapping.about": (source(BEARER, "event: {title: t, about: customers}"), None),
    "EventMapping.when": (source(BEARER, "event: {title: t, when: w}"), None),
    "EventMapping.amount": (source(BEARER, "event: {title: t, amount: a, currency: c}"), source(BEARER, "event: {title: t, amount: a}")),
    "EventMapping.currency": (source(BEARER, "event: {title: t, amount: a, currency: c}"), source(BEARER, "event: {title: t, currency: c}")),
    "Digest.timezone": ("digest: {channel: desk, cron: 0 8 * * *, timezone: UTC}", "digest: {channel: desk, timezone: UTC}"),
    "Heartbeat.timezone": ("heartbeats: {job: {cron: 0 8 * * *, timezone: UTC}}", "heartbeats: {job: {every: 1h, timezone: UTC}}"),
    "Escalation.backoff": ("escalations: {me: {repeats: 1, backoff: 3}}", "escalations: {me: {repeats: 0, backoff: 3}}"),
    "Night.from": ("focus: {night: {from: '20:00', factor: 2}}", "focus: {night: {from: '20:00', factor: 1}}"),
    "Night.to": ("focus: {night: {to: '08:00', factor: 2}}", "focus: {night: {to: '08:00', factor: 1}}"),
    "Thresholds.clock_offset": ("health: {clock: 'https://time.example', thresholds: {clock_offset: 5s}}", "health: {thresholds: {clock_offset: 5s}}"),
    "Flags.origins": ("flags: {origins: ['https://a.example']}", "flags: {origins: ['*', 'https://a.example']}"),
    "RouteTest.path": ("route_tests: [{labels: {a: b}, path: page}]", "route_tests: [{labels: {a: b}}]"),
}  # fmt: skip
"""Each optional key that has no effect in some files: a file where it has, and one where it is refused. For None, it has
an effect wherever it is valid."""

ALWAYS = {
    "Level": "after",
    "FieldMapping": "value owner",
    "RecordMapping": "kind types when id at deleted fields",
    "Escalation": "levels repeats",
    "Block": "days",
    "Night": "factor",
    "Focus": "blocks budget night",
    "InhibitRule": "source_matchers target_matchers equal",
    "RouteSpec": "matchers continue channel group_by group_wait group_interval repeat_interval interrupt_from auto_pause ack_timeout escalation digest send_resolved failure_threshold success_threshold mute_time_intervals active_time_intervals routes",
    "Route": "matchers continue group_by group_wait group_interval repeat_interval interrupt_from auto_pause ack_timeout escalation digest send_resolved failure_threshold success_threshold mute_time_intervals active_time_intervals routes pages_per_minute",
    "TimeInterval": "times weekdays days_of_month months years location",
    "ConsoleChannel": "cost send_resolved",
    "SecretChannel": "cost send_resolved",
    "AppriseChannel": "cost send_resolved",
    "EmailChannel": "cost send_resolved sender",
    "NtfyChannel": "cost send_resolved",
    "SlackChannel": "cost send_resolved",
    "WebPushChannel": "cost send_resolved",
    "Target": "region notify budget",
    "Size": "memory concurrency min_instances max_instances",
    "Deploy": "steps bake patience public functions",
    "Digest": "window cron size messages_per_minute",
    "WeeklyReview": "cron timezone",
    "Issuer": "jwks secret",
    "Flags": "requests_per_minute identity",
    "Thresholds": "event_unhandled page_unsent digest_late sweeper_silent flag_overridden deployment_unfinished certificate_left store_answer disk_free_mb",
    "Health": "memory_threshold_mb dependency_timeout thresholds certificates clock runbooks status_page channels",
    "Component": "description when",
    "StatusPage": "url components",
    "Heartbeat": "secrets every cron grace severity backup",
    "RouteTest": "name at channels because",
    "Config": "operators timezone public_url review heartbeats checker health status inhibit_rules time_intervals escalations focus runbooks route_tests flags slos deploy rotate_by",
    "Slos": "webhook_to_effect event_handled page_delivered flag_lookup window",
}
"""The other optional keys: each has an effect wherever it is valid. Routes are warned about by `shared.config.files.doubts`."""


def optional_keys() -> Iterator[str]:
    for module in map(importlib.import_module, MODELS):
        for model in vars(module).values():
            if inspect.isclass(model) and issubclass(model, Section) and model.__module__ == module.__name__:
                fields = model.model_fields.items()
                yield from (
                    f"{model.__name__}.{field.alias or name}" for name, field in fields if not field.is_required()
                )


def test_every_optional_key_is_in_one_of_the_tables() -> None:
    always = {f"{model}.{key}" for model, keys in ALWAYS.items() for key in keys.split()}
    assert always & set(KEYS) == set()
    assert set(optional_keys()) == always | set(KEYS)


def refused(folder: Path, text: str) -> list[str]:
    """What `opos verify` says of a file with these sections, without the name of the file."""
    own = {line.partition(":")[0] for line in text.splitlines()}
    kept = [line for line in REST.splitlines() if line.partition(":")[0] not in own]
    content = text if "sources" in own else f"{text}\nsources: {{}}\n"
    file, flags = folder / "opos.yaml", folder / "flags.yaml"
    file.write_text("\n".join([*kept, content]))
    flags.write_text("flags: {}\n")
    return [str(fault).removeprefix(f"{file}:") for fault in verify(file, flags, {"SECRET": "YTpi"})]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_has_an_effect_or_is_refused_where_it_stands(tmp_path: Path, key: str) -> None:
    effective, idle = KEYS[key]
    assert refused(tmp_path, effective) == []
    if idle is not None:
        (fault,) = refused(tmp_path, idle)
        line, place, said = fault.split(": ", 2)
        lines = (tmp_path / "opos.yaml").read_text().splitlines()
        assert place.rpartition(".")[2].split(".")[0] in lines[int(line) - 1]
        assert said.startswith("expected ")


SOURCES = {
    source(STRIPE, "severity: {chrage.dispute.created: info}"): "6: sources.shop.severity.chrage.dispute.created: expected an event type of which format stripe makes an alert; found 'chrage.dispute.created' (did you mean 'charge.dispute.created'? To get alerts of another type, add alert: with a `when:` that selects it)",
    source(STRIPE, "severity: {tax.settings.updated: info}"): "6: sources.shop.severity.tax.settings.updated: expected an event type of which format stripe makes an alert; found 'tax.settings.updated' (to get alerts of this type, add alert: with a `when:` that selects it)",
    source(GITHUB, "severity: {dependabot_alert: info}"): "6: sources.shop.severity.dependabot_alert: expected an event type of which format github makes an alert; found 'dependabot_alert' (did you mean 'dependabot_alert.created'? To get alerts of another type, add alert: with a `when:` that selects it)",
    source(STRIPE, "severity: {charge.dispute.closed: info}"): "6: sources.shop.severity.charge.dispute.closed: expected an event type of which format stripe makes an alert; found 'charge.dispute.closed' (did you mean 'charge.dispute.created'? To get alerts of another type, add alert: with a `when:` that selects it)",
    source(GITHUB, "severity: {dependabot_alert.dismissed: info}"): "6: sources.shop.severity.dependabot_alert.dismissed: expected an event type of which format github makes an alert; found 'dependabot_alert.dismissed' (did you mean 'dependabot_alert.created'? To get alerts of another type, add alert: with a `when:` that selects it)",
    source("scheme: slack", "severity: {app_mention: info}"): "6: sources.shop.severity: expected no severity, since nothing in this source makes an alert; found a mapping (add alert: to make one)",
    source(STRIPE, "severity_values: {high: info}"): "6: sources.shop.severity_values.high: expected one of critical, warning, info; found 'high' (format stripe sets no other severity; use severity: to set that of an event type)",
    source(STRIPE, "repeat_window: 1h"): "6: sources.shop.repeat_window: expected no repeat_window, since the delivery id is signed, so that a copy is always a duplicate; found '1h' (remove the line)",
    source(BEARER, "repeat_window: 1h"): "6: sources.shop.repeat_window: expected no repeat_window, since scheme bearer signs nothing; found '1h' (remove the line)",
    hmac(TIMED, IN_PARTS, rest=f"{HMAC}, repeat_window: 1h"): "6: sources.shop.repeat_window: expected no repeat_window, since tolerance already rejects a copy older than 10m; found '1h' (remove the line)",
    hmac('template: "{timestmp}.{body}"'): "6: sources.shop.hmac.template: expected a template with no places but {body}, {timestamp}, {id}; found '{timestmp}.{body}' ({timestmp}: did you mean 'timestamp'?)",
    hmac('template: "{body}.{body}"'): "6: sources.shop.hmac.template: expected a template that signs {body} once; found '{body}.{body}' (only the first {body} gets the body)",
    hmac(TIMED, "signature_key: v1, timestamp_key: t, timestamp_header: T"): "6: sources.shop.hmac.timestamp_header: expected no hmac.timestamp_header, since timestamp_key names the part with the time; found 'T' (remove the line)",
    "sources:\n  grafana: {scheme: bearer, secrets: [SECRET], alert: {title: t}}\n": "6: sources.grafana.alert: expected format: beside a mapping, since the name grafana alone chooses a format; found a mapping (write format: grafana to add the mapping to it, or format: mapped to read by the mapping alone)",
}  # fmt: skip


@pytest.mark.parametrize("text", SOURCES)
def test_a_line_without_effect_is_refused_with_what_to_write_instead(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text) == [SOURCES[text]]


@pytest.mark.parametrize(
    "text",
    [
        source(GITHUB, "severity: {dependabot_alert.invented_later: info}"),
        source(STRIPE, "severity: {invented.later: info}", "alert: {title: type, when: w}"),
        source(STRIPE, ALERT),
        source("scheme: standard-webhooks", "type: event_type"),
        source("scheme: standard-webhooks", "severity: {a: info}", ALERT),
        source("scheme: sentry", "severity_values: {error: critical}"),
        source(BEARER, "alert: {title: t, severity: critical}", "severity_values: {critical: info}"),
    ],
)
def test_a_line_that_may_have_an_effect_is_accepted(tmp_path: Path, text: str) -> None:
    assert refused(tmp_path, text) == []


def test_all_silent_lines_are_refused_together_each_on_its_line(tmp_path: Path) -> None:
    text = """\
sources:
  stripe:
    scheme: stripe
    secrets: [SECRET]
    severity:
      charge.disputed: info
      tax.settings.updated: info
  lemon:
    scheme: hmac
    secrets: [SECRET]
    hmac:
      header: X
      separator: ";"
      template: "{nonce}{body}"
heartbeats: {job: {every: 1h, timezone: UTC}}
"""
    places = [tuple(fault.split(": ")[:2]) for fault in refused(tmp_path, text)]
    assert places == [
        ("10", "sources.stripe.severity.charge.disputed"),
        ("11", "sources.stripe.severity.tax.settings.updated"),
        ("17", "sources.lemon.hmac.separator"),
        ("18", "sources.lemon.hmac.template"),
        ("19", "heartbeats.job.timezone"),
    ]


def warned(folder: Path, text: str) -> list[str]:
    file = folder / "opos.yaml"
    assert refused(folder, text) == []
    return [str(warning).removeprefix(f"{file}:") for warning in warnings(file, {}, "https://opos.example")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (source(GITHUB, "severity: {dependabot_alert.craeted: info}"), "6: sources.shop.severity.dependabot_alert.craeted: expected an event type that format github knows; found 'dependabot_alert.craeted' (did you mean 'dependabot_alert.created'?)"),
        (source(STRIPE, "severity: {chrage.dispute.created: info}", ALERT), "6: sources.shop.severity.chrage.dispute.created: expected an event type that format stripe knows; found 'chrage.dispute.created' (did you mean 'charge.dispute.created'?)"),
        (source(STRIPE, "severity: {charge.suceeded: info}", ALERT), "6: sources.shop.severity.charge.suceeded: expected an event type that format stripe knows; found 'charge.suceeded' (did you mean 'charge.succeeded'?)"),
        (hmac("encoding: hex", rest="scheme: hmac, event: {title: t}"), "6: sources.shop: expected delivery:, by which opos recognises what the sender sends again; found none (write delivery: {header: NAME}, {body: PATH} or {hash: body, window: 10m})"),
        (source(GITHUB, "alert: {title: t, severity: critcal}"), "6: sources.shop.alert.severity: expected critical, warning or info, or the path to the sender's word; found 'critcal' (this reads the field critcal of the body; for the word itself, write \"'critcal'\")"),
        ("route: {channel: desk, routes: [{matchers: [a=b], continue: true}]}", "4: route.routes.0.continue: expected no continue on the last route, since none follows it; found true"),
        ("route: {channel: desk, routes: [{matchers: [a=b], interrupt_from: never, repeat_interval: 1h}]}", "4: route.routes.0.repeat_interval: expected no repeat_interval on a route that never notifies; found '1h'"),
        ("channels: {desk: {ntfy: SECRET}, phone: {slack: SECRET}}", "4: channels.phone: expected a route, an escalation, a digest or the review that names this channel; found none"),
        ("digest: {now: {channel: desk}, later: {channel: desk, window: 1h}}", "4: digest.later: expected a route that names this digest; found none"),
    ],
)  # fmt: skip
def test_a_line_that_is_surely_not_meant_is_warned_about(tmp_path: Path, text: str, expected: str) -> None:
    assert warned(tmp_path, text) == [expected]


@pytest.mark.parametrize(
    ("keys", "secret", "expected"),
    [
        (BEARER.replace("bearer", "basic"), "hunter2", "the secret SECRET to be user:password"),
        ("scheme: hmac, hmac: {header: X, key_encoding: base64}", "hunter2!", "the secret SECRET to be base64, as key_encoding says"),
    ],
)  # fmt: skip
def test_a_secret_that_can_never_authenticate_is_refused_and_not_shown(
    tmp_path: Path, keys: str, secret: str, expected: str
) -> None:
    refused(tmp_path, source(keys))
    (fault,) = verify(tmp_path / "opos.yaml", tmp_path / "flags.yaml", {"SECRET": secret})
    assert (fault.path, fault.expected) == ("sources.shop.secrets.0", expected)
    assert "hunter2" not in str(fault)
