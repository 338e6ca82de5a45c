"""`opos incident`."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from opos.terminal.completion import ids
from opos.terminal.files import write_whole
from opos.terminal.groups import Suggesting
from opos.terminal.lookup import find
from opos.terminal.next_step import pasteable
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, say, show
from shared.alerting.post_mortem import Report, markdown
from shared.context import Context
from shared.services.alerting.stories import Story, story_of
from shared.values.kinds import ALERT


@click.group("incident", cls=Suggesting)
def command() -> None:
    """Export what happened in an episode of an alert, to write a post-mortem from."""


@command.command("export")
@click.argument("alert", shell_complete=ids(ALERT))
@click.option("--episode", type=int, default=None, help="The number of an earlier episode.  [default: the last one]")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), default=None,
    help="Write this file instead of printing the report.",
)  # fmt: skip
@with_place
@json_option
@reports_errors
def export(alert: str, episode: int | None, output: Path | None, place: Place, *, as_json: bool) -> None:
    """Print the story of ALERT (its id, or the beginning of its id) as Markdown, with prompts for a post-mortem."""
    context = place.runtime().context()
    doc = find(context.store, ALERT, alert)
    story = story_of(doc, context, episode)
    text = markdown(report_of(story, context))
    if output:
        write_whole(output, text)
        show({"file": str(output)}, [f"Wrote {output}."], as_json=as_json)
    elif as_json:
        show(as_data(story), "", as_json=True)
    else:
        say(pasteable(text).rstrip("\n"))


def report_of(story: Story, context: Context) -> Report:
    zone = context.config.timezone
    return Report(
        story.facts, story.entries, story.lengths, story.related, story.causes, story.similar, story.runbook,
        ZoneInfo(zone), zone, story.partly,
    )  # fmt: skip


def as_data(story: Story) -> dict[str, Any]:
    """*story* as JSON has it: times in UTC, lengths in seconds."""
    facts = story.facts
    return {
        "alert": dict(facts.alert), "episode": facts.number,
        "times": {name: _seconds(length) for name, length in story.lengths._asdict().items()},
        "timeline": [entry._asdict() for entry in story.entries], "all_notifications": facts.is_whole,
        "related": [happening._asdict() for happening in story.related], "likely_causes": story.causes,
        "similar": [
            {**ended._asdict(), "length": _seconds(ended.length)} for ended in story.similar
        ],
        "runbook": story.runbook,
    }  # fmt: skip


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
