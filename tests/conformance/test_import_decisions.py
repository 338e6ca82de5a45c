"""Uses Debian's amtool as the oracle for an imported alertmanager.yml: the same receivers for the same labels."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings

from opos.cli import main
from opos.importers.alertmanager.amtool import NotCompared
from opos.importers.alertmanager.decisions import Difference, compare
from tests.support import requirements as needs
from tests.support.alertmanager_files import FILES, imported, written
from tests.support.project import ROOT

pytestmark = needs.alertmanager

OWN = sorted((ROOT / "tests/data/alertmanager").glob("*.yml"))
CASES = sorted((ROOT.parent / "shared/cases/alertmanager-import").glob("*.yml"))
ONLY_NEWER = {"utf8.yml": "bad matcher format"}
"""Files that only a newer amtool than Debian's reads, and what it says."""


@pytest.mark.parametrize("file", [*OWN, *CASES], ids=lambda file: file.name)
def test_an_imported_file_decides_as_amtool_does(file: Path) -> None:
    if reason := ONLY_NEWER.get(file.name):
        with pytest.raises(NotCompared, match=f"cannot read the file.*{reason}"):
            compare(file, imported(file))
        return
    comparison = compare(file, imported(file), most=60)
    assert comparison.compared > len(imported(file).content.route.routes)
    assert list(comparison.differences) == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES)
def test_any_drawn_file_is_valid_and_decides_as_amtool_does(tmp_path: Path, content: Any) -> None:
    file = written(content, tmp_path / "alertmanager.yml")
    checked = subprocess.run(["amtool", "check-config", str(file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr + checked.stdout
    assert list(compare(file, imported(file), most=20).differences) == []


def test_a_tree_that_means_something_else_is_found_and_its_labels_are_named() -> None:
    (file,) = (path for path in OWN if path.name == "teams.yml")
    result = imported(file)
    routes = [route for route in result.sections["route"]["routes"] if 'code="0500"' not in route.get("matchers", ())]
    changed = {**result.sections, "route": {**result.sections["route"], "routes": routes}}
    differences = compare(file, replace(result, sections=changed), most=60).differences
    assert Difference({"code": "0500"}, "team X", "null") in differences
    assert all(difference.labels.get("code") == "0500" for difference in differences)


def test_where_amtool_cannot_read_the_receivers_it_reads_the_routes_alone(tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    receivers = "receivers: [{name: a, email_configs: [{to: me@example.com}]}, {name: b}]\n"
    file.write_text(
        "route: {receiver: a, routes: [{receiver: b, continue: yes, match: {x: yes}}, {match: {y: 1.10}}]}\n"
        + receivers
    )
    comparison = compare(file, imported(file))
    assert (comparison.differences, comparison.without_receivers) == ((), True)
    assert "amtool cannot read the receivers, so it read the routes alone" in next(iter(comparison))


def test_the_command_prints_how_much_it_compared(tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yml"
    file.write_text(
        "route: {receiver: a, routes: [{receiver: b, match: {x: 1.10}}]}\nreceivers: [{name: a}, {name: b}]\n"
    )
    done = CliRunner().invoke(main, ["import", str(file), "--check"])
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (0, "# check: 0 differences in 7 sets of labels")
