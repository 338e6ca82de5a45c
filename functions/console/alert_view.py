"""What the page of an alert shows: its state, its story, what happened around it, and how it ended before."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from functions.console.acknowledgement_view import SNOOZES
from functions.console.links import alert_silence_path, digest_path
from functions.console.paths import alert_path, event_path, flag_path, message_path
from functions.console.rows import Row, alert_row, at
from shared.alerting.changes import LONGEST_NOTE
from shared.alerting.related import CHANCE, Ended, Happening
from shared.alerting.story import Entry
from shared.context import Context
from shared.ports import Doc
from shared.services.alerting.acknowledgement import ack_timeout
from shared.services.alerting.stories import Story, story_of
from shared.values.local_time import duration, localized
from shared.values.text import one_line

_SIGNS: Mapping[str, tuple[str, str]] = {
    "next": ("wait", "mute"), "held": ("pause", "mute"), "notified": ("send", "soft"),
    "escalated": ("send", "critical"),
    "not delivered": ("fail", "critical"), "acknowledged": ("person", "acc"), "snoozed": ("person", "acc"),
    "acted": ("person", "acc"), "note": ("person", "soft"), "lapsed": ("wait", "warning"), "resolved": ("ok", "ok"),
    "notice": ("send", "mute"), "digest": ("in", "soft"),
}  # fmt: skip
"""The icon of each kind of entry and its colour; those that are not here have those of the severity."""
_SEVERITIES = {"critical": "critical", "warning": "warning"}
SHOWN = 10
"""How many earlier episodes are shown."""
CHANCES = 3
"""How many alerts are shown that have nothing in common with the alert but the time."""


def alert_view(alert: Doc, context: Context, episode: int | None = None) -> Row:
    """The page about an *episode* of *alert*, by default its last. Raises NotFound if it is not kept."""
    story = story_of(alert, context, episode)
    facts, row = story.facts, alert_row(alert, context)
    entries = [_entry(entry, row["severity"], context) for entry in reversed(story.entries)]
    return {
        "alert": row, "path": alert_path(alert.id), "version": alert_version(alert),
        "episode": facts.number, "is_present": facts.is_present,
        "is_open": facts.is_open, "began": at(facts.episode.get("began"), context), "kind": _kind(story, context),
        "until": at(alert.data["until"], context) if facts.is_open and alert.data["until"] else None,
        "next": next((entry for entry in entries if entry["is_next"]), None), "story": entries,
        "is_whole": facts.is_whole, "times": _times(story),
        "causes": [_local(cause, context) for cause in story.causes],
        "runbook": story.runbook,
        "related": [_happening(happening, context) for happening in _shown(story.related)],
        "unrelated": len(story.related) - len(_shown(story.related)),
        "similar": [_ended(ended, alert.id, context) for ended in story.similar[:SHOWN]],
        "more": len(story.similar) > SHOWN,
        "labels": sorted((name, one_line(value)) for name, value in alert.data["labels"].items()),
        "snoozes": SNOOZES, "silence": alert_silence_path(alert, context), "longest_note": LONGEST_NOTE,
        "ack_timeout": duration(ack_timeout(alert, context)),
    }  # fmt: skip


def alert_version(alert: Doc) -> str:
    """What a button of the page was made from. It changes when somebody acts, and not when the alert fires again."""
    return f"{alert.data['episode']}/{alert.data['state']}/{alert.data['until'] or ''}"


def _kind(story: Story, context: Context) -> Row:
    """The line above the title: the severity and the state, with their icon and colour."""
    facts, alert = story.facts, story.facts.alert
    severity = (facts.episode.get("severity") or alert["severity"]).capitalize()
    if alert["state"] == "noted":
        return {"sign": "info", "colour": "", "words": "Business event"}
    if not facts.is_open:
        ended = at(facts.ended, context) if facts.ended else None
        return {"sign": "ok", "colour": "", "words": f"{severity}, resolved{f' at {ended.short}' if ended else ''}"}
    sign = _SEVERITIES.get(alert["severity"], "info")
    if alert["state"] == "firing":
        return {"sign": sign, "colour": sign, "words": f"{severity}, firing for"}
    until = at(alert["until"], context).short if alert["until"] else ""
    return {"sign": sign, "colour": "", "words": f"{severity}, {alert['state']}{f' until {until}' if until else ''}"}


def _times(story: Story) -> list[tuple[str, str]]:
    """How long each part of the episode took, in words."""
    names = {"notify": "To notify", "acknowledge": "To acknowledge", "resolve": "To resolve"}
    return [(names[name], duration(length)) for name, length in story.lengths._asdict().items() if length is not None]


def _entry(entry: Entry, severity: str, context: Context) -> Row:
    sign, colour = _SIGNS.get(entry.kind, (_SEVERITIES.get(severity, "info"), severity))
    return {
        "sign": sign, "colour": colour, "words": _local(entry.words, context), "detail": _local(entry.detail, context),
        "path": _target(entry, context), "who": entry.who, "at": at(entry.at, context), "is_next": entry.kind == "next",
        "is_note": entry.kind == "note",
    }  # fmt: skip


def _target(entry: Entry, context: Context) -> str:
    if entry.target is None:
        return ""
    kind, id = entry.target
    if kind == "digest":
        return digest_path(Doc(f"digests/{id}", {}, ""), context)
    return event_path(id) if kind == "event" else message_path(id)


def _happening(happening: Happening, context: Context) -> Row:
    pages = {"alert": alert_path, "flag": flag_path}
    path = pages[happening.kind](happening.target) if happening.kind in pages else ""
    return {"at": at(happening.at, context), "words": _local(happening.words, context), "path": path}


def _shown(related: Sequence[Happening]) -> list[Happening]:
    """Those of *related* that share something with the alert, and a few that only fired at the same time."""
    chance = [happening for happening in related if happening.words.endswith(CHANCE)][CHANCES:]
    return [happening for happening in related if happening not in chance]


def _ended(ended: Ended, own: str, context: Context) -> Row:
    number = f"?episode={ended.number}" if ended.number else ""
    return {
        "at": at(ended.at, context), "title": "" if ended.alert == own else ended.title, "how": ended.how,
        "length": "still firing" if ended.length is None else duration(ended.length),
        "path": alert_path(ended.alert) + number,
    }  # fmt: skip


def _local(text: str, context: Context) -> Any:
    """*text* with its stored times in the operator's zone."""
    return localized(text, ZoneInfo(context.config.timezone), context.now)
