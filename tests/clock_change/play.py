"""Plays a script: a real bundle, whose clock goes on by half minutes, gets the webhooks, pings, taps and silences."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from opos.terminal.times import until_moment
from shared.events import Tick, iso
from shared.ports import Notice
from shared.services.alerting.silences import silence
from shared.services.outbox.message import key_of
from tests.clock_change.oracle import OWN, Message
from tests.clock_change.script import HALF, HALF_HOURLY, Problem, Script
from tests.support.bundle import Bundle
from tests.support.cron_oracle import MINUTE
from tests.support.fakes import RecordingChannel

Acts = dict[datetime, list[Callable[[], object]]]
CHANNELS = ("desk", "call", "friend", "jobs", "inbox")
CONFIG = """
timezone: {zone}
channels: {{desk: {{console: true}}, call: {{console: true}}, friend: {{console: true}}, jobs: {{console: true}}, inbox: {{console: true}}}}
heartbeats:
  nightly: {{cron: "{night}", grace: 20m}}
  half-hourly: {{cron: "{half_hourly}", grace: 10m}}
  hourly: {{every: 1h, grace: 5m}}
escalations:
  me: {{levels: [{{channel: call, after: 15m}}, {{channel: friend, after: 30m}}], repeats: 0}}
  once: {{repeats: 1}}
digest:
  own: {{channel: inbox, window: 1m}}
  night: {{channel: inbox, cron: "{night}"}}
  often: {{channel: inbox, cron: "{half_hourly}"}}
  window: {{channel: inbox, window: 90m}}
route:
  channel: desk
  escalation: me
  ack_timeout: 12h
  pages_per_minute: 60
  routes:
    - {{matchers: [alertname=HeartbeatMissed], channel: jobs, group_by: [heartbeat], escalation: once, repeat_interval: 40d}}
    - {{matchers: [queue=night], digest: night}}
    - {{matchers: [queue=often], digest: often}}
    - {{matchers: [queue=window], digest: window}}
"""


class Player:
    """The bundle of a script, and the messages that it has sent."""

    def __init__(self, script: Script, folder: Path) -> None:
        self.script, self.bundle = script, Bundle(folder)
        self.bundle.clock.moment = script.start - HALF
        self.bundle.start()
        self.channels = {name: RecordingChannel() for name in CHANNELS}
        self.bundle.runtime.channels.update(self.channels)
        place = script.place
        self.bundle.configure(CONFIG.format(zone=place.zone, night=place.night.text, half_hourly=HALF_HOURLY.text))
        self.messages: list[Message] = []
        self._seen = dict.fromkeys(CHANNELS, 0)

    def play(self) -> list[Message]:
        """The messages, in order. A tick comes with each full minute."""
        acts = self._acts()
        try:
            for moment in sorted(acts):
                self._go_on(moment, acts[moment])
        finally:
            self.bundle.stop()
        return sorted(self.messages)

    def _go_on(self, moment: datetime, acts: Iterable[Callable[[], object]]) -> None:
        self.bundle.clock.moment = moment
        for act in acts:
            act()
        self.bundle.settle()
        self.messages += self._new()

    def _acts(self) -> Acts:
        ticks = int((self.script.end - self.script.start) / MINUTE)
        acts: Acts = defaultdict(list)
        for number in range(ticks):
            acts[self.script.start + number * MINUTE].append(partial(self.bundle.runtime.bus.publish, Tick()))
        for problem in self.script.problems:
            acts[problem.at].append(partial(self._fire, problem))
            if problem.answer in {"acknowledged", "resolved"}:
                acts[problem.answered].append(partial(self._answer, problem))
        for job, pings in self.script.pings.items():
            for at in pings:
                acts[at].append(partial(self._ping, job))
        return acts

    def _fire(self, problem: Problem) -> None:
        context = self.bundle.runtime.context()
        if problem.answer == "silenced":
            ends_at = until_moment(f"{problem.until:%H:%M}", context.now, self.script.place.zone)
            silence([f'alertname="{problem.name}"'], ends_at, context, author="me", comment="until then")
        self._send(problem, "firing")

    def _answer(self, problem: Problem) -> None:
        if problem.answer == "resolved":
            self._send(problem, "resolved")
            return
        page = next(notice for _, notice in self.channels["desk"].sent if problem.name in notice.title)
        assert self.bundle.request("POST", urlsplit(page.ack_url).path).status == 200

    def _send(self, problem: Problem, status: str) -> None:
        labels = {"alertname": problem.name, "severity": "warning" if problem.queue else "critical"}
        labels |= {"queue": problem.queue} if problem.queue else {}
        ended = {"endsAt": iso(self.bundle.clock.moment)} if status == "resolved" else {}
        alert = {
            "status": status, "fingerprint": problem.name, "labels": labels, "startsAt": iso(problem.at), **ended
        }  # fmt: skip
        payload = {"version": "4", "groupKey": problem.name, "status": status, "alerts": [alert]}
        assert self.bundle.send("alertmanager", payload).status == 202

    def _ping(self, job: str) -> None:
        assert self.bundle.request("GET", f"/webhooks/ping/{job}").status == 200

    def _new(self) -> Iterator[Message]:
        """The messages since the last call, as the oracle writes them."""
        for channel, recording in self.channels.items():
            sent, self._seen[channel] = recording.sent[self._seen[channel] :], len(recording.sent)
            for key, notice in sent:
                subjects = self._items(key) if channel == "inbox" else self._subjects(notice)
                yield from ((self.bundle.clock.moment, channel, subject) for subject in subjects)

    def _subjects(self, notice: Notice) -> list[str]:
        """The alert or the heartbeat that a page is about; its title where that is none that is known."""
        if notice.title.startswith("Resolved"):
            return []
        names = [problem.name for problem in self.script.problems if problem.name in notice.title]
        return names or [job for job in self.script.pings if f": {job} (" in notice.title] or [notice.title]

    def _items(self, key: str) -> list[str]:
        """The items of a digest; a digest without any is a message about nothing."""
        digest = next(doc.data for doc in self.bundle.docs("digests") if key_of(doc) == key)
        members = [self.bundle.doc(f"alerts/{id}") for id in digest["members"]]
        return [self._item(alert["source"], alert["labels"]) for alert in members] or ["nothing"]

    def _item(self, source: str, labels: Mapping[str, str]) -> str:
        return labels.get("heartbeat", OWN) if source == "opos" else labels["alertname"]
