"""`opos records history` and `opos records diff`."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from opos.records.arguments import kind_argument, record_argument
from opos.records.differences import between, in_words
from opos.records.history_view import became, entries, lines
from opos.records.lookup import find_record, kind_of
from opos.records.versions import require_point, version_at, versions_of
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import operator_clock
from shared.records.change import Difference
from shared.records.history import Version

_SHOWN = 20


@click.command("history")
@kind_argument
@record_argument
@click.option(
    "--limit", type=click.IntRange(1), help=f"The most changes to list.  [default: {_SHOWN}; all with --json]"
)
@with_place
@json_option
@reports_errors
def history(kind: str, record: str, limit: int | None, place: Place, *, as_json: bool) -> None:
    """List the changes of RECORD, the last one first: when, who, what caused it, the reason, and what it changed."""
    context = place.runtime().context()
    versions = versions_of(find_record(kind_of(kind, context), record, context), context)
    most = limit or (len(versions) if as_json else _SHOWN)
    content, clock = [*entries(versions)][:most], operator_clock(context)
    more = len(versions) - len(content)
    older = [f"{more:,} older changes are not shown; --limit shows more."] if more else []
    show(content, [*(line for entry in content for line in lines(entry, clock)), *older], as_json=as_json)


@click.command("diff")
@kind_argument
@record_argument
@click.argument("before", metavar="FROM", callback=require_point)
@click.argument("after", metavar="[TO]", required=False, callback=require_point)
@with_place
@json_option
@reports_errors
def diff(kind: str, record: str, before: str, after: str | None, place: Place, *, as_json: bool) -> None:
    """Show what differs in RECORD between FROM and TO, each the number of a change or a time; TO is now by default.

    A time is an age (7d), a day or an ISO 8601 time.
    """
    context = place.runtime().context()
    versions = versions_of(find_record(kind_of(kind, context), record, context), context)
    old, new = version_at(before, versions), version_at(after, versions) if after else versions[-1]
    content = {
        "from": old.change["n"], "to": new.change["n"], "became": became(old, new),
        "differences": [pair._asdict() for pair in between(old.body["values"], new.body["values"])],
    }  # fmt: skip
    show(content, _lines(content, old, new), as_json=as_json)


def _lines(content: Mapping[str, Any], old: Version, new: Version) -> Iterator[str]:
    differences = [Difference(**pair) for pair in content["differences"]]
    yield f"From change {old.change['n']} to change {new.change['n']}:"
    yield from [f"  {content['became']}"] if content["became"] else []
    yield from in_words(differences)
    if not differences and not content["became"]:
        yield "  nothing differs"
