"""Creates topics and push subscriptions on the Pub/Sub emulator, as `shared.ports.topology` declares them but for the
retries.

The emulator gets no retry policy. With one, the messages that fail twice and become due in the same millisecond end the
task that delivers again, and the subscription never delivers any message of its back-off (observed with 0.8.20: of 12
that were refused for four seconds, 5 never came again). Without one, it tries again each second.
"""

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
from shared.ports.topology import ACK_DEADLINE, SUBSCRIPTIONS, TOPICS, Subscription

ATTEMPTS = 100
"""As many as Pub/Sub allows: at one a second, a message becomes a dead letter about as late as in a deployment."""


def wire(project: str, endpoint: Callable[[str], str], *, emulator: str) -> None:
    """Creates what is missing, and is safe to repeat. *endpoint* returns the address at which a function receives
    pushes, by its name.
    """
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
    dead_letters = {
        "dead_letter_topic": f"projects/{project}/topics/{DeadLetter.topic}",
        "max_delivery_attempts": ATTEMPTS,
    }
    return {
        "name": f"projects/{project}/subscriptions/{subscription.name}",
        "topic": topic,
        # functions-framework reads the topic from the path of the push.
        "push_config": {"push_endpoint": f"{address}/{topic}"},
        "ack_deadline_seconds": int(ACK_DEADLINE.total_seconds()),
        **({"dead_letter_policy": dead_letters} if subscription.dead_letters else {}),
    }
