"""The last deployment: what it deployed, and whether it has ended."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.context import Context
from shared.deployments import UNDER_WAY, Deployment, latest
from shared.health.report import Result, compare
from shared.values.local_time import age, local_time


def last_deployment(context: Context) -> list[Result]:
    """Empty if nothing was ever deployed. The result is public, so it does not say who deployed."""
    deployments = latest(context.store)
    return [
        *(_last(deployment, context) for deployment in deployments),
        *(_unfinished(deployment, context) for deployment in deployments),
    ]


def _last(deployment: Deployment, context: Context) -> Result:
    back = f", rollback to {deployment.back_to}" if deployment.back_to else ""
    content = deployment.commit[:7] or deployment.release[:7] or "traffic only"
    began = local_time(deployment.began_at, ZoneInfo(context.config.timezone), context.now)
    output = f"{content}{back}: {deployment.phase}, started {began} ({age(deployment.began_at, context.now)})"
    return Result("deployment:last", "system", "pass", deployment.number, "number", output)


def _unfinished(deployment: Deployment, context: Context) -> Result:
    is_under_way = deployment.phase in UNDER_WAY
    length = context.now - datetime.fromisoformat(deployment.began_at) if is_under_way else timedelta()
    threshold = context.config.health.thresholds.deployment_unfinished.total_seconds()
    seconds = length.total_seconds()
    return compare("deployment:unfinished", seconds, "s", threshold=threshold, failure="deployment-unfinished")
