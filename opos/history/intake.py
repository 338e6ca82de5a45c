"""What the intake accepted and rejected, for each source."""

from collections.abc import Iterator, Sequence
from typing import Any

from opos.terminal.times import OperatorClock
from shared.context import Context
from shared.intake.rejections import KEEP, Rejected
from shared.services.intake.rejections import stored
from shared.services.slo.indicators import last_accepted, reported

Row = dict[str, Any]


def intake_rows(context: Context) -> list[Row]:
    """A row for each source of opos.yaml, then for each other place with rejections. Empty if the store fails."""
    try:
        accepted = last_accepted(reported(context.store, context.now - KEEP))
        counts = stored(context.store)
    except Exception:  # noqa: BLE001  (the checks report it)
        return []
    places = dict.fromkeys([*context.config.sources, *(count.place for count in counts)])
    of_places = ((place, [count for count in counts if count.place == place]) for place in places)
    sources = context.config.sources
    return [{**_row(place, accepted.get(place), of), "configured": place in sources} for place, of in of_places]


def _row(place: str, accepted: str | None, counts: Sequence[Rejected]) -> Row:
    rejected = [
        {
            "reason": count.reason, "detail": count.detail, "count": count.times, "since": count.since,
            "last": count.last, "network": count.network, "words": count.words, "advice": count.advice,
        }
        for count in reversed(counts)
    ]  # fmt: skip
    return {"source": place, "accepted": accepted, "rejected": rejected}


def intake_lines(rows: Sequence[Row], clock: OperatorClock) -> Iterator[str]:
    """The rows as a list, the latest rejection of each place first."""
    if rows:
        yield ""
        yield "Webhooks of the last 30 days"
    for row in rows:
        accepted = clock.time_and_age(row["accepted"]) if row["accepted"] else "none, up to a minute ago"
        yield f"   {row['source']}: last accepted {accepted}" if row["configured"] else f"   {row['source']}"
        for count in row["rejected"]:
            last = f"last {clock.time_and_age(count['last'])} from {count['network'] or 'an unknown network'}"
            yield f"      {count['count']:,} rejected, {count['words']}; {last}"
            yield f"      {count['advice']}"
