"""`opos route`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from opos.history.event_log import read_log
from opos.history.what_if import History
from opos.terminal.groups import Choice, Suggesting
from opos.terminal.lookup import find_event
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import OperatorClock, moment, operator_clock
from shared.alerting.silences import Silence
from shared.config.files.loader import load_config
from shared.services.alerting.route_explanation import Explained, explain_event, explain_labels, explain_payload
from shared.values.text import counted


@click.group("route", cls=Suggesting)
def command() -> None:
    """Explain where alerts go; try other routes on past events."""


@command.command("explain")
@click.argument("event", required=False)
@click.option("--payload", type=click.File("rb"), help="Instead of EVENT: the body of a webhook (- for stdin).")
@click.option("--source", help="With --payload: the source of the webhook.")
@click.option("--type", "event_type", default="", help="With --payload: the event type, if a header has it.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Instead of both: a label of the alert.")
@with_place
@json_option
@reports_errors
def explain(
    event: str | None, payload: IO[bytes] | None, source: str | None, event_type: str, labels: tuple[str, ...],
    place: Place, *, as_json: bool,
) -> None:  # fmt: skip
    """Explain the verdict on an alert now: each matcher and each hold reason that opos checks."""
    if sum(map(bool, (event, payload, labels))) != 1 or bool(payload) != bool(source):
        raise click.UsageError("expected EVENT, or --payload with --source, or --label")
    context = place.runtime().context()
    if event:
        explained = explain_event(find_event(context.store, event), context)
    elif payload and source:
        explained = explain_payload(source, payload.read(), event_type, context)
    else:
        explained = [explain_labels(_pairs(labels), context)]
    clock = operator_clock(context)
    lines = [line for alert in explained for line in ("", *_lines(alert, clock))]
    show([asdict(alert) for alert in explained], lines[1:] or "It contains no alert.", as_json=as_json)


def _pairs(labels: tuple[str, ...]) -> dict[str, str]:
    if wrong := [label for label in labels if "=" not in label]:
        raise click.BadParameter(f"expected NAME=VALUE, found {', '.join(wrong)}", param_hint="--label")
    return dict(tuple(label.split("=", 1)) for label in labels)  # type: ignore[misc]


def _lines(alert: Explained, clock: OperatorClock) -> Iterator[str]:
    yield f"alert   {alert.title}"
    yield f"labels  {', '.join(f'{name}={value!r}' for name, value in alert.labels.items()) or 'none'}"
    for route in alert.tried:
        mark = "->" if route.taken else "ok" if route.matches else " x"
        yield f"  {mark} {'  ' * route.depth}{route.route}: {route.why}"
        for text, value, matches in route.matchers:
            yield f"     {'  ' * route.depth}  {'matches' if matches else 'does not match'}: {text}, found {value!r}"
    yield f"group   {', '.join(f'{name}={value!r}' for name, value in alert.group.items()) or 'all alerts together'}"
    yield f"to      {', '.join(alert.channels)}; digest: {alert.digest}"
    for reason in alert.reasons:
        yield f"  {'=>' if reason.decides else '  '} {reason.asked}: {clock.text(reason.answer)}"
    yield f"now     {alert.path}: {clock.text(alert.reason)}"


@command.command("what-if")
@click.option("--config", "new", required=True, type=click.Path(path_type=Path), help="The changed opos.yaml.")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    default="opos.yaml",
    show_default=True,
    help="The opos.yaml to compare with.",
)
@click.option("--since", type=moment, default="30d", show_default=True, help="An age (7d), a day or an ISO 8601 time.")
@click.option("--data", default=".opos", show_default=True, type=click.Path(path_type=Path), help="Data folder.")
@click.option("--backend", default="embedded", show_default=True, type=Choice(["embedded", "emulators", "cloud"]))
@json_option
@reports_errors
def what_if(new: Path, against: Path, since: datetime, data: Path, backend: Any, *, as_json: bool) -> None:
    """Run past events through a changed configuration, and show which interruptions it saves or adds."""
    before, after = load_config(against), load_config(new)
    runtime = Place(data, against, Path("flags.yaml"), backend).runtime()
    store, clock = runtime.store, operator_clock(runtime)
    now = datetime.now(UTC)
    events = list(read_log(store, since=since, until=now))
    silences = [Silence.from_doc(doc.id, doc.data) for doc in store.query("silences")]
    was, would = (History(config, silences).run(events, until=now) for config in (before, after))
    difference = _difference(was, would)
    show({"events": len(events), **difference}, _what_if_lines(len(events), since, difference, clock), as_json=as_json)


def _difference(was: History, would: History) -> dict[str, Any]:
    pages = [Counter(page.rule for page in history.pages) for history in (was, would)]
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


def _what_if_lines(events: int, since: datetime, difference: dict[str, Any], clock: OperatorClock) -> list[str]:
    changed = [rule for rule in difference["rules"] if rule["pages_before"] != rule["pages_after"]]
    pages = difference["pages"]
    lines = [
        f"{counted(events, 'event')} since {clock.time(since)}",
        f"notifications: {pages['before']} before, {pages['after']} after",
        f"saved {difference['saved']}, added {difference['added']}; escalations are not counted",
    ]
    return [*lines, *map(_rule_line, sorted(changed, key=_added))]


def _added(rule: dict[str, Any]) -> int:
    return int(rule["pages_after"] - rule["pages_before"])


def _rule_line(rule: dict[str, Any]) -> str:
    pages = f"{rule['pages_before']} -> {rule['pages_after']} notifications"
    digest = f"{rule['digest_before']} -> {rule['digest_after']} digest items"
    return f"  {_added(rule):+d}  {rule['rule']}: {pages}, {digest}"
