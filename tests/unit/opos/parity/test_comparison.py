"""What differs between this machine, staging and production, and what is to be done about it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opos.cloud.gcloud import Gcloud
from opos.commands.verify import command
from opos.parity import cloud, tools
from opos.parity.comparison import compare
from opos.parity.table import Cell, Parity, Row
from opos.parity.tools import NoAnswer, output
from opos.terminal.options import Place
from shared.adapters.firestore.store import connect
from shared.config.deploy import Target
from shared.deployments import Deployment, to_doc
from shared.errors import Unavailable
from shared.ports import Set
from tests.support import emulators
from tests.support import requirements as needs
from tests.support.configuration import parse_config
from tests.support.fakes import FakeStore
from tests.support.recording_gcloud.cloud import RecordedCloud

CONFIG = """\
owner: me@example.com
sources:
  hook: {scheme: github, secrets: [HOOK, HOOK_OLD]}
  smoke: {scheme: standard-webhooks, secrets: [SMOKE]}
channels: {desk: {console: true}}
route: {channel: desk}
digest: {channel: desk}
"""
DEPLOY = "deploy: {smoke: smoke, targets: {staging: {project: PROJECT}}}\n"
SECRETS = ("HOOK", "HOOK_OLD", "OPOS_SIGNING_KEY", "SMOKE")


def played(folder: Path, project: str, monkeypatch: pytest.MonkeyPatch) -> RecordedCloud:
    """The recording gcloud, first on PATH."""
    gcloud = RecordedCloud(folder, parse_config(CONFIG), project=project)
    for name, value in gcloud.environment.items():
        monkeypatch.setenv(name, value)
    return gcloud


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedCloud:
    return played(tmp_path / "cloud", "my-company-staging", monkeypatch)


def looked(recorded: RecordedCloud, store: FakeStore | None = None) -> cloud.Facts:
    target = Target(project=recorded.project, region=recorded.region)
    return cloud.look("staging", target, SECRETS, store or FakeStore())


def deployed(phase: Any = "done", number: int = 1, **hashes: str) -> Set:
    deployment = Deployment(number, "staging", phase, "me", "2026-11-20T09:00:00Z", commit="1a2b3c4d5e", **hashes)
    return Set(deployment.path, to_doc(deployment))


def todo(cells: Mapping[str, Cell]) -> dict[str, str]:
    return {fact: cell.todo for fact, cell in cells.items() if cell.todo}


def test_a_target_shows_the_version_of_each_secret(recorded: RecordedCloud) -> None:
    assert {name: cell.said for name, cell in looked(recorded).secrets.items()} == dict.fromkeys(SECRETS, "version 1")


def test_a_secret_without_an_enabled_version_stops_a_deploy_and_says_how_to_add_one(recorded: RecordedCloud) -> None:
    recorded.drop_secret("HOOK")
    recorded.change(lambda state: state["secrets"]["SMOKE"]["versions"][0].update(state="DISABLED"))
    secrets = looked(recorded).secrets
    assert [name for name, cell in secrets.items() if cell.stops] == ["HOOK", "SMOKE"]
    assert secrets["SMOKE"].todo.endswith("(disabled)")
    assert secrets["HOOK"].todo.startswith(
        "gcloud secrets versions add HOOK --data-file=- --project=my-company-staging"
    )


def test_settings_are_those_of_what_runs(recorded: RecordedCloud) -> None:
    assert set(todo(looked(recorded).settings)) == {"store", "bus"}  # a placeholder runs
    Gcloud(recorded.project, recorded.region).regional(
        "run", "deploy", "webhook-intake", "--image=us-docker.pkg.dev/cloudrun/container/hello:latest",
        "--set-env-vars=OPOS_STORE=firestore,OPOS_BUS=local",
    )  # fmt: skip
    settings = looked(recorded).settings
    assert (settings["store"].said, todo(settings)) == (
        "firestore",
        {"bus": "expected OPOS_BUS=pubsub; `opos deploy` sets it"},
    )


def test_what_runs_is_the_last_deployment_that_was_finished(recorded: RecordedCloud) -> None:
    store = FakeStore()
    assert looked(recorded, store).files["opos.yaml"].said == "never deployed"
    store.commit([deployed(config="c" * 64, flags="f" * 64), deployed("rolled_back", 2, config="d" * 64)])
    facts = {fact: cell.said for fact, cell in looked(recorded, store).files.items()}
    assert facts == {"opos.yaml": "c" * 12, "flags.yaml": "f" * 12, "commit": "1a2b3c4"}


class Unreachable(FakeStore):
    def query(self, *_: Any, **__: Any) -> Any:
        raise Unavailable("Firestore did not answer.")


def test_a_store_that_does_not_answer_is_said_and_holds_nothing_up(recorded: RecordedCloud) -> None:
    assert looked(recorded, Unreachable()).files["commit"] == Cell("unknown", "the store did not answer")


def test_a_project_that_cannot_be_reached_is_asked_nothing_else(recorded: RecordedCloud) -> None:
    recorded.fail(matching="projects describe", text="PERMISSION_DENIED: no", always=True)
    facts = looked(recorded)
    assert (facts.project.stops, facts.secrets, len(recorded.calls)) == (True, {}, 1)
    assert (
        "my-company-staging cannot be reached: ERROR: (gcloud.projects.describe) PERMISSION_DENIED"
        in facts.project.todo
    )


def test_a_program_that_hangs_is_waited_for_a_few_seconds(
    recorded: RecordedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opos.parity.cloud.PATIENCE", 0.5)
    recorded.hang(seconds=3, matching="projects describe")
    todo = looked(recorded).project.todo
    assert todo.startswith("my-company-staging cannot be reached: `gcloud projects describe my-company-staging")
    assert todo.endswith("gave no answer within 0.5 s")


def test_a_program_that_is_not_there_or_fails_gives_no_answer_but_a_reason() -> None:
    with pytest.raises(NoAnswer, match="not installed"):
        output("no-such-program-of-ours")
    with pytest.raises(NoAnswer, match="exit code 1"):
        output("false")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "CLOUDSDK_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("FIRESTORE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS", *SECRETS):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    return tmp_path


def place(folder: Path) -> Place:
    return Place(folder, folder / "opos.yaml", folder / "flags.yaml")


def verify(*options: str) -> Result:
    return CliRunner().invoke(command, ["--env", *options])


def configured(folder: Path, project: str) -> None:
    (folder / "opos.yaml").write_text(CONFIG + DEPLOY.replace("PROJECT", project))


@pytest.mark.usefixtures("folder")
def test_without_targets_one_line_says_that_there_is_no_other_place() -> None:
    done = verify()
    assert (done.exit_code, done.output.splitlines()[0].split()) == (0, ["local"])
    assert done.output.endswith(
        "opos.yaml has no section `deploy:`, so there is no other environment to compare with.\n"
    )


def test_without_gcloud_the_cloud_is_not_looked_at_and_a_deploy_could_not_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(folder, "my-company-staging")
    monkeypatch.setenv("PATH", str(folder))
    done = verify()
    assert done.exit_code == 1
    assert "staging: not compared, because this machine cannot query Google Cloud." in done.output
    assert "gcloud, local: needed to deploy" in done.output


def test_whoever_is_not_signed_in_is_told_how_to(folder: Path, recorded: RecordedCloud) -> None:
    configured(folder, recorded.project)
    recorded.sign_out()
    done = verify()
    assert done.exit_code == 1
    assert "signed in, local: gcloud auth login\n" in done.output
    assert "staging: not compared" in done.output


def test_an_unset_secret_of_this_machine_is_named_and_stops_no_deploy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", "x")
    (folder / "smoke").write_text("y")
    monkeypatch.setenv("SMOKE_FILE", str(folder / "smoke"))
    rows = {row.fact: row for row in compare(place(folder)).rows}
    assert {name: rows[name].cells["local"].said for name in ("HOOK", "HOOK_OLD", "SMOKE")} == {
        "HOOK": "set", "HOOK_OLD": "unset, not required", "SMOKE": "in a file",
    }  # fmt: skip


def test_a_file_with_faults_is_wrong_configuration(folder: Path) -> None:
    (folder / "opos.yaml").write_text("owner: 7\n")
    done = verify()
    assert done.exit_code == 2
    assert "opos.yaml:1" in done.stderr


@needs.emulators
def test_the_places_stand_beside_each_other_with_what_differs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = emulators.new_project()
    host = emulators.running().firestore
    recorded = played(folder / "cloud", project, monkeypatch)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
    configured(folder, project)
    recorded.drop_secret("HOOK_OLD")
    flags = hashlib.sha256((folder / "flags.yaml").read_bytes()).hexdigest()
    connect(project, "(default)", host).commit([deployed(config="c" * 64, flags=flags)])
    done = verify()
    lines = {line[3:].split("  ")[0]: line for line in done.output.splitlines()}
    assert done.exit_code == 1
    assert lines["HOOK_OLD"].split() == ["!", "HOOK_OLD", "unset", "missing"]
    assert lines["flags.yaml"].split() == ["flags.yaml", flags[:12], flags[:12]]
    assert lines["opos.yaml"].startswith("~")
    assert "opos.yaml: differs from this machine; to deploy it: opos deploy --target staging" in done.output
    assert recorded.mutations == 0


def test_a_difference_matters_only_in_what_is_to_be_alike() -> None:
    cells = {"local": Cell("a"), "staging": Cell("b")}
    assert [Row("x", cells).mark, Row("x", cells, alike=True).mark] == [" ", "~"]
    assert list(Row("x", cells, alike=True, todo="fix it").advice()) == ["x: fix it"]


def test_the_document_says_the_same_as_the_table() -> None:
    rows = [Row("x", {"local": Cell("a"), "staging": Cell("b", "add it", stops=True)}), Row("y", {"local": Cell("c")})]
    parity = Parity(["local", "staging"], rows)
    assert parity.as_json()["rows"][0] == {
        "fact": "x", "places": {"local": "a", "staging": "b"}, "differs": False, "stops": True,
        "todo": ["x, staging: add it"],
    }  # fmt: skip
    assert parity.as_json()["ready"] is False
    assert parity.as_text().splitlines()[:3] == ["      local  staging", "!  x  a      b", "   y  c      -"]


def test_the_tools_of_this_machine_are_asked_for_their_versions() -> None:
    rows = {row.fact: row for row in tools.tools(["staging"])}
    assert rows["git"].cells["local"].said[0].isdigit()
    assert rows["python"].cells["staging"].said == "3.13"
    assert not any(cell.stops for cell in rows["pulumi"].cells.values())
