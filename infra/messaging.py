"""Topics, and who is called with what is published there."""

from collections.abc import Mapping
from datetime import timedelta

import pulumi
import pulumi_gcp as gcp

from infra.target import Cloud
from opos.cloud.declared import audience
from shared.events import DeadLetter
from shared.ports.topology import ACK_DEADLINE, MAX_ATTEMPTS, SUBSCRIPTIONS, TOPICS, Subscription

RETENTION = timedelta(days=7)
"""The most that Pub/Sub keeps what nobody has acknowledged: so long may a bundle be down without losing a message."""
NEVER = ""


def make_topics(cloud: Cloud) -> Mapping[str, gcp.pubsub.Topic]:
    """They carry what webhooks said, and so stay in the region."""
    here = gcp.pubsub.TopicMessageStoragePolicyArgs(allowed_persistence_regions=[cloud.region])
    return {
        topic: gcp.pubsub.Topic(
            topic, project=cloud.project, name=topic, message_storage_policy=here, opts=cloud.needing("pubsub")
        )
        for topic in TOPICS
    }


def subscribe(
    topics: Mapping[str, gcp.pubsub.Topic],
    services: Mapping[str, gcp.cloudrunv2.Service],
    pusher: gcp.serviceaccount.Account,
    cloud: Cloud,
) -> Mapping[str, gcp.pubsub.Subscription]:
    return {
        one.name: gcp.pubsub.Subscription(
            one.name,
            project=cloud.project,
            name=one.name,
            topic=topics[one.topic].name,
            ack_deadline_seconds=int(ACK_DEADLINE.total_seconds()),
            message_retention_duration=_seconds(RETENTION),
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=NEVER),
            retry_policy=gcp.pubsub.SubscriptionRetryPolicyArgs(
                minimum_backoff=_seconds(one.min_backoff), maximum_backoff=_seconds(one.max_backoff)
            ),
            push_config=_push(one, services[one.function].uri, pusher.email, cloud),
            dead_letter_policy=_dead_letters(topics[DeadLetter.topic].id) if one.dead_letters else None,
            opts=cloud.needing("pubsub"),
        )
        for one in SUBSCRIPTIONS
    }


def _push(
    one: Subscription, url: pulumi.Output[str], pusher: pulumi.Output[str], cloud: Cloud
) -> gcp.pubsub.SubscriptionPushConfigArgs:
    """The path names the topic: functions-framework hands it on as the event's source."""
    path = f"/projects/{cloud.project}/topics/{one.topic}"
    return gcp.pubsub.SubscriptionPushConfigArgs(
        push_endpoint=pulumi.Output.concat(url, path),
        oidc_token=gcp.pubsub.SubscriptionPushConfigOidcTokenArgs(
            service_account_email=pusher, audience=audience(one.function)
        ),
    )


def _dead_letters(topic: pulumi.Output[str]) -> gcp.pubsub.SubscriptionDeadLetterPolicyArgs:
    return gcp.pubsub.SubscriptionDeadLetterPolicyArgs(dead_letter_topic=topic, max_delivery_attempts=MAX_ATTEMPTS)


def _seconds(duration: timedelta) -> str:
    return f"{int(duration.total_seconds())}s"
