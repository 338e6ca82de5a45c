"""`opos console`."""

import os

import click

from opos.commands.up import console_url
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import reports_errors, show


@click.command("console")
@with_place
@click.option("--url", help="The bundle's address; by default public_url in opos.yaml, or port 8080 on this machine.")
@json_option
@reports_errors
def command(place: Place, url: str | None, *, as_json: bool) -> None:
    """Print a new link that opens the operator's console."""
    base = url or os.environ.get("OPOS_PUBLIC_URL")
    link = console_url(place.runtime(**({"OPOS_PUBLIC_URL": base} if base else {})))
    show({"console": link}, link, as_json=as_json)
