"""Topics and their push subscriptions."""

from collections.abc import Mapping
from datetime import timedelta

import pulumi
import pulumi_gcp as gcp

from infra.target import Cloud
from opos.cloud.declared import audience
from shared.events import DeadLetter
from shared.ports.topology import ACK_DEADLINE, MAX_ATTEMPTS, SUBSCRIPTIONS, TOPICS, Subscription

RETENTION = timedelta(days=7)
"""How long Pub/Sub keeps an unacknowledged message: its maximum. A bundle that is down for less loses none."""
NEVER = ""


def make_topics(cloud: Cloud) -> Mapping[str, gcp.pubsub.Topic]:
    """Topics carry the content of webhooks, so they stay in the region."""
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
        subscription.name: gcp.pubsub.Subscription(
            subscription.name,
            project=cloud.project,
            name=subscription.name,
            topic=topics[subscription.topic].name,
            ack_deadline_seconds=int(ACK_DEADLINE.total_seconds()),
            message_retention_duration=_seconds(RETENTION),
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=NEVER),
            retry_policy=gcp.pubsub.SubscriptionRetryPolicyArgs(
                minimum_backoff=_seconds(subscription.min_backoff), maximum_backoff=_seconds(subscription.max_backoff)
            ),
            push_config=_push(subscription, services[subscription.function].uri, pusher.email, cloud),
            dead_letter_policy=_dead_letters(topics[DeadLetter.topic].id) if subscription.dead_letters else None,
            opts=cloud.needing("pubsub"),
        )
        for subscription in SUBSCRIPTIONS
    }


def _push(
    subscription: Subscription, url: pulumi.Output[str], pusher: pulumi.Output[str], cloud: Cloud
) -> gcp.pubsub.SubscriptionPushConfigArgs:
    """The path names the topic, because functions-framework takes the source of the event from it."""
    path = f"/projects/{cloud.project}/topics/{subscription.topic}"
    return gcp.pubsub.SubscriptionPushConfigArgs(
        push_endpoint=pulumi.Output.concat(url, path),
        oidc_token=gcp.pubsub.SubscriptionPushConfigOidcTokenArgs(
            service_account_email=pusher, audience=audience(subscription.function)
        ),
    )


def _dead_letters(topic: pulumi.Output[str]) -> gcp.pubsub.SubscriptionDeadLetterPolicyArgs:
    return gcp.pubsub.SubscriptionDeadLetterPolicyArgs(dead_letter_topic=topic, max_delivery_attempts=MAX_ATTEMPTS)


def _seconds(duration: timedelta) -> str:
    return f"{int(duration.total_seconds())}s"
