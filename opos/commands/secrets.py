"""`opos secrets`."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import click

from opos.bundle.data_folder import is_running
from opos.rotation.local_secrets import local
from opos.rotation.secret_store import Keeper
from opos.rotation.steps import Rotation, Step
from opos.senders.signed_request import UnknownSource
from opos.terminal.groups import Choice, Suggesting
from opos.terminal.next_step import command_line
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import WRONG_USAGE, reports_errors, show, stop
from shared.config.deploy import TargetName
from shared.config.files.located_yaml import read_yaml
from shared.config.sources import Source
from shared.runtime.container import Runtime
from shared.security.secrets import OLD
from shared.values.durations import parse_wait


@click.group("secrets", cls=Suggesting)
def command() -> None:
    """Rotate the secrets of senders."""


def _wait(_context: click.Context, _option: click.Parameter, text: str) -> timedelta:
    try:
        return parse_wait(text)
    except ValueError as fault:
        raise click.BadParameter(f"{fault}, found {text!r}") from None


@command.command("rotate")
@click.argument("source")
@click.option("--target", type=Choice(get_args(TargetName)), help="A target; by default this machine.")
@click.option("--new-value-from-stdin", "reads", is_flag=True, help="Read the new secret that the sender generated.")
@click.option(
    "--quiet-for",
    default="24h",
    show_default=True,
    callback=_wait,
    help="How long the old secret must be unused.",
)
@click.option("--restarted", is_flag=True, help="Confirm that `opos up` started after both secrets had a file.")
@with_place
@json_option
@reports_errors
def rotate(
    source: str, target: TargetName | None, place: Place, quiet_for: timedelta, *, reads: bool, restarted: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Rotate the secret of SOURCE. Each call does the next step and shows what to do before the step after it."""
    given = sys.stdin.read().strip() if reads else None
    if given == "":
        stop(WRONG_USAGE, "expected the new secret on standard input, found nothing")
    again = command_line(f"secrets rotate {source}" + (f" --target {target}" if target else ""))
    runtime, named = _bundle(place, target)
    declared, new = _pair(source, runtime, place)
    step = Rotation(
        source=source, scheme=declared.scheme, new=new, old=f"{new}{OLD}",
        keeper=_keeper(new, place, target, restarted=restarted, **named), store=runtime.store, now=datetime.now(UTC),
        quiet_for=quiet_for, given=given, again=again,
    ).step()  # fmt: skip
    show({"source": source, "secret": new, **asdict(step)}, _text(step), as_json=as_json)


def _bundle(place: Place, target: TargetName | None) -> tuple[Runtime, Mapping[str, Any]]:
    """The bundle of *target*, with what its secret backend needs; without a target, the bundle of *place*."""
    if target is None:
        return place.runtime(), {}
    from opos.deploy.target import ground

    where = ground(place, target)
    return where.runtime, {"gcloud": where.gcloud}


def _pair(name: str, runtime: Runtime, place: Place) -> tuple[Source, str]:
    """The source, and the name of its current secret. Raises UnknownSource unless it also names the old secret."""
    source = runtime.config.sources.get(name)
    if source is None:
        known = ", ".join(runtime.config.sources)
        raise UnknownSource(f"expected a source of {place.config_file} ({known}), found {name!r}")
    new = source.secrets[0]
    if f"{new}{OLD}" not in source.secrets:
        line = read_yaml(place.config_file).line(("sources", name, "secrets"))
        names = ", ".join([new, f"{new}{OLD}", *source.secrets[1:]])
        hint = f"Change that line to: secrets: [{names}]"
        declared = ", ".join(source.secrets)
        raise UnknownSource(
            f"{place.config_file}:{line}: expected {new}{OLD} after {new}, found [{declared}]", hint=hint
        )
    return source, new


def _keeper(new: str, place: Place, target: str | None, *, restarted: bool, **named: Any) -> Keeper:
    if target is None:
        return local(new, place.with_secrets()[0], restarted=restarted or not is_running(place.data))
    from opos.rotation.secret_manager import Manager

    return Manager(named["gcloud"], target)


def _text(step: Step) -> str:
    done = [f"done  {line}" for line in step.done]
    return "\n".join([*done, *(f"next  {line}" for line in step.next)])
