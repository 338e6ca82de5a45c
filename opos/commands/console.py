"""`opos console`."""

import os
from pathlib import Path

import click

from opos.commands.up import console_url
from opos.local import environment, json_option, local_options
from opos.output import reports_errors, show
from shared.runtime import Runtime, Settings


@click.command("console")
@local_options
@click.option("--url", help="The bundle's address, when it is not public_url of opos.yaml or port 8080 here.")
@json_option
@reports_errors
def command(data: Path, config_file: Path, flags_file: Path, url: str | None, *, as_json: bool) -> None:
    """Print a fresh link that opens the operator's console."""
    base = url or os.environ.get("OPOS_PUBLIC_URL")
    known = environment(data, config_file, flags_file, **({"OPOS_PUBLIC_URL": base} if base else {}))
    link = console_url(Runtime(Settings.from_environment(known)))
    show({"console": link}, link, as_json=as_json)
