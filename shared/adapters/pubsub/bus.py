"""The Bus on Cloud Pub/Sub. It uses the raw client, so that a publish does not wait for a batch timer."""

from dataclasses import dataclass

from google.pubsub_v1 import types
from google.pubsub_v1.services.publisher import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from shared.adapters.google_client import DEADLINE, patiently, project, translated, transport
from shared.events import Message
from shared.ports.topology import PROBES
from shared.telemetry import tracing


@dataclass(frozen=True)
class PubSubBus:
    client: PublisherClient
    project: str

    def publish(self, message: Message, *, later: bool = False) -> str:  # noqa: ARG002  (Pub/Sub has no order)
        with tracing.publishing(message) as span:
            return self._publish(message.topic, message.model_dump_json().encode(), {tracing.HEADER: str(span.place)})

    def ping(self) -> None:
        """Publish on a topic without subscriptions."""
        self._publish(PROBES, b"{}", {})

    def _publish(self, topic: str, data: bytes, attributes: dict[str, str]) -> str:
        message = types.PubsubMessage(data=data, attributes=attributes)
        with translated("Pub/Sub"):
            answer = self.client.publish(
                topic=f"projects/{self.project}/topics/{topic}", messages=[message], timeout=DEADLINE, retry=patiently()
            )
        return str(answer.message_ids[0])


def connect(project_id: str | None, emulator: str | None) -> PubSubBus:
    """The bus in a project (the credentials' own, if None); on the emulator at *emulator*, if given."""
    client = PublisherClient(transport=transport("Pub/Sub", PublisherGrpcTransport, emulator))
    return PubSubBus(client, project(project_id))
