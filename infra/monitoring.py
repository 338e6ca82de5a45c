"""The uptime check and the alerts of Cloud Monitoring, for problems that the bundle cannot report itself.

Sources: Cloud Monitoring documentation, "Create public uptime checks" and "Google Cloud metrics".
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from infra.target import Cloud

# Not /readyz: Cloud Run reserves some paths that end in z ("Known issues in Cloud Run", reserved URL paths).
CHECKED, CHECKED_EVERY = "/health", "300s"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Fires when `filter` counts more than `above` within `over`, for each `by` separately, for `lasting`."""

    title: str
    fix: str
    filter: pulumi.Input[str]
    above: int
    over: str
    lasting: str
    by: str
    aligner: str
    reducer: str


ALARMS = (
    Alarm(
        title="opos answers with errors",  # except health, which reports failures with a 503
        fix="Run `opos doctor`. If this began after a deploy, run `opos rollback`. Failed requests are sent again.",
        filter='resource.type="cloud_run_revision" AND metric.type="run.googleapis.com/request_count" '
        'AND metric.labels.response_code_class="5xx" AND resource.labels.service_name!="health"',
        above=5,
        over="300s",
        lasting="0s",
        by="resource.label.service_name",
        aligner="ALIGN_DELTA",
        reducer="REDUCE_SUM",
    ),
    Alarm(
        title="opos does not process its messages",
        fix="Follow docs/runbooks/events-unhandled.md or docs/runbooks/sweeper-stopped.md.",
        filter='resource.type="pubsub_subscription" '
        'AND metric.type="pubsub.googleapis.com/subscription/oldest_unacked_message_age"',
        above=600,
        over="60s",
        lasting="300s",
        by="resource.label.subscription_id",
        aligner="ALIGN_MAX",
        reducer="REDUCE_MAX",
    ),
)


def watch(health: gcp.cloudrunv2.Service, channel: gcp.monitoring.NotificationChannel, cloud: Cloud) -> None:
    for alarm in (_unready(_check(health, cloud)), *ALARMS):
        _alert(alarm, channel, cloud)


def make_channel(cloud: Cloud) -> gcp.monitoring.NotificationChannel:
    """Creates the mail channel, which works even if the whole bundle is down."""
    address = cloud.chosen.target.notify or cloud.chosen.config.owner
    return gcp.monitoring.NotificationChannel(
        "mail",
        project=cloud.project,
        display_name="opos",
        type="email",
        labels={"email_address": address},
        opts=cloud.needing("monitoring"),
    )


def _check(health: gcp.cloudrunv2.Service, cloud: Cloud) -> gcp.monitoring.UptimeCheckConfig:
    host = health.uri.apply(lambda url: url.removeprefix("https://"))
    return gcp.monitoring.UptimeCheckConfig(
        "ready",
        project=cloud.project,
        display_name="opos is ready",
        period=CHECKED_EVERY,
        timeout="10s",
        http_check=_with_token_of_monitoring(),
        monitored_resource=gcp.monitoring.UptimeCheckConfigMonitoredResourceArgs(
            type="uptime_url", labels={"project_id": cloud.project, "host": host}
        ),
        opts=cloud.needing("monitoring"),
    )


def _with_token_of_monitoring() -> gcp.monitoring.UptimeCheckConfigHttpCheckArgs:
    """Authenticates the check by the identity of Cloud Monitoring, which may call only this function."""
    token = gcp.monitoring.UptimeCheckConfigHttpCheckServiceAgentAuthenticationArgs(type="OIDC_TOKEN")
    return gcp.monitoring.UptimeCheckConfigHttpCheckArgs(
        path=CHECKED, port=443, use_ssl=True, validate_ssl=True, service_agent_authentication=token
    )


def _unready(check: gcp.monitoring.UptimeCheckConfig) -> Alarm:
    """The alert if checks from more than one region fail; a single region may have lost its own connection."""
    passed = 'resource.type="uptime_url" AND metric.type="monitoring.googleapis.com/uptime_check/check_passed"'
    return Alarm(
        title="opos is not ready",
        fix="Run `opos doctor` to see what is wrong; docs/runbooks/README.md lists the runbooks.",
        filter=pulumi.Output.concat(passed, ' AND metric.labels.check_id="', check.uptime_check_id, '"'),
        above=1,
        over="1200s",
        lasting="60s",
        by="resource.label.host",
        aligner="ALIGN_NEXT_OLDER",
        reducer="REDUCE_COUNT_FALSE",
    )


def _alert(alarm: Alarm, channel: gcp.monitoring.NotificationChannel, cloud: Cloud) -> None:
    gcp.monitoring.AlertPolicy(
        alarm.title.replace(" ", "-"),
        project=cloud.project,
        display_name=alarm.title,
        combiner="OR",
        conditions=[_condition(alarm)],
        documentation=gcp.monitoring.AlertPolicyDocumentationArgs(content=alarm.fix, mime_type="text/markdown"),
        notification_channels=[channel.name],
        opts=cloud.needing("monitoring"),
    )


def _condition(alarm: Alarm) -> gcp.monitoring.AlertPolicyConditionArgs:
    aggregation = gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
        alignment_period=alarm.over,
        per_series_aligner=alarm.aligner,
        cross_series_reducer=alarm.reducer,
        group_by_fields=[alarm.by],
    )
    threshold = gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
        filter=alarm.filter,
        comparison="COMPARISON_GT",
        threshold_value=alarm.above,
        duration=alarm.lasting,
        aggregations=[aggregation],
    )
    return gcp.monitoring.AlertPolicyConditionArgs(display_name=alarm.title, condition_threshold=threshold)
