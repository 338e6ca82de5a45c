"""The last deployment: which it is, and whether it came to an end."""

from datetime import datetime, timedelta

from shared.context import Context
from shared.deployments import UNDER_WAY, Deployment, latest
from shared.health.report import Finding, judged


def last_deployment(context: Context) -> list[Finding]:
    """Nothing where nothing was ever deployed. Anyone may read it, so it does not say who."""
    found = latest(context.store)
    return [*(_what(one) for one in found), *(_unfinished(one, context) for one in found)]


def _what(one: Deployment) -> Finding:
    back = f", back to {one.back_to}" if one.back_to else ""
    said = f"{one.commit[:7] or one.release[:7] or 'traffic alone'}{back}: {one.phase}, {one.began_at[:16]}"
    return Finding("deployment:last", "system", "pass", one.number, "number", said)


def _unfinished(one: Deployment, context: Context) -> Finding:
    age = context.now - datetime.fromisoformat(one.began_at) if one.phase in UNDER_WAY else timedelta()
    threshold = context.config.health.thresholds.deployment_unfinished.total_seconds()
    seconds = age.total_seconds()
    return judged("deployment:unfinished", seconds, "s", threshold=threshold, failure="deployment-unfinished")
