"""`opos verify`."""

import os
from contextlib import suppress

import click

from opos.company import Checked, check, note
from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, WRONG_USAGE, reports_errors, show
from opos.workflows import in_company
from shared.config.files.faults import Fault
from shared.config.files.loader import load_config
from shared.records.company_fault import CompanyFault
from shared.runtime.settings import DEFAULT_URL
from shared.values.text import counted
from shared.verification import verify, warnings


@click.command("verify")
@click.option("--env", "places", is_flag=True, help="Compare this machine, staging and production instead.")
@click.option("--note", "notes", is_flag=True, help="Also write the fields of the kinds to company/schema.json.")
@with_place
@json_option
@reports_errors
def command(place: Place, *, places: bool, notes: bool, as_json: bool) -> None:
    """Check opos.yaml, flags.yaml, their secrets, and company/; report every error with file and line.

    A warning names what is valid but surely not meant, such as a route that no alert can match.

    With --note: write the fields of the kinds to company/schema.json if the kinds are valid. Later checks compare them.

    With --env: compare tools, settings, secrets, access and deployments between the environments.
    """
    if places:
        _compare(place, as_json=as_json)
        return
    noted, company = _company(place, notes=notes)
    workflows = in_company(place.company)
    environment, unreadable = place.with_secrets()
    faults = [
        *unreadable,
        *verify(place.config_file, place.flags_file, environment),
        *company.faults,
        *workflows.faults,
        *_indexes(place),
    ]
    doubts = [*warnings(place.config_file, environment, DEFAULT_URL), *company.warnings, *workflows.warnings]
    good = [] if faults else [_good(place, len(company.kinds), len(workflows.files))]
    lines = [*noted, *map(str, faults), *good, *(f"warning: {doubt}" for doubt in doubts)]
    content = {
        "faults": [fault._asdict() for fault in faults], "warnings": [doubt._asdict() for doubt in doubts],
        "noted": noted,
    }  # fmt: skip
    show(content, "\n".join(lines), as_json=as_json)
    if faults:
        raise SystemExit(WRONG_USAGE)


def _company(place: Place, *, notes: bool) -> tuple[list[str], Checked]:
    checked = check(place.company, place.config_file)
    noted = list(note(place.company, checked.kinds)) if notes and not checked.faults else []
    return noted, check(place.company, place.config_file) if noted else checked


def _compare(place: Place, *, as_json: bool) -> None:
    from opos.parity.comparison import compare

    comparison = compare(place)
    show(comparison.as_json(), comparison.as_text(), as_json=as_json)
    if comparison.stops:
        raise SystemExit(FAILED)


def _indexes(place: Place) -> list[Fault]:
    """Whether the indexes that a deployment needs are those of the kinds in `company/`."""
    from opos.cloud.firestore_indexes import company, index_faults

    folder = place.config_file.parent
    with suppress(CompanyFault):
        return list(index_faults(folder, company(os.environ, folder)))
    return []


def _good(place: Place, kinds: int, workflows: int) -> str:
    tests = len(load_config(place.config_file).route_tests)
    tested = f" {counted(tests, 'route test')} passed." if tests else ""
    numbers = [counted(number, noun) for number, noun in ((kinds, "kind"), (workflows, "workflow")) if number]
    declared = f" {place.company} declares {' and '.join(numbers)}." if numbers else ""
    return f"{place.config_file} and {place.flags_file} are valid, and every secret is set.{tested}{declared}"
