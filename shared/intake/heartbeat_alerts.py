"""The alerts of a heartbeat: "Heartbeat missed", and "Heartbeat failed" with the end of what the job wrote."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from shared.events import Alert
from shared.intake.heartbeats import Beat
from shared.intake.pings import Ping
from shared.values.local_time import age, duration, local_time
from shared.values.text import one_line

if TYPE_CHECKING:
    from shared.config.model import Heartbeat

LINES, LONGEST = 10, 1000
"""How many lines, and characters, of a failing job's output its alert quotes."""


class Spoken(NamedTuple):
    """An alert, and the id that no other change of its heartbeat has."""

    alert: Alert
    id: str


class Situation(NamedTuple):
    """What the words of an alert depend on. `heartbeat` is None if opos.yaml no longer has it."""

    heartbeat: "Heartbeat | None"
    now: datetime
    zone: str

    def time(self, moment: str | datetime) -> str:
        return local_time(moment, ZoneInfo(self.zone), self.now)


def spoken(before: Beat, after: Beat, situation: Situation, ping: Ping | None = None) -> Iterator[Spoken]:
    """What to say about the change from *before* to *after*, which *ping* made, or a sweep."""
    name = after["name"]
    if before["missed_at"] and not after["missed_at"]:
        yield Spoken(_over(missed(before, situation), after, situation, ping), f"{name}:heard:{before['missed_at']}")
    if after["missed_at"] and not before["missed_at"]:
        yield Spoken(missed(after, situation), f"{name}:missed:{after['missed_at']}")
    if before["failed_at"] and not after["failed_at"]:
        alert = _over(failed(name, Ping("fail"), situation), after, situation, ping)
        yield Spoken(alert, f"{name}:recovered:{before['failed_at']}")
    if ping and ping.kind == "fail":
        yield Spoken(failed(name, ping, situation), f"{name}:failed:{after['last_seen']}:{after['pings']}")


def missed(beat: Beat, situation: Situation) -> Alert:
    """No success in time: no ping at all, or a run that started and has not ended."""
    name, began = beat["name"], min(beat["runs"].values(), default="")
    if began and datetime.fromisoformat(began) + _grace(situation) <= situation.now:
        title = f"Heartbeat ran too long: {name} (started {situation.time(began)})"
        summary = f"It started {age(began, situation.now)}, and has not ended within {duration(_grace(situation))}."
    else:
        last = beat["last_seen"]
        title = f"Heartbeat missed: {name} ({f'last ping {situation.time(last)}' if last else 'no ping yet'})"
        summary = f"The last ping arrived {age(last, situation.now)}." if last else "No ping has ever arrived."
    return _alert(name, "HeartbeatMissed", f"heartbeat:{name}", title, summary, situation)


def failed(name: str, ping: Ping, situation: Situation) -> Alert:
    """The job says that it failed; the alert quotes the end of its output."""
    how = "it reported a failure" if ping.exit_code is None else f"exit code {ping.exit_code}"
    title, said = f"Heartbeat failed: {name} ({how})", last_lines(ping.body)
    summary = f"Its output ends: {said}" if said else "It sent no output."
    return _alert(name, "HeartbeatFailed", f"heartbeat:{name}:failed", title, summary, situation)


def last_lines(text: str) -> str:
    """The last lines of *text* that are not empty, on one line: a page has no room for more."""
    lines = [line for line in map(one_line, text.splitlines()) if line]
    said = " | ".join(lines[-LINES:])
    return said if len(said) <= LONGEST else f"…{said[-LONGEST:]}"


def _over(alert: Alert, after: Beat, situation: Situation, ping: Ping | None) -> Alert:
    """*alert*, resolved, with the reason."""
    if ping:
        reason = f"The job pinged again at {situation.time(situation.now)}."
    elif situation.heartbeat is None:
        reason = "It is no longer in opos.yaml."
    else:
        due = f"the next ping is due by {situation.time(after['due_at'])}" if after["due_at"] else "no ping is due"
        reason = f"Its schedule has changed: {due}."
    return alert.model_copy(update={"status": "resolved", "summary": reason})


def _alert(name: str, rule: str, fingerprint: str, title: str, summary: str, situation: Situation) -> Alert:
    return Alert(
        fingerprint=fingerprint,
        title=title,
        severity=situation.heartbeat.severity if situation.heartbeat else "critical",
        summary=summary,
        labels={"alertname": rule, "heartbeat": name},
    )


def _grace(situation: Situation) -> timedelta:
    return situation.heartbeat.grace if situation.heartbeat else timedelta()
