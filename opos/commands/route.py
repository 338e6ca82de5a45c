"""`opos route`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from opos.history.event_log import read_log
from opos.history.route_explanation import Explained, explain_event, explain_labels, explain_payload
from opos.history.what_if import History
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import moment
from shared.alerting.silences import Silence
from shared.config.files.loader import load_config


@click.group("route")
def command() -> None:
    """Explain where alerts go, and try other routes on what has happened."""


@command.command("explain")
@click.argument("event", required=False)
@click.option("--payload", type=click.File("rb"), help="Instead of EVENT, a webhook's body (- for standard input).")
@click.option("--source", help="With --payload: whose webhook it is.")
@click.option("--type", "event_type", default="", help="With --payload: the type, where a header says it.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Instead of both, an alert's labels.")
@with_place
@json_option
@reports_errors
def explain(
    event: str | None, payload: IO[bytes] | None, source: str | None, event_type: str, labels: tuple[str, ...],
    place: Place, *, as_json: bool,
) -> None:  # fmt: skip
    """Say what would become of an alert now: every matcher tried, every reason asked."""
    if sum(map(bool, (event, payload, labels))) != 1 or bool(payload) != bool(source):
        raise click.UsageError("expected either EVENT, or --payload with --source, or --label")
    context = place.runtime().context()
    if event:
        found = explain_event(event, context)
    elif payload and source:
        found = explain_payload(source, payload.read(), event_type, context)
    else:
        found = [explain_labels(_pairs(labels), context)]
    show([asdict(one) for one in found], "\n\n".join(map(as_text, found)) or "Nothing in it alerts.", as_json=as_json)


def _pairs(labels: tuple[str, ...]) -> dict[str, str]:
    if wrong := [one for one in labels if "=" not in one]:
        raise click.BadParameter(f"expected NAME=VALUE, found {', '.join(wrong)}", param_hint="--label")
    return dict(tuple(one.split("=", 1)) for one in labels)  # type: ignore[misc]


def as_text(found: Explained) -> str:
    return "\n".join(_lines(found))


def _lines(found: Explained) -> Iterator[str]:
    yield f"alert   {found.title}"
    yield f"labels  {', '.join(f'{name}={value!r}' for name, value in found.labels.items()) or 'none'}"
    for route in found.tried:
        mark = "->" if route.taken else "ok" if route.matches else " x"
        yield f"  {mark} {'  ' * route.depth}{route.route}: {route.why}"
        for text, value, holds in route.matchers:
            yield f"     {'  ' * route.depth}  {'holds' if holds else 'does not hold'}: {text}, found {value!r}"
    yield f"group   {', '.join(f'{name}={value!r}' for name, value in found.group.items()) or 'all in one'}"
    yield f"to      {', '.join(found.channels)}; what waits goes into the digest {found.digest}"
    for reason in found.reasons:
        yield f"  {'=>' if reason.decides else '  '} {reason.asked}: {reason.answer}"
    yield f"now     {found.path}: {found.reason}"


@command.command("what-if")
@click.option("--config", "new", required=True, type=click.Path(path_type=Path), help="The changed opos.yaml.")
@click.option("--against", type=click.Path(path_type=Path), default="opos.yaml", show_default=True)
@click.option("--since", type=moment, default="30d", show_default=True, help="An age (7d), a day or a moment.")
@click.option("--data", default=".opos", show_default=True, type=click.Path(path_type=Path), help="Data folder.")
@click.option("--backend", default="embedded", show_default=True, type=click.Choice(["embedded", "emulators", "cloud"]))
@json_option
@reports_errors
def what_if(new: Path, against: Path, since: datetime, data: Path, backend: Any, *, as_json: bool) -> None:
    """Replay what has happened since then against a changed configuration, and say what would have interrupted."""
    before, after = load_config(against), load_config(new)
    store = Place(data, against, Path("flags.yaml"), backend).runtime().store
    now = datetime.now(UTC)
    events = list(read_log(store, since=since, until=now))
    silences = [Silence.from_doc(doc.id, doc.data) for doc in store.query("silences")]
    was, would = (History(config, silences).run(events, until=now) for config in (before, after))
    told = _difference(was, would)
    show({"events": len(events), **told}, _what_if_text(len(events), since, told), as_json=as_json)


def _difference(was: History, would: History) -> dict[str, Any]:
    pages = [Counter(page.rule for page in one.pages) for one in (was, would)]
    rules = sorted({*pages[0], *pages[1], *was.digest, *would.digest})
    return {
        "pages": {"before": pages[0].total(), "after": pages[1].total()},
        "saved": (pages[0] - pages[1]).total(),
        "added": (pages[1] - pages[0]).total(),
        "rules": [
            {
                "rule": rule, "pages_before": pages[0][rule], "pages_after": pages[1][rule],
                "digest_before": was.digest[rule], "digest_after": would.digest[rule],
            }
            for rule in rules
        ],
    }  # fmt: skip


def _what_if_text(events: int, since: datetime, told: dict[str, Any]) -> str:
    changed = [one for one in told["rules"] if one["pages_before"] != one["pages_after"]]
    pages = told["pages"]
    lines = [
        f"{events} events since {since:%Y-%m-%d %H:%M}: {pages['before']} pages before, {pages['after']} after",
        f"saved {told['saved']}, added {told['added']}; escalations are not counted",
    ]
    return "\n".join([*lines, *map(_rule_line, sorted(changed, key=_gain))])


def _gain(one: dict[str, Any]) -> int:
    return int(one["pages_after"] - one["pages_before"])


def _rule_line(one: dict[str, Any]) -> str:
    pages = f"{one['pages_before']} -> {one['pages_after']} pages"
    digest = f"{one['digest_before']} -> {one['digest_after']} lines of the digest"
    return f"  {_gain(one):+d}  {one['rule']}: {pages}, {digest}"
