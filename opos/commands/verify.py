"""`opos verify`."""

import os

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, WRONG_USAGE, reports_errors, show
from shared.config.files.loader import load_config
from shared.config.files.verification import verify


@click.command("verify")
@click.option("--env", "places", is_flag=True, help="Compare this machine, staging and production instead.")
@with_place
@json_option
@reports_errors
def command(place: Place, *, places: bool, as_json: bool) -> None:
    """Check opos.yaml, flags.yaml and the secrets they name; every fault at once, with file and line.

    With --env: tools, settings, secrets, access and what is deployed, place by place, and what to do where they differ.
    """
    if places:
        _compare(place, as_json=as_json)
        return
    faults = verify(place.config_file, place.flags_file, os.environ)
    text = "\n".join(str(fault) for fault in faults) or _good(place)
    show({"faults": [fault._asdict() for fault in faults]}, text, as_json=as_json)
    if faults:
        raise SystemExit(WRONG_USAGE)


def _compare(place: Place, *, as_json: bool) -> None:
    from opos.parity.comparison import compare

    found = compare(place)
    show(found.as_json(), found.as_text(), as_json=as_json)
    if found.stops:
        raise SystemExit(FAILED)


def _good(place: Place) -> str:
    tests = len(load_config(place.config_file).route_tests)
    tested = f" Its route tests hold ({tests})." if tests else ""
    return f"{place.config_file} and {place.flags_file} are good, and every secret is set.{tested}"
