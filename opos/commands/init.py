"""`opos init`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from opos.init import dotenv as secrets_file
from opos.init import questions as ask
from opos.init import templates as writing
from opos.init.files import write
from opos.init.questions import Answers
from opos.senders.catalogue import known
from opos.terminal.next_step import command_line
from opos.terminal.options import json_option
from opos.terminal.output import WRONG_USAGE, reports_errors, show, stop
from shared.verification import verify

T = TypeVar("T")
Command = Callable[..., None]
HERE, CLOUD = "here", "cloud"


def _checked(check: Callable[[str], T]) -> Callable[[Any], T]:
    """*check* for click, which repeats the question after a wrong answer and exits with 2 after a wrong option."""

    def convert(text: Any) -> T:
        try:
            return check(str(text).strip())
        except ValueError as fault:
            raise click.BadParameter(str(fault)) from None

    return convert


def _option(name: str, check: Callable[[str], Any], help: str) -> Callable[[Command], Command]:
    def callback(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
        return None if value is None else _checked(check)(value)

    return click.option(name, callback=callback, help=help)


def _where(text: str) -> str:
    if text not in {HERE, CLOUD}:
        raise ValueError(f"expected {HERE} or {CLOUD}, found {text!r}")
    return text


def _target(text: str) -> str:
    return ask.project(text) if text else ""


@click.command("init")
@_option("--email", ask.email, "Your e-mail address: you own the bundle and may use the console.")
@_option("--timezone", ask.timezone, "Your time zone, such as Europe/Berlin.")
@_option("--senders", ask.senders, "Senders and your own apps, separated by commas.")
@_option("--page", ask.page, f"Where critical alerts notify you: {', '.join(ask.PAGES)}, or a URL.")
@_option("--runs", _where, f"{HERE} (this machine only) or {CLOUD} (Google Cloud).")
@_option("--staging", ask.project, "The project id of staging; implies --runs cloud.")
@_option("--production", ask.project, "The project id of production; implies --runs cloud.")
@_option("--region", ask.region, "The Google Cloud region, such as europe-west1.")
@click.option("--yes", is_flag=True, help="Ask nothing: use the default where no option is given.")
@click.option("--force", is_flag=True, help="Replace existing files, and keep them as .bak.")
@json_option
@reports_errors
def command(*, yes: bool, force: bool, as_json: bool, **given: Any) -> None:
    """Ask five questions, and write opos.yaml, flags.yaml, the secrets (.env) and the setup steps for each sender
    (senders.md) into this folder.
    """
    if Path("opos.yaml").exists() and not force:
        hint = "`opos verify` checks it. To start over, `opos init --force` keeps it as opos.yaml.bak."
        stop(WRONG_USAGE, "expected a folder without opos.yaml, found opos.yaml", hint=hint)
    answers = _answers(given, yes=yes)
    _begin(answers, force=force, as_json=as_json)


def _answers(given: dict[str, Any], *, yes: bool) -> Answers:
    def answer(option: str, question: str, default: str | None, check: Callable[[str], T]) -> T:
        if given[option] is not None:
            return given[option]  # type: ignore[no-any-return]
        if yes and default is None:
            stop(WRONG_USAGE, f"expected --{option}: --yes has no default for it")
        return _checked(check)(default) if yes else _prompt(option, question, default, check)

    email = answer("email", "1. Your e-mail address", ask.own_email(), ask.email)
    timezone = answer("timezone", "2. Your time zone", ask.own_timezone(), ask.timezone)
    some = f"3. Your senders, separated by commas: {', '.join(known())}, or names of your own apps"
    senders = answer("senders", some, "github", ask.senders)
    page = answer(
        "page", f"4. Where should critical alerts notify you: {', '.join(ask.PAGES)}, or a URL?", "console", ask.page
    )
    in_cloud = given["staging"] or given["production"]
    if (
        CLOUD
        if in_cloud
        else answer("runs", f"5. Where does opos run: {HERE} (this machine) or {CLOUD} (Google Cloud)?", HERE, _where)
    ) == HERE:
        return Answers(email, timezone, senders, page, {}, "")
    if not in_cloud:
        given["production"] = answer("production", "   Project id of production", None, ask.project)
        given["staging"] = answer("staging", "   Project id of staging (empty for none)", "", _target)
    region = answer("region", "   Region", "europe-west1", ask.region)
    targets = {name: given[name] for name in ("staging", "production") if given[name]}
    return Answers(email, timezone, senders, page, targets, region)


def _prompt(option: str, question: str, default: str | None, check: Callable[[str], T]) -> T:
    try:
        answer: T = click.prompt(question, default=default, value_proc=_checked(check), err=True)
    except click.Abort:
        click.echo(err=True)
        stop(
            WRONG_USAGE,
            f"expected an answer, or --{option}",
            hint="`opos init --help` lists the option for each question.",
        )
    return answer


def _begin(answers: Answers, *, force: bool, as_json: bool) -> None:
    here = Path()
    done = [
        write(here / "opos.yaml", writing.config(answers), force=force),
        write(here / "flags.yaml", writing.FLAGS, force=force),
        write(here / "senders.md", writing.instructions(answers), force=True),
    ]
    new = secrets_file.add(here, list(secrets_file.wanted(answers)), os.environ)
    done += (
        [f"{secrets_file.NAME}: {', '.join(secret.name for secret in new)} added, readable only by you"] if new else []
    )
    done += [f".gitignore: {secrets_file.NAME} added"] if secrets_file.hide(here) else []
    environment = {**os.environ, **secrets_file.values(here)}
    faults = [str(fault) for fault in verify(here / "opos.yaml", here / "flags.yaml", environment)]
    missing = [secret.name for secret in new if not secret.value]
    steps = _steps(answers, missing)
    content = {"files": done, "missing": missing, "faults": faults, "next": steps}
    lines = [*done, "", "Next:", *(f"  {step}" for step in steps)]
    show(content, "\n".join(lines), as_json=as_json)


def _steps(answers: Answers, missing: list[str]) -> list[str]:
    fill = [f"set {', '.join(missing)} in {secrets_file.NAME}"] if missing else []
    cloud = ["docs/deploying.md shows what `opos deploy` needs on Google Cloud"] if answers.targets else []
    return [*fill, command_line("verify"), command_line("up"), "follow senders.md to set up each sender", *cloud]
