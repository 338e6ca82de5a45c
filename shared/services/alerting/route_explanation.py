"""The verdict on an alert now, with every matcher and hold reason that leads to it."""

from dataclasses import dataclass

from shared.alerting.alert import AlertDoc, effective_severity, labels_of
from shared.alerting.explanation import Reason, Tried, reasons, tried_routes
from shared.alerting.groups import channels_of
from shared.alerting.routes import group_labels, route
from shared.config.files.route_tests import alert_with
from shared.context import Context
from shared.errors import NotFound
from shared.events import Alert
from shared.intake.body import parsed
from shared.intake.webhook import read, read_again
from shared.ports import Doc
from shared.services.alerting.notification import situation_now
from shared.services.intake.acceptance import announcement

_TYPE_HEADERS = ("x-github-event", "x-shopify-topic", "sentry-hook-resource")
"""The headers in which senders put the event type."""


@dataclass(frozen=True, slots=True)
class Explained:
    title: str
    labels: dict[str, str]
    tried: list[Tried]
    group: dict[str, str]
    channels: tuple[str, ...]
    digest: str
    reasons: list[Reason]
    path: str
    reason: str


def explain_event(doc: Doc, context: Context, most: int | None = None) -> list[Explained]:
    """The alerts of the past event *doc*, or the first *most* of them."""
    event, signals = read_again(doc, context.config)
    message = announcement(event, signals, version=doc.version)
    alerts = [signal for signal in signals if isinstance(signal, Alert)]
    return [_signal(signal, message.source, message.type, context) for signal in alerts[:most]]


def explain_payload(source: str, body: bytes, event_type: str, context: Context) -> list[Explained]:
    """The alerts of a webhook that *source* might send."""
    declared = context.config.sources.get(source)
    if declared is None:
        known = ", ".join(context.config.sources)
        raise NotFound(f'No source is called "{source}".', hint=f"The sources in opos.yaml: {known}.")
    headers = dict.fromkeys(_TYPE_HEADERS, event_type) if event_type else {}
    reading = read(source, declared, headers, parsed(body, {}))
    return [_signal(signal, source, reading.type, context) for signal in reading.signals if isinstance(signal, Alert)]


def explain_labels(labels: dict[str, str], context: Context) -> Explained:
    """An alert with exactly these *labels*."""
    return _alert(alert_with(labels, context.config, context.now), context)


def _signal(signal: Alert, source: str, type: str, context: Context) -> Explained:
    labels = labels_of(signal, source=source, type=type)
    fresh = alert_with(labels, context.config, context.now)
    severity = effective_severity(signal.severity)
    return _alert({**fresh, "title": signal.title, "source": source, "severity": severity}, context)


def _alert(alert: AlertDoc, context: Context) -> Explained:
    matched = route(context.config.routes, alert["labels"])
    situation, _ = situation_now(context)
    asked, verdicts = reasons(alert, matched, situation)
    return Explained(
        title=f"{alert['title']} ({alert['severity']})",
        labels=alert["labels"],
        tried=list(tried_routes(context.config.routes, alert["labels"])),
        group=group_labels(matched, alert["labels"]),
        channels=channels_of(verdicts.routes),
        digest=verdicts.routes[-1].settings.digest,
        reasons=asked,
        path=verdicts.verdict.path,
        reason=verdicts.verdict.reason,
    )
