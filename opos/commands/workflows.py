"""`opos workflows`."""

from pathlib import Path

import click

from opos.terminal.groups import Listing
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import WRONG_USAGE, reports_errors, say, show
from opos.workflows import as_line, create, good, in_company, in_files, none_there, rows
from shared.workflows.document import is_name
from shared.workflows.editor_schema import written


@click.group("workflows", cls=Listing)
def command() -> None:
    """Check, list and begin the workflows of your company. Without a command, list them.

    A workflow is a YAML file in company/workflows/. This release checks workflows; it does not run them yet.
    """


@command.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@with_place
@json_option
@reports_errors
def check(files: tuple[Path, ...], place: Place, *, as_json: bool) -> None:
    """Check the workflows in company/, or in FILES; report every error with file, line and JSON pointer.

    A warning names what is valid but surely not meant, such as a task that listens without a time-out.
    """
    workflows = in_files(files) if files else in_company(place.company)
    valid = rows(workflows)
    end = [] if workflows.faults else [good(valid) if valid else none_there(place.company)]
    lines = [*map(str, workflows.faults), *end, *(f"warning: {warning}" for warning in workflows.warnings)]
    content = {
        "faults": [fault._asdict() for fault in workflows.faults],
        "warnings": [warning._asdict() for warning in workflows.warnings], "workflows": valid,
    }  # fmt: skip
    show(content, lines, as_json=as_json)
    if workflows.faults:
        raise SystemExit(WRONG_USAGE)


@command.command("list")
@with_place
@json_option
@reports_errors
def list_(place: Place, *, as_json: bool) -> None:
    """List the workflows in company/ that are valid."""
    workflows = in_company(place.company)
    valid = rows(workflows)
    show(valid, map(as_line, valid) if valid or workflows.faults else [none_there(place.company)], as_json=as_json)
    if workflows.faults:
        say("There are errors in company/, which `opos workflows check` lists.", err=True)


@command.command("new")
@click.argument("name")
@with_place
@json_option
@reports_errors
def new(name: str, place: Place, *, as_json: bool) -> None:
    """Write the beginning of a workflow to company/workflows/NAME.yaml."""
    if not is_name(name):
        raise click.BadParameter(f"expected letters, digits and -, at most 63, found {name!r}.", param_hint="NAME")
    file = create(place.company, name)
    show({"file": str(file)}, [f"{file}: wrote a workflow. `opos workflows check` checks it."], as_json=as_json)


@command.command("schema")
@json_option
def schema(*, as_json: bool) -> None:  # noqa: ARG001  (it prints JSON anyway)
    """Print the JSON Schema of a workflow, for an editor."""
    say(written().rstrip("\n"))
