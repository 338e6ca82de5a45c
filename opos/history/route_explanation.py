"""What would become of an alert now, with all that was asked on the way."""

from dataclasses import dataclass

from opos.terminal.lookup import find_event
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
from shared.services.alerting.notification import situation_now
from shared.services.intake.acceptance import announcement

_TYPE_HEADERS = ("x-github-event", "x-shopify-topic", "sentry-hook-resource")
"""Where the senders that name their event's type in a header do so."""


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


def explain_event(wanted: str, context: Context) -> list[Explained]:
    """Each alert in a past event. Raises NotFound or Ambiguous."""
    doc = find_event(context.store, wanted)
    event, signals = read_again(doc, context.config)
    message = announcement(event, signals, version=doc.version)
    return [_signal(one, message.source, message.type, context) for one in signals if isinstance(one, Alert)]


def explain_payload(source: str, body: bytes, event_type: str, context: Context) -> list[Explained]:
    """Each alert in a webhook that *source* might send."""
    declared = context.config.sources.get(source)
    if declared is None:
        known = ", ".join(context.config.sources)
        raise NotFound(f"There is no source {source}.", hint=f"opos.yaml declares {known}.")
    headers = dict.fromkeys(_TYPE_HEADERS, event_type) if event_type else {}
    reading = read(source, declared, headers, parsed(body, {}))
    return [_signal(one, source, reading.type, context) for one in reading.signals if isinstance(one, Alert)]


def explain_labels(labels: dict[str, str], context: Context) -> Explained:
    """An alert with exactly these *labels*."""
    return _alert(alert_with(labels, context.now), context)


def _signal(signal: Alert, source: str, type: str, context: Context) -> Explained:
    labels = labels_of(signal, source=source, type=type)
    fresh = alert_with(labels, context.now)
    severity = effective_severity(signal.severity)
    return _alert({**fresh, "title": signal.title, "source": source, "severity": severity}, context)


def _alert(alert: AlertDoc, context: Context) -> Explained:
    taken = route(context.config.routes, alert["labels"])
    situation, _ = situation_now(context)
    found, verdict = reasons(alert, taken, situation)
    return Explained(
        title=f"{alert['title']} ({alert['severity']})",
        labels=alert["labels"],
        tried=list(tried_routes(context.config.routes, alert["labels"])),
        group=group_labels(taken, alert["labels"]),
        channels=channels_of(taken),
        digest=taken[-1].settings.digest,
        reasons=found,
        path=verdict.path,
        reason=verdict.reason,
    )
