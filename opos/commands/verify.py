"""`opos verify`."""

import click

from opos.terminal.options import Place, json_option, with_place
from opos.terminal.output import FAILED, WRONG_USAGE, reports_errors, show
from shared.config.files.faults import Fault
from shared.config.files.loader import load_config
from shared.records.company_fault import CompanyFault
from shared.runtime.company import load_kinds
from shared.runtime.settings import DEFAULT_URL, Settings
from shared.values.text import counted
from shared.verification import mapping_errors, verify, warnings


@click.command("verify")
@click.option("--env", "places", is_flag=True, help="Compare this machine, staging and production instead.")
@with_place
@json_option
@reports_errors
def command(place: Place, *, places: bool, as_json: bool) -> None:
    """Check opos.yaml, flags.yaml and their secrets; report every configuration error with its file and line.

    A warning names what is valid but surely not meant, such as a route that no alert can match.

    With --env: compare tools, settings, secrets, access and deployments between the environments.
    """
    if places:
        _compare(place, as_json=as_json)
        return
    environment, unreadable = place.with_secrets()
    faults = [*unreadable, *verify(place.config_file, place.flags_file, environment), *_unfit_mappings(place)]
    doubts = warnings(place.config_file, environment, DEFAULT_URL)
    lines = [*map(str, faults), *([] if faults else [_good(place)]), *(f"warning: {doubt}" for doubt in doubts)]
    content = {"faults": [fault._asdict() for fault in faults], "warnings": [doubt._asdict() for doubt in doubts]}
    show(content, "\n".join(lines), as_json=as_json)
    if faults:
        raise SystemExit(WRONG_USAGE)


def _unfit_mappings(place: Place) -> list[Fault]:
    settings = Settings.from_environment(place.environment(), unreadable=lambda _faults: None)
    try:
        return mapping_errors(place.config_file, load_kinds(settings.company))
    except CompanyFault as fault:
        return [Fault(fault.file, fault.line, "", "code that opos can load", fault.message)]


def _compare(place: Place, *, as_json: bool) -> None:
    from opos.parity.comparison import compare

    comparison = compare(place)
    show(comparison.as_json(), comparison.as_text(), as_json=as_json)
    if comparison.stops:
        raise SystemExit(FAILED)


def _good(place: Place) -> str:
    tests = len(load_config(place.config_file).route_tests)
    tested = f" {counted(tests, 'route test')} passed." if tests else ""
    return f"{place.config_file} and {place.flags_file} are valid, and every secret is set.{tested}"
