"""`opos verify`."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from opos.local import json_option, local_options
from opos.output import WRONG_USAGE, reports_errors, show
from shared.verify import verify


@click.command("verify")
@local_options
@json_option
@reports_errors
def command(data: Path, config_file: Path, flags_file: Path, *, as_json: bool) -> None:  # noqa: ARG001
    """Check opos.yaml, flags.yaml and the secrets they name; every fault at once, with file and line."""
    faults = verify(config_file, flags_file, os.environ)
    good = f"{config_file} and {flags_file} are good, and every secret is set."
    text = "\n".join(str(fault) for fault in faults) or good
    show({"faults": [asdict(fault) for fault in faults]}, text, as_json=as_json)
    if faults:
        raise SystemExit(WRONG_USAGE)
