"""`opos flags`."""

import json
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from opos.bundle.confirmation import confirmed
from opos.cloud.packaging import write_compiled
from opos.commands.stale_flags import stale
from opos.terminal.completion import flags as flag_names
from opos.terminal.files import write_whole
from opos.terminal.groups import Listing, did_you_mean
from opos.terminal.options import NoBundle, Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import OperatorClock, operator_clock
from opos.terminal.vocabulary import as_option, ending, for_option, person, until_option, why_option
from opos.terminal.width import fitted
from opos.yaml_edit import with_value, written_name
from shared.config.files import compiled_flags as compiled
from shared.config.files.loader import flag_file, load_config, load_flags, parse_flags
from shared.config.files.located_yaml import read_yaml
from shared.flags import ABSENT, FlagSet
from shared.flags.explanation import explained
from shared.flags.manifest import manifest
from shared.flags.shorthand import ROLLOUT
from shared.ports import Store
from shared.runtime.entry import retry_conflicts
from shared.services.flags.overrides import in_force, override, release, remembered
from shared.values.local_time import age
from shared.values.text import counted

_file = click.option(
    "--flags",
    "file",
    default="flags.yaml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The flags file.",
)
NAMES = {"rollout": ROLLOUT}
_environment = click.option(
    "--environment", default="", envvar="OPOS_ENVIRONMENT", show_envvar=True,
    help="The environment for which to evaluate, such as staging.",
)  # fmt: skip
_url = click.option("--url", help="The bundle to ask whether it applies the change.  [default: the one that runs here]")
_context = click.option("--context", default="{}", help="The evaluation context, as JSON.")
_user = click.option("--user", default=None, help="The id of the user: the targetingKey of the context.")


@click.group("flags", cls=Listing)
def command() -> None:
    """List, evaluate, change and override flags, and find stale ones. Without a command, list them."""


command.add_command(stale)


@command.command("list")
@with_place
@_environment
@json_option
@reports_errors
def list_(place: Place, environment: str, *, as_json: bool) -> None:
    """List all flags, as flagd definitions, under the overrides in force."""
    flags = _flags(place, environment)
    shown = {key: flag.as_flagd() for key, flag in flags.definitions.items()}
    show(shown, "\n".join(_line(key, flags) for key in flags.definitions) or "There are no flags.", as_json=as_json)


@command.command("eval")
@click.argument("flag", shell_complete=flag_names)
@_user
@_context
@with_place
@_environment
@json_option
@reports_errors
def evaluate(flag: str, user: str | None, context: str, place: Place, environment: str, *, as_json: bool) -> None:
    """Evaluate FLAG for a user or a context, under the overrides in force."""
    evaluation = _flags(place, environment).evaluate(flag, _attributes(context, user), _now())
    variant = evaluation.variant
    reason = "OVERRIDDEN" if evaluation.metadata.get("overridden") else evaluation.reason
    value = None if evaluation.value is ABSENT else evaluation.value
    shown = {"key": flag, "value": value, "variant": variant, "reason": reason}
    show(shown, f"{json.dumps(value)}  ({variant or 'no variant'}, {reason})", as_json=as_json)


@command.command("explain")
@click.argument("flag", shell_complete=flag_names)
@_user
@_context
@with_place
@_environment
@json_option
@reports_errors
def explain(flag: str, user: str | None, context: str, place: Place, environment: str, *, as_json: bool) -> None:
    """Show which part of FLAG's rule decides for a user or a context, and the user's bucket in a rollout."""
    steps = list(explained(_flags(place, environment), flag, _attributes(context, user), _now()))
    show(steps, "\n".join(steps), as_json=as_json)


@command.command("set")
@click.argument("flag", shell_complete=flag_names)
@click.option("--enabled/--disabled", default=None, help="Turn the flag on or off.")
@click.option("--rollout", type=click.FloatRange(0, 100), help="The percentage of users for whom the flag is on.")
@click.option("--in", "environment", default=None, help="Change only this environment.")
@_file
@json_option
@reports_errors
def set_(
    flag: str, file: Path, environment: str | None, rollout: float | None, *, enabled: bool | None, as_json: bool
) -> None:
    """Change FLAG in the file. Comments and layout stay as they are. Commit it like any other change."""
    changes = {
        "enabled": None if enabled is None else str(enabled).lower(),
        "rollout": None if rollout is None else f"{rollout:g}",
    }
    wanted = {name: value for name, value in changes.items() if value is not None}
    if not wanted:
        raise click.UsageError("expected --enabled, --disabled or --rollout")
    text = file.read_bytes().decode("utf-8")  # with its line ends
    for name, value in wanted.items():
        within = ("flags", flag, *(("environments", environment) if environment else ()))
        text = with_value(text, (*within, written_name(text, within, NAMES.get(name, (name,)))), value)
    parse_flags(text, str(file))
    write_whole(file, text)
    shown = ", ".join(f"{name}: {value}" for name, value in wanted.items())
    show({"flag": flag, "environment": environment, **wanted}, f"{flag}: {shown}", as_json=as_json)


@command.command("manifest")
@_file
@reports_errors
def manifest_(file: Path) -> None:
    """Print the manifest from which the OpenFeature CLI generates typed accessors, as JSON."""
    click.echo(json.dumps(manifest(flag_file(read_yaml(file)).flags), indent=2, ensure_ascii=False))


