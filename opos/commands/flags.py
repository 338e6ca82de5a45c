"""`opos flags`."""

import getpass
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from opos.cloud.packaging import write_compiled
from opos.commands.stale_flags import stale
from opos.terminal.files import write_whole
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show
from opos.terminal.times import until_moment
from opos.yaml_edit import with_value
from shared.config.files import compiled_flags as compiled
from shared.config.files.loader import load_config, load_flags, parse_flags
from shared.flags import ABSENT, FlagSet, Plain
from shared.flags.explanation import explained
from shared.services.flags.overrides import in_force, override, release

_file = click.option(
    "--flags", "file", default="flags.yaml", show_default=True, type=click.Path(path_type=Path), help="The flags."
)
_environment = click.option("--environment", default="", help="For which environment: its overrides count.")
_json = click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
_context = click.option("--context", default="{}", help="The evaluation context, as JSON.")
_user = click.option("--user", default=None, help="The targetingKey of the context.")


@click.group("flags")
def command() -> None:
    """List flags, evaluate them, say why, and name those that should be gone."""


command.add_command(stale)


@command.command("list")
@_file
@_environment
@_json
@reports_errors
def list_(file: Path, environment: str, *, as_json: bool) -> None:
    """Every flag, as flagd would define it."""
    flags = load_flags(file, environment)
    shown = {key: _as_flagd(flag) for key, flag in flags.definitions.items()}
    show(shown, "\n".join(_line(key, flags) for key in flags.flags) or "There are no flags.", as_json=as_json)


@command.command("eval")
@click.argument("flag")
@_user
@_context
@_file
@_environment
@_json
@reports_errors
def evaluate(flag: str, user: str | None, context: str, file: Path, environment: str, *, as_json: bool) -> None:
    """What FLAG is for a user, or a context."""
    found = load_flags(file, environment).evaluate(flag, _given(context, user), _now())
    value = None if found.value is ABSENT else found.value
    shown = {"key": flag, "value": value, "variant": found.variant, "reason": found.reason}
    show(shown, f"{json.dumps(value)}  ({found.variant or 'no variant'}, {found.reason})", as_json=as_json)


@command.command("explain")
@click.argument("flag")
@_user
@_context
@_file
@_environment
@_json
@reports_errors
def explain(flag: str, user: str | None, context: str, file: Path, environment: str, *, as_json: bool) -> None:
    """Which part of FLAG's rule decided for a user, or a context, and where a share puts them."""
    steps = list(explained(load_flags(file, environment), flag, _given(context, user), _now()))
    show(steps, "\n".join(steps), as_json=as_json)


@command.command("set")
@click.argument("flag")
@click.option("--enabled/--disabled", default=None, help="Whether it is on at all.")
@click.option("--rollout", type=click.FloatRange(0, 100), help="For how many of the users, in percent.")
@click.option("--in", "environment", default=None, help="Only in this environment.")
@_file
@_json
@reports_errors
def set_(
    flag: str, file: Path, environment: str | None, rollout: float | None, *, enabled: bool | None, as_json: bool
) -> None:
    """Change FLAG in the file, and nothing else in it: comments and columns stay. Commit it as you do any change."""
    changes = {
        "enabled": None if enabled is None else str(enabled).lower(),
        "rollout": None if rollout is None else f"{rollout:g}",
    }
    wanted = {name: value for name, value in changes.items() if value is not None}
    if not wanted:
        raise click.UsageError("expected --enabled, --disabled or --rollout")
    text = file.read_text("utf-8")
    for name, value in wanted.items():
        within = ("environments", environment) if environment else ()
        text = with_value(text, ("flags", flag, *within, name), value)
    parse_flags(text, str(file))
    write_whole(file, text)
    shown = ", ".join(f"{name}: {value}" for name, value in wanted.items())
    show({"flag": flag, "environment": environment, **wanted}, f"{flag}: {shown}", as_json=as_json)


@command.command("compile")
@with_place
@json_option
@reports_errors
def compile_(place: Place, *, as_json: bool) -> None:
    """Check flags and configuration now, so that a function that starts need not: part of a build.

    Writes flags.compiled.json and opos.compiled.pickle beside the files.
    """
    environment = os.environ.get("OPOS_ENVIRONMENT", "")
    found = load_flags(place.flags_file, environment)
    write_compiled(load_config(place.config_file), found, place.config_file, place.flags_file)
    target = compiled.place(place.flags_file)
    said = {"file": str(target), "flags": len(found.flags), "environment": environment}
    show(said, f"{target}: {len(found.flags)} flags", as_json=as_json)


@command.command("override")
@click.argument("flag")
@click.argument("variant")
@click.option("--for", "until", required=True, metavar="UNTIL", help="`2h`, `15:00`, a day or a moment.")
@click.option("--why", required=True, help="Somebody reads it in the digest.")
@click.option("--who", default=None, help="The user of this machine unless given.")
@with_place
@json_option
@reports_errors
def override_(flag: str, variant: str, until: str, why: str, who: str | None, place: Place, *, as_json: bool) -> None:
    """The kill switch: FLAG is VARIANT for everybody until then, within seconds and without a deploy."""
    context, now = place.runtime().context(), datetime.now(UTC)
    definition = context.flags.definitions.get(flag)
    if definition is None or definition.variants.get(variant) is None:
        known = ", ".join(definition.variants) if definition else ", ".join(context.flags.flags)
        raise click.BadParameter(f"expected one of {known}", param_hint="VARIANT" if definition else "FLAG")
    ends = until_moment(until, now, context.config.timezone)
    said = override(flag, variant, context.store, who=who or getpass.getuser(), why=why, until=ends, now=now)
    show({"flag": flag, **said}, f"{flag} is {variant} until {said['until']}.", as_json=as_json)


@command.command("release")
@click.argument("flag")
@with_place
@json_option
@reports_errors
def release_(flag: str, place: Place, *, as_json: bool) -> None:
    """End an override: the rule of FLAG counts again."""
    release(flag, place.runtime().store, datetime.now(UTC))
    show({"flag": flag}, f"The rule of {flag} counts again.", as_json=as_json)


@command.command("overrides")
@with_place
@json_option
@reports_errors
def overrides(place: Place, *, as_json: bool) -> None:
    """What is overridden now, by whom, why, and until when."""
    found = [{"flag": doc.id, **doc.data} for doc in in_force(place.runtime().store, datetime.now(UTC))]
    lines = [f"{one['flag']}: {one['variant']} until {one['until']}, by {one['who']}: {one['why']}" for one in found]
    show(found, "\n".join(lines) or "Nothing is overridden.", as_json=as_json)


def _as_flagd(flag: Plain) -> dict[str, Any]:
    state, variants, default, targeting, metadata = flag
    said = {
        "state": state,
        "variants": variants,
        "defaultVariant": default,
        "targeting": targeting,
        "metadata": metadata,
    }
    return {name: value for name, value in said.items() if value is not None}


def _line(key: str, flags: FlagSet) -> str:
    definition = flags.definitions[key]
    rule = json.dumps(definition.targeting) if definition.targeting else "for everybody"
    default = definition.default_variant or "-"
    return f"{key:<24} {definition.state:<9} {default:<8} {rule if len(rule) < 70 else rule[:67] + '...'}"  # noqa: PLR2004


def _given(context: str, user: str | None) -> dict[str, Any]:
    try:
        found = json.loads(context)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise click.BadParameter("expected a JSON object", param_hint="--context")
    return found if user is None else {**found, "targetingKey": user}


def _now() -> int:
    return int(datetime.now(UTC).timestamp())
