"""Topics and push subscriptions as `shared.ports.topology` declares them, made on Pub/Sub. Safe to call again."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from google.api_core.exceptions import AlreadyExists
from google.pubsub_v1.services.publisher import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from shared.adapters.google_client import translated, transport
from shared.events import DeadLetter
from shared.ports.topology import MAX_ATTEMPTS, SUBSCRIPTIONS, TOPICS, Subscription

ACK_DEADLINE = 60
"""Seconds that a function may take: more than a channel's longest answer."""


def wire(project: str, endpoint: Callable[[str], str], *, emulator: str | None) -> None:
    """Make what is missing. *endpoint* is the address at which a function, by its name, takes pushes."""
    publisher = PublisherClient(transport=transport("Pub/Sub", PublisherGrpcTransport, emulator))
    subscriber = SubscriberClient(transport=transport("Pub/Sub", SubscriberGrpcTransport, emulator))
    with translated("Pub/Sub"):
        for topic in TOPICS:
            with suppress(AlreadyExists):
                publisher.create_topic(name=f"projects/{project}/topics/{topic}")
        for subscription in SUBSCRIPTIONS:
            with suppress(AlreadyExists):
                subscriber.create_subscription(_request(subscription, project, endpoint(subscription.function)))


def _request(subscription: Subscription, project: str, address: str) -> dict[str, Any]:
    topic = f"projects/{project}/topics/{subscription.topic}"
    dead = {
        "dead_letter_topic": f"projects/{project}/topics/{DeadLetter.topic}",
        "max_delivery_attempts": MAX_ATTEMPTS,
    }
    return {
        "name": f"projects/{project}/subscriptions/{subscription.name}",
        "topic": topic,
        # functions-framework learns the topic from the path of the push.
        "push_config": {"push_endpoint": f"{address}/{topic}"},
        "ack_deadline_seconds": ACK_DEADLINE,
        "retry_policy": {"minimum_backoff": subscription.min_backoff, "maximum_backoff": subscription.max_backoff},
        **({"dead_letter_policy": dead} if subscription.dead_letters else {}),
    }
