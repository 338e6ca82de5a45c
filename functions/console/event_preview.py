"""What today's configuration would do with a past event, and every check that leads there."""

from dataclasses import replace

from functions.console.outcomes import DECISIONS, RECORDED
from functions.console.quarantine import fault
from functions.console.rows import Row, localized_reason
from shared.alerting.explanation import Tried
from shared.context import Context
from shared.ports import Doc
from shared.services.alerting.replay_preview import ReplayPreview
from shared.services.alerting.route_explanation import Explained, explain_event
from shared.services.intake.replay import as_named
from shared.values.masking import without_secrets
from shared.values.text import headline

LISTED = 20
EXPLAINED = 5
"""How many alerts of an event are explained."""


def preview(doc: Doc, context: Context) -> Row:
    """What a replay would do. It reads the alerts of the event, and what may hold them, and changes nothing."""
    (would,) = ReplayPreview(context.store, context.config, context.now).replay([as_named(doc)])
    decisions = [
        {"mark": DECISIONS.get(made["path"], RECORDED), "reason": _reason(made["reason"], context)}
        for made in would.decisions[:LISTED]
    ]
    return {
        "decisions": decisions,
        "more": max(0, len(would.decisions) - LISTED),
        "changes": [without_secrets(change) for change in would.changes[:LISTED]],
        "quarantine": fault(would.quarantine) if would.quarantine else None,
        "notifies": "page" in would.paths,
        "explained": [_explained(alert, context) for alert in explain_event(doc, context, EXPLAINED)],
    }


def _explained(alert: Explained, context: Context) -> Row:
    checks = [(check.asked, _reason(check.answer, context), check.decides) for check in alert.reasons]
    return {
        "title": headline(without_secrets(alert.title)), "channels": ", ".join(alert.channels),
        "tried": list(map(_tried, alert.tried)),
        "checks": checks, "reason": _reason(alert.reason, context),
    }  # fmt: skip


def _tried(route: Tried) -> Tried:
    return replace(
        route, matchers=tuple((text, without_secrets(value), is_ok) for text, value, is_ok in route.matchers)
    )


def _reason(text: str, context: Context) -> str:
    return without_secrets(localized_reason(text, context))
