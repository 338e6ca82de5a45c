"""The story of an episode as Markdown, for a post-mortem. What opos cannot know is a prompt for the writer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from shared.alerting.related import Ended, Happening
from shared.alerting.story import Entry, Facts, Lengths
from shared.values.local_time import as_datetime, duration, localized
from shared.values.markup import MARKDOWN
from shared.values.text import headline, one_line, readable

CELL = 500
"""How many characters a cell of a table shows of a text."""
_LONG_AFTER = datetime(9999, 1, 1, tzinfo=UTC)
"""Seen from then, a time has its date and its year, whenever the report is made."""
_PROMPTS = (
    ("Impact", "Who was affected, how, and for how long?"),
    ("Cause", "What made it happen, and what let it happen? Which change, if any, came first?"),
    ("What went well", "What found it, or made it shorter?"),
    ("Lessons", "What would have found it earlier, or made it shorter?"),
    ("Actions", "What changes, who does it, and by when?"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a post-mortem is written from, and the zone of its times."""

    facts: Facts
    entries: Sequence[Entry]
    lengths: Lengths
    related: Sequence[Happening]
    causes: Sequence[str]
    similar: Sequence[Ended]
    runbook: str
    zone: tzinfo
    zone_name: str
    partly: Sequence[str] = ()
    """What there may be more of around it than opos read, such as `20 deployments`."""

    def time(self, moment: str) -> str:
        """A stored time in the operator's zone, with its date: a post-mortem is read much later."""
        return f"{as_datetime(moment).astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def words(self, text: str) -> str:
        """*text* on one line, escaped, with its stored times in the operator's zone."""
        return MARKDOWN.escape(one_line(localized(text, self.zone, _LONG_AFTER), CELL))


def markdown(report: Report) -> str:
    """The whole document, the same for the same story."""
    parts = (_head, _timeline, _related, _notes, _similar, _prompts)
    return "\n".join([*(line for part in parts for line in part(report)), ""])


def _head(report: Report) -> Iterator[str]:
    alert, episode, lengths = report.facts.alert, report.facts.episode, report.lengths
    yield f"# {MARKDOWN.escape(headline(alert['title']))}"
    yield ""
    rows = [
        ("Severity", report.words(episode.get("severity") or alert["severity"])),
        ("State", _state(alert["state"]) if report.facts.is_present else "resolved"),
        ("Source", report.words(alert["source"])),
        ("Began", report.time(episode["began"]) if episode.get("began") else "not known"),
        ("Ended", report.time(report.facts.ended) if report.facts.ended else "not yet"),
        ("Time to notify", _length(lengths.notify, "you were not notified")),
        ("Time to acknowledge", _length(lengths.acknowledge, "nobody acknowledged it")),
        ("Time to resolve", _length(lengths.resolve, "not resolved yet")),
        ("Times fired", str(episode.get("count") or (alert["count"] if report.facts.is_present else "not known"))),
        ("Episode", str(report.facts.number)),
        ("Alert", f"`{alert['id']}`"),
        ("Labels", ", ".join(report.words(f"{name}={value}") for name, value in sorted(alert["labels"].items()))),
        ("Runbook", report.words(report.runbook) or "none"),
    ]
    yield from _table(("What", "Value"), rows)
    if report.facts.is_present and alert["summary"]:
        yield from ("", report.words(alert["summary"]))


def _state(state: str) -> str:
    return "business event" if state == "noted" else state


def _length(length: timedelta | None, otherwise: str) -> str:
    return otherwise if length is None else duration(length)


def _timeline(report: Report) -> Iterator[str]:
    yield from _heading("Timeline")
    yield f"Times are in {report.words(report.zone_name)}."
    yield ""
    past = [entry for entry in report.entries if entry.kind != "next"]
    rows = [(report.time(entry.at), _what(entry, report), report.words(entry.who)) for entry in past]
    yield from _table(("Time", "What happened", "Who"), rows)
    if not report.facts.is_whole:
        yield from ("", "There were more notifications than these; the ones in the middle are left out.")


def _what(entry: Entry, report: Report) -> str:
    detail = "see Notes" if entry.kind == "note" else report.words(entry.detail)
    target = f" (`{entry.target[0]} {readable(entry.target[1])[:8]}`)" if entry.target else ""
    return f"**{report.words(entry.words)}**{f': {detail}' if detail else ''}{target}"


def _related(report: Report) -> Iterator[str]:
    yield from _heading("Around it")
    yield "What opos knows of the day before and the hour after. Coincidence is no proof."
    yield ""
    yield from (f"- May be the cause, {report.words(cause)}" for cause in report.causes)
    yield from (f"- {report.time(happening.at)}: {report.words(happening.words)}" for happening in report.related)
    if not report.causes and not report.related:
        among = " among those that opos read" if report.partly else ""
        yield f"- No other alert, deployment or override of a flag{among}."
    if report.partly:
        yield from ("", f"opos read only {', '.join(report.partly)}; there may be more around it.")


def _notes(report: Report) -> Iterator[str]:
    yield from _heading("Notes")
    notes = [entry for entry in report.entries if entry.kind == "note"]
    for entry in notes:
        yield from (f"{report.time(entry.at)}, {report.words(entry.who)}:", "")
        lines = (MARKDOWN.escape(readable(line)) for line in entry.detail.splitlines())
        yield f"> {'<br>'.join(lines)}"  # one line, so that no line of a note stands for one of the report
        yield from ("", "") if entry is not notes[-1] else ()
    if not notes:
        yield f"None. Add one with `opos alerts note {report.facts.alert['id'][:8]} TEXT`."


def _similar(report: Report) -> Iterator[str]:
    if not report.similar:
        return
    yield from _heading("Similar alerts of the last 30 days")
    for ended in report.similar:
        length = "still firing" if ended.length is None else duration(ended.length)
        yield f"- {report.time(ended.at)}: {report.words(ended.title)}, {length}, {ended.how}"


def _prompts(_: Report) -> Iterator[str]:
    for title, prompt in _PROMPTS:
        yield from _heading(title)
        yield f"_{prompt}_"


def _heading(words: str) -> tuple[str, str, str]:
    return "", f"## {words}", ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
