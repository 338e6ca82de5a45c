"""Pub/Sub delivers some messages twice; its emulator hardly ever does, so a tap publishes some once more, as they are."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from google.api_core.exceptions import GoogleAPICallError
from google.pubsub_v1.services.publisher import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from opos.bundle.emulators import PROJECT
from shared.adapters.google_client import transport

TOPICS = ("events", "digests")
_MARK = "redelivered"


@contextmanager
def redelivering(emulator: str, share: float) -> Iterator[None]:
    stopping = threading.Event()
    taps = [threading.Thread(target=_tap, args=(topic, emulator, share, stopping), daemon=True) for topic in TOPICS]
    for tap in taps:
        tap.start()
    try:
        yield
    finally:
        stopping.set()
        for tap in taps:
            tap.join(timeout=10)


def _tap(topic: str, emulator: str, share: float, stopping: threading.Event) -> None:
    publisher = PublisherClient(transport=transport("Pub/Sub", PublisherGrpcTransport, emulator))
    subscriber = SubscriberClient(transport=transport("Pub/Sub", SubscriberGrpcTransport, emulator))
    name, path = f"projects/{PROJECT}/subscriptions/tap-{topic}", f"projects/{PROJECT}/topics/{topic}"
    subscriber.create_subscription(name=name, topic=path)
    rng = random.Random(topic)
    while not stopping.is_set():
        with suppress(GoogleAPICallError):
            found = subscriber.pull(subscription=name, max_messages=100, timeout=2).received_messages
            if not found:
                continue
            subscriber.acknowledge(subscription=name, ack_ids=[one.ack_id for one in found])
            again = [one.message for one in found if _MARK not in one.message.attributes and rng.random() < share]
            copies = [{"data": message.data, "attributes": {**message.attributes, _MARK: "1"}} for message in again]
            if copies:
                publisher.publish(topic=path, messages=copies)
