"""The emulated bundle delivers again whatever a function refused, as Pub/Sub does in a deployment."""

import base64
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from opos.bundle.pubsub_setup import wire
from shared.adapters.pubsub.bus import connect
from shared.events import EventAccepted, iso
from tests.support import emulators
from tests.support import requirements as needs
from tests.support.http_server import Quiet, served
from tests.torture.senders import until

MESSAGES = 40
REFUSALS = 3


def accepted(id: str) -> EventAccepted:
    at = iso(datetime.now(UTC))
    return EventAccepted(id=id, version="1", source="app", type="t", received_at=at, trace="0" * 32, signals=())


@needs.emulators
@pytest.mark.slow
def test_messages_that_are_refused_again_and_again_at_the_same_time_all_arrive_in_the_end() -> None:
    attempts: Counter[tuple[str, str]] = Counter()

    class Functions(Quiet):
        def do_POST(self) -> None:
            push = json.loads(self.rfile.read(int(self.headers["content-length"])))
            event = json.loads(base64.b64decode(push["message"]["data"]))["id"]
            function = self.path.split("/")[1]
            attempts[function, event] += 1
            self.answer(200 if attempts[function, event] > REFUSALS else 503)

    project, google = emulators.new_project(), emulators.running().pubsub
    bus = connect(project, google)
    with served(Functions) as port:
        wire(project, lambda name: f"http://127.0.0.1:{port}/{name}", emulator=google)
        for n in range(MESSAGES):
            bus.publish(accepted(f"event-{n}"))
        until(
            lambda: sum(made > REFUSALS for made in [*attempts.values()]) == 2 * MESSAGES,
            seconds=60,
            what=f"{MESSAGES} messages to reach the router and the record keeper",
        )
