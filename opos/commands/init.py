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
from opos.terminal.options import json_option
from opos.terminal.output import WRONG_USAGE, reports_errors, show, stop
from shared.config.files.verification import verify

T = TypeVar("T")
Command = Callable[..., None]
HERE, CLOUD = "here", "cloud"


def _checked(check: Callable[[str], T]) -> Callable[[Any], T]:
    """*check* as click asks it: a wrong answer is asked again, a wrong option is wrong usage."""

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
@_option("--email", ask.email, "Yours: the owner, and who may see the console.")
@_option("--timezone", ask.timezone, "Yours, such as Europe/Berlin.")
@_option("--senders", ask.senders, "A comma list of senders, and of apps of your own.")
@_option("--page", ask.page, f"Where what is critical goes: {', '.join(ask.PAGES)}, or an address.")
@_option("--runs", _where, f"{HERE} (this machine only) or {CLOUD} (Google Cloud).")
@_option("--staging", ask.project, "The project id of staging; then it runs in the cloud.")
@_option("--production", ask.project, "The project id of production; then it runs in the cloud.")
@_option("--region", ask.region, "Of Google Cloud, such as europe-west1.")
@click.option("--yes", is_flag=True, help="Take the defaults for what no option says, and ask nothing.")
@click.option("--force", is_flag=True, help="Write files anew that are there; the old ones are kept as .bak.")
@json_option
@reports_errors
def command(*, yes: bool, force: bool, as_json: bool, **given: Any) -> None:
    """Ask five questions, and write opos.yaml, flags.yaml, the secrets (.env) and what to set up at each sender
    (senders.md) into this folder.
    """
    if Path("opos.yaml").exists() and not force:
        hint = "`opos verify` checks it. To begin anew: opos init --force keeps the old one as opos.yaml.bak."
        stop(WRONG_USAGE, "expected a folder without opos.yaml, found one", hint=hint)
    answers = _answers(given, yes=yes)
    _begin(answers, force=force, as_json=as_json)


def _answers(given: dict[str, Any], *, yes: bool) -> Answers:
    def answer(option: str, question: str, default: str | None, check: Callable[[str], T]) -> T:
        if given[option] is not None:
            return given[option]  # type: ignore[no-any-return]
        if yes and default is None:
            stop(WRONG_USAGE, f"expected --{option} with --yes, found none, and nothing to take for it")
        return _checked(check)(default) if yes else _prompt(option, question, default, check)

    email = answer("email", "1. Your e-mail address", ask.own_email(), ask.email)
    timezone = answer("timezone", "2. Your time zone", ask.own_timezone(), ask.timezone)
    some = f"3. Who sends? A comma list of {', '.join(known())}, and apps of your own"
    senders = answer("senders", some, "github", ask.senders)
    page = answer("page", f"4. Where does a page go? {', '.join(ask.PAGES)}, or an address", "console", ask.page)
    in_cloud = given["staging"] or given["production"]
    if (CLOUD if in_cloud else answer("runs", f"5. Where does it run? {HERE} or {CLOUD}", HERE, _where)) == HERE:
        return Answers(email, timezone, senders, page, {}, "")
    if not in_cloud:
        given["production"] = answer("production", "   The project id of production", None, ask.project)
        given["staging"] = answer("staging", "   The project id of staging (empty: none)", "", _target)
    region = answer("region", "   The region", "europe-west1", ask.region)
    targets = {name: given[name] for name in ("staging", "production") if given[name]}
    return Answers(email, timezone, senders, page, targets, region)


def _prompt(option: str, question: str, default: str | None, check: Callable[[str], T]) -> T:
    try:
        found: T = click.prompt(question, default=default, value_proc=_checked(check), err=True)
    except click.Abort:
        click.echo(err=True)
        stop(
            WRONG_USAGE,
            f"expected an answer, or --{option}",
            hint="opos init --help names an option for each question.",
        )
    return found


def _begin(answers: Answers, *, force: bool, as_json: bool) -> None:
    here = Path()
    done = [
        write(here / "opos.yaml", writing.config(answers), force=force),
        write(here / "flags.yaml", writing.FLAGS, force=force),
        write(here / "senders.md", writing.instructions(answers), force=True),
    ]
    new = secrets_file.add(here, list(secrets_file.wanted(answers)), os.environ)
    done += [f"{secrets_file.NAME}: {', '.join(one.name for one in new)} added, for you alone"] if new else []
    done += [f".gitignore: {secrets_file.NAME} added"] if secrets_file.hide(here) else []
    environment = {**os.environ, **secrets_file.values(here)}
    faults = [str(one) for one in verify(here / "opos.yaml", here / "flags.yaml", environment)]
    steps = _steps(answers, [one.name for one in new if not one.value])
    content = {"files": done, "missing": [one.name for one in new if not one.value], "faults": faults, "next": steps}
    lines = [*done, "", "Next:", *(f"  {step}" for step in steps)]
    show(content, "\n".join(lines), as_json=as_json)


def _steps(answers: Answers, missing: list[str]) -> list[str]:
    fill = [f"fill in {', '.join(missing)} in {secrets_file.NAME}"] if missing else []
    cloud = ["docs/deploying.md: what `opos deploy` needs in Google Cloud"] if answers.targets else []
    ours = [f". ./{secrets_file.NAME} && opos verify", f". ./{secrets_file.NAME} && opos up"]
    return [*fill, *ours, "senders.md: what to set up at each sender", *cloud]
