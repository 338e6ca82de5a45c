"""`opos completion`."""

import click

from opos.terminal.files import write_whole
from opos.terminal.groups import Choice, Suggesting
from opos.terminal.options import json_option
from opos.terminal.output import reports_errors, show
from opos.terminal.shells import SHELLS, Shell, next_step, place_of, script, this_shell

_shell = click.option("--shell", type=Choice(SHELLS), help="The shell.  [default: your login shell]")


@click.group("completion", cls=Suggesting)
def command() -> None:
    """Complete commands, options, ids, sources and flags with the Tab key."""


@command.command("install")
@_shell
@json_option
@reports_errors
@click.pass_context
def install(context: click.Context, shell: Shell | None, *, as_json: bool) -> None:
    """Write the completion of your shell to the place where it looks for yours, and to no other file.

    Running it again replaces the file.
    """
    chosen = _chosen(shell)
    file, text = place_of(chosen), script(chosen, context.find_root().command)
    is_new = not file.is_file() or file.read_bytes() != text.encode()
    if is_new:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text)
    done = f"Wrote {file}." if is_new else f"{file} is up to date."
    show({"shell": chosen, "file": str(file), "written": is_new}, f"{done}\n{next_step(chosen, file)}", as_json=as_json)


@command.command("show")
@_shell
@reports_errors
@click.pass_context
def show_(context: click.Context, shell: Shell | None) -> None:
    """Print the completion of your shell, so that you can put it anywhere."""
    click.echo(script(_chosen(shell), context.find_root().command))


def _chosen(shell: Shell | None) -> Shell:
    if chosen := shell or this_shell():
        return chosen
    raise click.UsageError(f"expected --shell with one of {', '.join(SHELLS)}, because $SHELL names none of them")
