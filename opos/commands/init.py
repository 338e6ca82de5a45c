"""`opos init`."""

import os
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

import click

from opos.init import files, folder, next_steps, revision
from opos.init import questions as ask
from opos.init.dotenv import is_tracked
from opos.init.folder import CONFIG, FLAGS, Plan
from opos.init.interview import Interview
from opos.init.prompt import NoAnswer, confirm
from opos.init.questions import Answers
from opos.init.receivers import kinds, receivers
from opos.terminal.options import Place, json_option
from opos.terminal.output import FAILED, WRONG_USAGE, reports_errors, show, stop
from shared.config.channels import SecretChannel
from shared.config.files.dotenv import NAME as ENV
from shared.config.files.loader import load_config
from shared.config.secret_names import named_secrets
from shared.security.secrets import OLD, read_secret
from shared.values.text import readable
from shared.verification import verify

Command = Callable[..., None]


def _option(name: str, check: Callable[[str], Any], help: str) -> Callable[[Command], Command]:
    def callback(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
        try:
            return None if value is None else check(value.strip())
        except ValueError as fault:
            raise click.BadParameter(str(fault)) from None

    return click.option(name, callback=callback, help=help)


@click.command("init")
@_option("--add", ask.senders, "Add these senders to the opos.yaml of this folder, and ask nothing else.")
@_option("--email", ask.email, "Your e-mail address: you own the bundle and may use the console.")
@_option("--timezone", ask.timezone, "Your time zone, such as Europe/Berlin.")
@_option("--page", str, f"Where critical alerts notify you: {', '.join(kinds())}, or a URL.")
@_option("--page-url", str, "The address of that channel, such as https://ntfy.sh/topic.")
@_option("--public-url", ask.public_url, "The public address of opos, for senders and links.")
@_option("--senders", ask.senders, "Senders and your own apps, separated by commas.")
@_option("--quiet", ask.quiet, "Quiet hours, such as 22:00-07:00, or none.")
@_option("--digest", ask.digest, "When a digest is due: after a duration such as 5m, or daily at a time such as 08:00.")
@_option("--runs", ask.runs, "here (this machine only) or cloud (Google Cloud).")
@_option("--staging", ask.project, "The project id of staging; implies --runs cloud.")
@_option("--production", ask.project, "The project id of production; implies --runs cloud.")
@_option("--region", ask.region, "The Google Cloud region, such as europe-west1.")
@click.option("--test/--no-test", default=None, help="Send a test notification afterwards, or do not ask.")
@click.option("--yes", is_flag=True, help="Ask nothing: use the default where no option is given.")
@click.option("--force", is_flag=True, help="Start over: replace existing files, and keep them as .bak.")
@json_option
@reports_errors
def command(
    *, add: tuple[str, ...] | None, test: bool | None, yes: bool, force: bool, as_json: bool, **given: Any
) -> None:
    """Ask a few questions, and write opos.yaml, flags.yaml, the secrets (.env) and the setup steps for each sender
    (senders.md) into this folder.

    In a folder that has them, the present values are the defaults, only what you answer differently changes, and you
    see it first. With an option, only that option changes: `opos init --add stripe`.
    """
    try:
        if CONFIG.exists() and not force:
            asks, answers, plan = _continued(given, add, yes=yes, test=bool(test))
        else:
            asks, answers, plan = _begun(given, add, yes=yes, force=force)
        files.apply(plan.changes)
    except KeyboardInterrupt:
        stop(FAILED, "Interrupted. Nothing was changed.")
    try:
        _report(answers, plan, test=test, asks=asks, as_json=as_json)
    except KeyboardInterrupt:
        stop(FAILED, "Interrupted. The files are written; `opos channels test` sends a test notification.")


def _begun(given: dict[str, Any], add: tuple[str, ...] | None, *, yes: bool, force: bool) -> tuple[bool, Answers, Plan]:
    if add is not None:
        stop(WRONG_USAGE, f"expected {CONFIG} in this folder, found none", hint="`opos init` starts a new one.")
    if not yes:
        click.echo("Enter takes the value in brackets, ? explains, Ctrl-C changes nothing.\n", err=True)
    _check_page(given, ())
    answers = Interview(given, asks=not yes, secrets=lambda name: read_secret(name, folder.environment())).answers()
    return not yes, answers, folder.beginning(answers, force=force)


def _continued(
    given: dict[str, Any], add: tuple[str, ...] | None, *, yes: bool, test: bool
) -> tuple[bool, Answers, Plan]:
    located = folder.existing()
    present = revision.present(located)
    asks = not (yes or test) and add is None and not any(value is not None for value in given.values())
    if asks:
        click.echo(f"{CONFIG} exists: Enter keeps the value in brackets, ? explains.\n", err=True)
    more = add or given["senders"]
    if more is not None:
        given["senders"] = tuple(dict.fromkeys((*present.senders, *more)))
    _check_page(given, located.data["channels"])
    interview = Interview(given, asks=asks, secrets=lambda name: read_secret(name, folder.environment()))
    answers = interview.revised(present, revision.channel_kinds(located))
    plan = folder.continuing(answers, located)
    changes = [change for change in plan.changes if change.before is not None]
    if changes and not yes:
        _show(plan)
        if not confirm("Write these changes?"):
            stop(FAILED, "Nothing was changed.")
    return asks, answers, plan


def _check_page(given: dict[str, Any], channels: Container[str]) -> None:
    """Stops unless the page is one of the *channels*, a kind or a URL."""
    try:
        if given["page"] is not None and given["page"] not in channels:
            ask.page(given["page"])
    except ValueError as fault:
        stop(WRONG_USAGE, f"--page: {fault}")


def _show(plan: Plan) -> None:
    colours = {"+": "green", "-": "red", "@": "cyan"}
    plain = "NO_COLOR" in os.environ
    for change in plan.changes:
        lines = files.diff(change) if change.shown and change.before is not None else [f"{change}"]
        for line in lines:
            shown = readable(line)
            colour = None if plain else colours.get(line[:1])
            click.echo(click.style(shown, fg=colour) if colour else shown, err=True)


def _report(answers: Answers, plan: Plan, *, test: bool | None, asks: bool, as_json: bool) -> None:
    environment = folder.environment()
    faults = [str(fault) for fault in verify(CONFIG, FLAGS, environment)]
    done = [str(change) for change in plan.changes] or ["Nothing to change."]
    if is_tracked(Path()):
        done.append(f"{ENV}: git tracks it! Run `git rm --cached {ENV}`, and rotate the secrets that were committed.")
    config = load_config(CONFIG)
    names = dict.fromkeys(name for _, name in named_secrets(config) if not name.endswith(OLD))
    missing = [name for name in names if read_secret(name, environment) is None]
    tests = _tested(answers, plan, environment, asks=asks) if test or (test is None and asks) else []
    content = {
        "files": done, "missing": missing, "faults": faults, "next": next_steps.steps(answers, plan, missing),
        "senders": [setup.as_json() for setup in plan.setups], "test": [answer._asdict() for answer in tests],
    }  # fmt: skip
    text = next_steps.text(answers, plan, missing, config.sources, environment)
    lines = [*done, "", *map(str, tests), *([""] if tests else []), "Next:", *text.splitlines()]
    show(content, lines, as_json=as_json)
    if not all(answer.delivered for answer in tests):
        raise SystemExit(FAILED)


def _tested(answers: Answers, plan: Plan, environment: dict[str, str], *, asks: bool) -> list[Any]:
    """The answers of the receiver to a test notification; none if the channel has none, or the operator wants none."""
    from opos.commands.channels import tested

    channel = load_config(CONFIG).channels.get(plan.page)
    if not isinstance(channel, SecretChannel) or (asks and read_secret(channel.secret, environment) is None):
        return []
    row = receivers().get(channel.kind)
    if asks and not (row and row.form and _wants_test(plan.page, row.before_test)):
        return []
    click.echo(f"Sending a test notification to {plan.page} ...", err=True)
    public = {"OPOS_PUBLIC_URL": answers.public_url} if answers.public_url else {}
    runtime = Place(Path(".opos"), CONFIG, FLAGS).new_runtime(**environment, **public)
    return tested(plan.page, runtime.context())


def _wants_test(page: str, before: str) -> bool:
    try:
        click.echo(f"\n{before}" if before else "", err=True)
        return confirm(f"Send a test notification to {page} now?")
    except NoAnswer:  # the files are written, so this is no fault
        return False
