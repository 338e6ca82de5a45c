"""Which target the stack is, and what one reads who got it wrong."""

from pathlib import Path

import pulumi
import pytest

from infra.target import choose
from infra.tests import recording


def test_the_stacks_name_chooses_the_target() -> None:
    chosen = choose("production")
    assert (chosen.name, chosen.target.project) == ("production", "example-production")


def test_a_stack_of_another_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(pulumi.RunError, match=r"named as a target .*\(staging, production\), found dev"):
        choose("dev")


def test_a_file_without_targets_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = recording.SAMPLE.read_text()
    (tmp_path / "opos.yaml").write_text(text[: text.index("deploy:")])
    monkeypatch.setenv("OPOS_CONFIG", str(tmp_path / "opos.yaml"))
    with pytest.raises(pulumi.RunError, match="expected a `deploy:` section"):
        choose("staging")


def test_a_fault_of_the_file_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "opos.yaml").write_text(recording.SAMPLE.read_text().replace("example-staging", "Example"))
    monkeypatch.setenv("OPOS_CONFIG", str(tmp_path / "opos.yaml"))
    with pytest.raises(
        pulumi.RunError, match=r"opos.yaml:\d+: deploy.targets.staging.project: expected a Google Cloud project ID"
    ):
        choose("staging")
