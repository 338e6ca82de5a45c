"""The minute tick."""

import base64

import pulumi_gcp as gcp

from infra.target import Cloud
from opos.cloud.declared import TICK_CRON
from shared.events import Tick


def make_tick(topic: gcp.pubsub.Topic, cloud: Cloud) -> gcp.cloudscheduler.Job:
    """Publishes the same message as `opos up`, without retries: the next tick does the work of a lost one."""
    data = base64.b64encode(Tick().model_dump_json().encode()).decode()
    return gcp.cloudscheduler.Job(
        "tick",
        project=cloud.project,
        region=cloud.region,
        name="opos-tick",
        description="Starts the sweeper every minute.",
        schedule=TICK_CRON,
        time_zone="Etc/UTC",
        pubsub_target=gcp.cloudscheduler.JobPubsubTargetArgs(topic_name=topic.id, data=data),
        opts=cloud.needing("cloudscheduler"),
    )
