"""Receivers that hold a bundle by answering slowly: `python -m tests.torture.slow_receivers` prints the figures.

Eight receivers send a byte every five seconds; one drips its 200 over 100 seconds; a mail server takes eight seconds a
reply. All run at once, with the constants of production, for four minutes.
"""

import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.adapters.channels.email import SmtpMail
from shared.adapters.channels.ntfy import NtfyTopic
from shared.events import Tick
from shared.runtime.clock import SystemClock
from tests.support.bundle import Bundle
from tests.support.slow_receivers import ENDLESS, OK, Dripping, Slow, SlowMail, serving

MINUTES = 4
CHANNELS = "channels: {{desk: {{console: true}}, inbox: {{console: true}}, {more}}}\n"
ROUTES = "route: {{channel: desk, group_by: [alertname], pages_per_minute: 1000, routes: [{routes}]}}\n"


@dataclass
class Attack:
    """A bundle of which alert `phone3` goes to the receiver of the channel `phone3`, and any other alert to `desk`."""

    bundle: Bundle
    receivers: dict[str, Slow] = field(default_factory=dict)

    def add(self, name: str, receiver: Slow) -> None:
        clock, address = self.bundle.clock, receiver.address
        mail = SmtpMail(f"smtp://{address}", sender="opos@example.com", to="me@example.com", clock=clock)
        self.receivers[name] = receiver
        self.bundle.runtime.channels[name] = mail if isinstance(receiver, SlowMail) else self._topic(address)

    def _topic(self, address: str) -> NtfyTopic:
        return NtfyTopic(f"http://{address}/alerts", self.bundle.clock)

    def begin(self) -> None:
        """Send an alert to each slow receiver."""
        more = ", ".join(f"{name}: {{console: true}}" for name in self.receivers)
        routes = ", ".join(f"{{matchers: [alertname={name}], channel: {name}}}" for name in self.receivers)
        self.bundle.configure(CHANNELS.format(more=more) + ROUTES.format(routes=routes))
        for name in self.receivers:
            self.alert(name)

    def alert(self, name: str) -> None:
        """Send a critical alert *name*, which has a group of its own."""
        data = {"id": name, "title": name, "severity": "critical", "status": "firing"}
        assert self.bundle.send("app", {"type": name, "data": data}, delivery=name).status == 202

    def state(self, name: str) -> str:
        """The state of the message to the receiver *name*."""
        return str(self.bundle.doc(self.path(name))["state"])

    def path(self, name: str) -> str:
        (message,) = (doc for doc in self.bundle.docs("outbox") if doc.data["channel"] == name)
        return message.path

    def seconds_to_page(self, name: str, *, patience: float) -> float | None:
        """How long the alert *name* takes to its healthy channel; None if it takes longer than *patience*."""
        began = time.monotonic()
        self.alert(name)
        while time.monotonic() - began < patience:
            if any(name in title for title in self.bundle.pages()):
                return time.monotonic() - began
            time.sleep(0.01)
        return None


def main() -> None:
    clock: Any = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        attack = Attack(Bundle(Path(folder), clock=clock))
        attack.bundle.start()
        for number in range(8):
            attack.add(f"phone{number}", Dripping(5.0, answer=ENDLESS))
        attack.add("drip", Dripping(100 / len(OK)))
        attack.add("mail", SlowMail(8.0))
        with serving(*attack.receivers.values()):
            _run(attack)


def _run(attack: Attack) -> None:
    threading.Thread(target=_tick, args=(attack.bundle,), daemon=True).start()
    attack.bundle.pump.start()
    attack.begin()
    time.sleep(1)
    for number in range(3):
        taken = attack.seconds_to_page(f"healthy{number}", patience=120)
        _report("critical for a healthy channel", "not within 120 s" if taken is None else f"{taken:.2f} s")
    time.sleep(60 * MINUTES)
    for name in ("drip", "mail"):
        _report(name, f"{attack.receivers[name].accepted} copies, {attack.state(name)}")


def _report(name: str, figure: str) -> None:
    sys.stdout.write(f"{name}: {figure}\n")
    sys.stdout.flush()


def _tick(bundle: Bundle) -> None:
    while True:
        time.sleep(60)
        bundle.runtime.bus.publish(Tick())


if __name__ == "__main__":
    main()
