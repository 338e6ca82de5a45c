"""The events of one source on their way to one server, and what the server answers to each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from fnmatch import fnmatchcase
from typing import Any

from opos.forwarding.target import Outcome, Target, post
from opos.forwarding.webhook import is_signed, webhook
from opos.terminal.output import json_text, say
from shared.config.sources import Source
from shared.events import Event
from shared.ports import Doc
from shared.values.text import readable


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The events of *source*, called *name* in opos.yaml, go to the server *to*; signed if there is a *secret*."""

    name: str
    source: Source
    to: Target
    secret: str | None
    zone: tzinfo
    as_json: bool

    def announce(self, events: str) -> None:
        """Says on stderr what leaves for where, and what it lacks."""
        token = ", with its token" if self.secret and not is_signed(self.source) else ""
        say(readable(f"opos forwards {events} of {self.name} to {self.to.url}{token}"), err=True)
        if self.secret is None:
            lacks = f"{self.name} sends a token and no signature. opos leaves the token out, so your app may reject"
            say(f"{lacks} the webhooks; --with-token sends it.", err=True)
        if not self.to.is_private:
            say("The URL is neither https nor on this machine: others can read the webhooks on the way.", err=True)

    def every(self, docs: Iterable[Doc], event_type: str) -> Iterator[tuple[Event, Outcome]]:
        """Sends those of *docs* that are events of the source, and whose type matches *event_type*."""
        for doc in docs:
            if doc.data["source"] == self.name and fnmatchcase(doc.data["type"], event_type):
                yield self.send(doc)

    def send(self, doc: Doc) -> tuple[Event, Outcome]:
        """The event in *doc*, and what the server answers to it."""
        event = Event.stored(doc.data)
        again = webhook(event, self.source, self.secret, now=datetime.now(UTC))
        return event, post(self.to, again.body, again.headers)

    def show(self, event: Event, outcome: Outcome) -> None:
        """One line on stdout."""
        say(json_text(_entry(event, outcome)) if self.as_json else readable(self._line(event, outcome)))

    def _line(self, event: Event, outcome: Outcome) -> str:
        """`09:31:05  200  12 ms  invoice.paid  0a1b2c3d`, then the reason if the server did not accept it."""
        time = f"{datetime.now(self.zone):%H:%M:%S}"
        parts = [time, str(outcome.status or "---"), f"{outcome.milliseconds} ms", event.type, event.id[:8]]
        return "  ".join(filter(None, [*parts, outcome.reason]))


def _entry(event: Event, outcome: Outcome) -> dict[str, Any]:
    told = {"id": event.id, "source": event.source, "type": event.type, "delivery_id": event.delivery_id}
    answer = {"status": outcome.status, "milliseconds": outcome.milliseconds, "reason": outcome.reason or None}
    return {**told, "received_at": event.received_at.isoformat(), **answer}
