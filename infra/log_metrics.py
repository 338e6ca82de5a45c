"""Metrics of the functions' log lines. They are kept longer than the lines, and Google Cloud's console charts them.

Source: Cloud Logging documentation, "Logging query language" and "Log-based metrics".
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_gcp as gcp

from infra.target import Cloud

_FUNCTION = "EXTRACT(resource.labels.service_name)"


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of the lines that match `filter`, by `labels`."""

    name: str
    filter: str
    labels: Mapping[str, str]


COUNTED = (
    Counted(
        "opos-errors",
        'resource.type="cloud_run_revision" AND severity>=ERROR AND jsonPayload.message!=""',
        {"function": _FUNCTION, "message": "EXTRACT(jsonPayload.message)"},
    ),
    Counted(
        "opos-5xx",
        'resource.type="cloud_run_revision" AND log_id("run.googleapis.com/requests") AND httpRequest.status>=500',
        {"function": _FUNCTION, "status": "EXTRACT(httpRequest.status)"},
    ),
    Counted(
        "opos-rejected",
        'resource.type="cloud_run_revision" AND jsonPayload.message="webhook_rejected"',
        {"source": "EXTRACT(jsonPayload.source)", "reason": "EXTRACT(jsonPayload.reason)"},
    ),
)


def count_lines(cloud: Cloud) -> None:
    for counted in COUNTED:
        labels = [gcp.logging.MetricMetricDescriptorLabelArgs(key=key, value_type="STRING") for key in counted.labels]
        gcp.logging.Metric(
            counted.name,
            project=cloud.project,
            name=counted.name,
            filter=counted.filter,
            label_extractors=counted.labels,
            metric_descriptor=gcp.logging.MetricMetricDescriptorArgs(
                metric_kind="DELTA", value_type="INT64", labels=labels
            ),
            opts=cloud.needing("logging"),
        )
