"""What needs the operator now, as one headline with a count in it. The console and `opos status` show the same."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from shared.alerting.alert import effective_severity, rank
from shared.ports.terms import NOW, urgency_of
from shared.values.text import counted

Level = Literal["critical", "warning", "calm"]


class Headline(NamedTuple):
    """How urgent it is, the headline without a full stop, and the sentences below it, which may be empty."""

    level: Level
    title: str
    detail: str

    @property
    def text(self) -> str:
        """Title and detail as sentences on one line."""
        return f"{self.title}. {self.detail}".rstrip()


def needs_now(alert: Mapping[str, Any]) -> bool:
    """Whether the document *alert* needs the operator now: it is firing and critical, and nothing explains it."""
    return urgency_of(alert) == NOW


def by_urgency(alerts: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """*alerts* in the order to act: what needs the operator now, what is firing, the rest.

    Each part begins with the most severe, and in one severity with the oldest.
    """
    return sorted(alerts, key=urgency)


def urgency(alert: Mapping[str, Any]) -> tuple[bool, bool, int, str]:
    """The key that sorts documents of alerts as `by_urgency` does."""
    began = str(alert.get("began") or alert.get("first_seen") or "")
    return not needs_now(alert), alert.get("state") != "firing", -_rank(alert), began


def headline(
    now: int, later: int = 0, *, acknowledged: int = 0, snoozed: int = 0, is_whole: bool = True, is_night: bool = False
) -> Headline:
    """The headline for *now* things that need the operator now and *later* others that are open.

    If not *is_whole*, only some of the alerts were read, so there may be more that need the operator.
    """
    known = {"acknowledged": acknowledged, "snoozed": snoozed}
    detail = _detail(now, later, known, is_night=is_night)
    return Headline(_level(now, later, is_whole=is_whole), _title(now, is_whole=is_whole), detail)


def _level(now: int, later: int, *, is_whole: bool) -> Level:
    if now or not is_whole:
        return "critical"
    return "warning" if later else "calm"


def _title(now: int, *, is_whole: bool) -> str:
    if not is_whole:
        return f"At least {_needing(now)}" if now else "More is firing than opos reads here"
    return _needing(now) if now else "Nothing needs you"


def _needing(count: int) -> str:
    return f"{counted(count, 'thing')} {'needs' if count == 1 else 'need'} you now"


def _detail(now: int, later: int, known: Mapping[str, int], *, is_night: bool) -> str:
    noun = "other" if now else "thing"
    waits = [f"{counted(later, noun)} can wait{' until morning' if is_night else ''}."] if later else []
    states = ", ".join(f"{count:,} {state}" for state, count in known.items() if count)
    return " ".join([*waits, *([f"{states}."] if states else [])])


def _rank(alert: Mapping[str, Any]) -> int:
    return rank(effective_severity(str(alert.get("severity", ""))))