@command.command("compile")
@with_place
@json_option
@reports_errors
def compile_(place: Place, *, as_json: bool) -> None:
    """Check flags and configuration during a build, so that functions start without checking them.

    Writes flags.compiled.json and opos.compiled.json next to the files.
    """
    environment = os.environ.get("OPOS_ENVIRONMENT", "")
    flags = load_flags(place.flags_file, environment)
    write_compiled(load_config(place.config_file), flags, place.config_file, place.flags_file)
    target, count = compiled.place(place.flags_file), len(flags.definitions)
    content = {"file": str(target), "flags": count, "environment": environment}
    show(content, f"{target}: {counted(count, 'flag')}", as_json=as_json)


@command.command("override")
@click.argument("flag", shell_complete=flag_names)
@click.argument("variant")
@for_option
@until_option
@why_option("which the digest shows")
@as_option
@_url
@with_place
@json_option
@reports_errors
def override_(
    flag: str, variant: str, length: str | None, until: str | None, why: str, who: str | None, url: str | None,
    place: Place, *, as_json: bool,
) -> None:  # fmt: skip
    """Set FLAG to VARIANT for everyone until a given time, within seconds and without a deploy (a kill switch)."""
    runtime = place.runtime()
    context, clock = runtime.context(), operator_clock(runtime)
    definition = context.flags.definitions.get(flag)
    if definition is None or definition.variants.get(variant) is None:
        known, word = (definition.variants, variant) if definition else (context.flags.definitions, flag)
        expected = f"expected one of {', '.join(known)}, found {word!r}.{did_you_mean(word, known)}"
        raise click.BadParameter(expected, param_hint="VARIANT" if definition else "FLAG")
    ends, by = ending(length, until, context.config.timezone), person(who)
    content = retry_conflicts(
        partial(override, flag, variant, context.store, who=by, why=why, until=ends, now=clock.now)
    )
    echo = confirmed(place, url, flag, variant)
    shown = f"{flag} is {variant} until {clock.time_and_age(ends)}.\n{echo.text}"
    show({"flag": flag, **content, "applied_by": echo.url}, shown, as_json=as_json)


@command.command("release")
@click.argument("flag", shell_complete=flag_names)
@as_option
@_url
@with_place
@json_option
@reports_errors
def release_(flag: str, who: str | None, url: str | None, place: Place, *, as_json: bool) -> None:
    """End the override of FLAG, so that its rule applies again."""
    by, now = person(who), datetime.now(UTC)
    retry_conflicts(partial(release, flag, place.runtime().store, who=by, now=now))
    echo = confirmed(place, url, flag, None)
    shown = f"{flag} is no longer overridden: its rule applies again.\n{echo.text}"
    show({"flag": flag, "applied_by": echo.url}, shown, as_json=as_json)


@command.command("overrides")
@click.option("--history", is_flag=True, help="List every override of the last 400 days instead, oldest first.")
@with_place
@json_option
@reports_errors
def overrides(place: Place, *, history: bool, as_json: bool) -> None:
    """List the overrides in force: their variants, ends, reasons, and who set them."""
    runtime = place.runtime()
    clock = operator_clock(runtime)
    if history:
        past = _past(runtime.store, clock.now)
        show(past, [_past_line(entry, clock) for entry in past] or "No flag was overridden.", as_json=as_json)
        return
    rows = [{"flag": doc.id, **doc.data} for doc in in_force(runtime.store, clock.now)]
    lines = [fitted(_override_line(row, clock)) for row in rows]
    show(rows, lines or "No flag is overridden.", as_json=as_json)


def _override_line(row: dict[str, Any], clock: OperatorClock) -> str:
    """`checkout: off until 15:00 (in 2 h), set by me 12 min ago: it charges twice`."""
    end, since = clock.time_and_age(row["until"]), age(row["at"], clock.now)
    return f"{row['flag']}: {row['variant']} until {end}, set by {row['who']} {since}: {row['why']}"


def _past(store: Store, now: datetime) -> list[dict[str, Any]]:
    entries = [{"flag": doc.id, **entry} for doc in remembered(store, now) for entry in doc.data["history"]]
    return sorted(entries, key=lambda entry: str(entry["at"]))


def _past_line(entry: dict[str, Any], clock: OperatorClock) -> str:
    """`2026-11-20 09:00  checkout: off until 11:00, by me: it charges twice; released 09:40 by me`."""
    ended = f"; released {clock.time(entry['released_at'])} by {entry['released_by']}" if "released_at" in entry else ""
    until = clock.time(entry["until"])
    override = f"{entry['flag']}: {entry['variant']} until {until}, by {entry['who']}: {entry['why']}"
    return f"{clock.time(entry['at'])}  {override}{ended}"


def _flags(place: Place, environment: str) -> FlagSet:
    """The flags of the file, under the overrides in force if there is a bundle in *place*."""
    flags = load_flags(place.flags_file, environment)
    try:
        docs = in_force(place.runtime().store, datetime.now(UTC))
    except NoBundle:
        return flags
    return flags.under({doc.id: doc.data["variant"] for doc in docs})


def _line(key: str, flags: FlagSet) -> str:
    definition = flags.definitions[key]
    rule = json.dumps(definition.targeting) if definition.targeting else "for everyone"
    rule = "overridden, for everyone" if definition.metadata.get("overridden") else rule
    default = definition.default_variant or "-"
    return fitted(f"{key:<24} {definition.state:<9} {default:<8} {rule}")


def _attributes(context: str, user: str | None) -> dict[str, Any]:
    try:
        attributes = json.loads(context)
    except ValueError:
        attributes = None
    if not isinstance(attributes, dict):
        raise click.BadParameter("expected a JSON object", param_hint="--context")
    return attributes if user is None else {**attributes, "targetingKey": user}


def _now() -> int:
    return int(datetime.now(UTC).timestamp())
