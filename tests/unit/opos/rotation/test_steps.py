"""A rotation's steps, from every state that secrets can be in, wherever they are kept."""

import stat
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from functions.webhook_intake.authentication import live, proof
from opos.cloud.cloud_run import direct
from opos.cloud.gcloud import Gcloud, Missing
from opos.commands.secrets import command
from opos.rotation.deliveries import Deliveries, look
from opos.rotation.local_secrets import Files, Shell, local
from opos.rotation.secret_manager import Manager
from opos.rotation.secret_store import Keeper
from opos.rotation.steps import CannotRotate, Rotation, Step
from shared.config.files.loader import missing_secrets
from shared.config.files.located_yaml import parse_yaml
from shared.config.sources import SchemeName, Source
from shared.errors import Unauthorized, Unavailable
from shared.events import day, iso
from shared.ports import Create
from shared.values.http import HttpRequest
from tests.support.configuration import parse_config
from tests.support.fakes import FakeStore
from tests.support.recording_gcloud.cloud import RecordedCloud
from tests.support.schemes import CASES, NOW, Case

HOUR = timedelta(hours=1)


def store_of(*signed_with: str, every: timedelta = HOUR) -> FakeStore:
    """A store with deliveries under these secrets, the last one *every* before NOW."""
    store = FakeStore()
    for number, name in enumerate(reversed(signed_with), start=1):
        at = NOW - every * number
        data = {"source": "hook", "signed_with": name, "received_at": iso(at), "day": day(at)}
        store.commit([Create(f"events/{number}", data)])
    return store


def rotation(keeper: Keeper, store: FakeStore | None = None, scheme: SchemeName = "github", **more: Any) -> Rotation:
    fields = {"quiet_for": 24 * HOUR, "given": None, **more}
    return Rotation("hook", scheme, "HOOK", "HOOK_OLD", keeper, store or FakeStore(), NOW, again="again", **fields)


def shell(step: Step, environment: Mapping[str, str]) -> dict[str, str]:
    """What a shell has in its environment after the lines that *step* tells."""
    lines = [line for line in step.done if line.startswith("export ")]
    script = "\n".join([*lines, "env -0"])
    told = subprocess.run(["bash", "-c", script], env=dict(environment), capture_output=True, text=True, check=True)
    return {
        name: value for name, _, value in (line.partition("=") for line in told.stdout.split("\0")) if "HOOK" in name
    }


def test_in_a_shell_one_start_makes_both_good() -> None:
    step = rotation(Shell({"HOOK": "o'ne"})).step()
    after = shell(step, {"HOOK": "o'ne"})
    assert (step.stage, after["HOOK_OLD"]) == ("renewed", "o'ne")
    assert len(after["HOOK"]) > 40
    assert "opos up" in step.next[0]


def test_in_a_shell_the_end_makes_the_old_one_the_new_one() -> None:
    environment = {"HOOK": "new", "HOOK_OLD": "old"}
    step = rotation(Shell(environment), store_of("HOOK"), quiet_for=HOUR).step()
    assert (step.stage, shell(step, environment)) == ("retired", {"HOOK": "new", "HOOK_OLD": "new"})


@pytest.mark.parametrize(
    ("signed_with", "stage", "said"),
    [
        ((), "waiting", "have it send a webhook"),
        (("", ""), "waiting", "have it send a webhook"),
        (("HOOK", ""), "waiting", "have it send a webhook"),
        (("HOOK_OLD",), "waiting", "have it send a webhook"),
        (("HOOK", "HOOK_OLD"), "waiting", "have it send a webhook"),
        (("HOOK_OLD", "HOOK", "HOOK"), "waiting", "wait another 1 h;"),
        (("HOOK_OLD", "HOOK", "HOOK", "HOOK"), "retired", "rotate_by: {HOOK: 2027-11-20}"),
        (("HOOK", "HOOK", "HOOK"), "waiting", "wait another 1 h;"),
        (("", "HOOK", "HOOK", "HOOK", "HOOK"), "retired", "rotate_by"),
        (("", "HOOK_OLD", "HOOK", "ANOTHER", "HOOK"), "retired", "rotate_by"),
    ],
)
def test_the_old_one_ends_when_no_delivery_has_needed_it_for_long(
    signed_with: tuple[str, ...], stage: str, said: str
) -> None:
    keeper = Shell({"HOOK": "new", "HOOK_OLD": "old"})
    step = rotation(keeper, store_of(*signed_with), quiet_for=4 * HOUR).step()
    assert (step.stage, said in "\n".join(step.next)) == (stage, True), step


def test_what_came_before_both_were_live_does_not_count() -> None:
    store = store_of("HOOK", "", "HOOK_OLD", "HOOK")
    deliveries = look(store, "hook", new="HOOK", old="HOOK_OLD", now=NOW)
    assert deliveries == Deliveries(1, NOW - HOUR, NOW - 2 * HOUR)
    assert look(store, "another", new="HOOK", old="HOOK_OLD", now=NOW) == Deliveries()


def test_a_sender_that_makes_its_secret_is_asked_for_it() -> None:
    step = rotation(Shell({"HOOK": "one"}), scheme="stripe").step()
    assert (step.stage, step.done) == ("value needed", [])
    assert "again --new-value-from-stdin" in step.next[-1]
    step = rotation(Shell({"HOOK": "one"}), scheme="stripe", given="whsec_two").step()
    assert shell(step, {"HOOK": "one"}) == {"HOOK": "whsec_two", "HOOK_OLD": "one"}


@pytest.mark.parametrize(
    ("environment", "given", "said"),
    [
        ({}, None, "expected HOOK to be set"),
        ({"HOOK": "one"}, "one", "expected a new value for HOOK"),
        ({"HOOK": "one", "HOOK_OLD": "zero"}, "two", "is under way"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_changed(
    environment: dict[str, str], given: str | None, said: str
) -> None:
    with pytest.raises(CannotRotate, match=said):
        rotation(Shell(environment), given=given).step()


def files(folder: Path, *, restarted: bool = True, **values: str) -> Files:
    for name, value in values.items():
        (folder / name).write_text(value)
    named = {f"{name}_FILE": str(folder / name) for name in ("HOOK", "HOOK_OLD")}
    keeper = local("HOOK", named, restarted=restarted)
    assert isinstance(keeper, Files)
    return keeper


def test_files_are_not_changed_under_a_bundle_that_may_not_know_the_old_one(tmp_path: Path) -> None:
    step = rotation(files(tmp_path, restarted=False, HOOK="one", HOOK_OLD="one")).step()
    assert (step.stage, (tmp_path / "HOOK").read_text()) == ("unknown", "one")
    assert step.next[-1] == "then: again --restarted"


def test_a_file_that_nobody_has_named_yet_is_made_beside_the_other_and_the_line_told(tmp_path: Path) -> None:
    (tmp_path / "HOOK").write_text("one\n")
    step = rotation(Files({"HOOK_FILE": str(tmp_path / "HOOK")}, restarted=True)).step()
    assert step.done == [f"HOOK_OLD: written to {tmp_path}/HOOK_OLD; export HOOK_OLD_FILE={tmp_path}/HOOK_OLD"]
    assert stat.S_IMODE((tmp_path / "HOOK_OLD").stat().st_mode) == 0o600
    assert rotation(Files({"HOOK_FILE": str(tmp_path / "HOOK")}, restarted=True)).step().stage == "unknown"


def test_a_command_that_dies_between_its_two_writes_goes_on_where_it_was(tmp_path: Path) -> None:
    keeper = files(tmp_path, HOOK="one")
    assert [rotation(keeper).step().stage for _ in range(2)] == ["copied", "renewed"]
    (tmp_path / "HOOK").write_text("one")  # as if the second write had not come
    assert rotation(keeper).step().stage == "renewed"
    assert (tmp_path / "HOOK_OLD").read_text() == "one" != (tmp_path / "HOOK").read_text()


CONFIG = parse_config("""
owner: me@example.com
sources: {hook: {scheme: github, secrets: [HOOK, HOOK_OLD]}}
channels: {desk: {console: true}}
route: {channel: desk}
digest: {channel: desk}
""")
PLACEHOLDER = "--image=us-docker.pkg.dev/cloudrun/container/hello:latest"


class Cloud:
    """The recording gcloud, first on PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.recorded = RecordedCloud(folder, CONFIG)
        for name, value in self.recorded.environment.items():
            monkeypatch.setenv(name, value)
        self.gcloud = Gcloud(self.recorded.project, self.recorded.region)
        self.keeper = Manager(self.gcloud, "production")

    def set(self, **secrets: str | None) -> None:
        for name, value in secrets.items():
            versions = [{"number": "1", "state": "ENABLED", "value": value, "created": 0.0}] if value else []
            self.recorded.change(lambda state, n=name, v=versions: state["secrets"].update({n: {"versions": v}}))

    def serve(self, *secrets: str) -> None:
        """A new revision of the intake, which takes all the traffic."""
        read = ",".join(f"{name}={name}:latest" for name in secrets)
        self.gcloud.regional("run", "deploy", "webhook-intake", PLACEHOLDER, f"--set-secrets={read}")

    def versions(self, name: str) -> list[tuple[str, str]]:
        return [(version["value"], version["state"]) for version in self.recorded.state["secrets"][name]["versions"]]


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    return Cloud(tmp_path / "cloud", monkeypatch)


def test_in_the_cloud_nothing_new_is_set_before_every_revision_that_serves_knows_both(cloud: Cloud) -> None:
    cloud.set(HOOK="one", HOOK_OLD=None)
    cloud.serve("HOOK")
    before = next(iter(cloud.recorded.traffic("webhook-intake")))
    step = rotation(cloud.keeper).step()
    assert (step.stage, cloud.versions("HOOK_OLD")) == ("copied", [("one", "ENABLED")])
    assert step.next[0].startswith("opos deploy --target production --only webhook_intake")
    assert rotation(cloud.keeper).step().stage == "unknown"
    cloud.serve("HOOK", "HOOK_OLD")
    after = next(iter(cloud.recorded.traffic("webhook-intake")))
    direct("webhook_intake", {before: 90, after: 10}, cloud.gcloud)
    assert rotation(cloud.keeper).step().stage == "unknown"
    assert cloud.versions("HOOK") == [("one", "ENABLED")]
    direct("webhook_intake", {after: 100}, cloud.gcloud)
    assert rotation(cloud.keeper).step().stage == "renewed"
    assert [state for _, state in cloud.versions("HOOK")] == ["ENABLED", "ENABLED"]
    assert rotation(cloud.keeper, store_of("HOOK_OLD", "HOOK")).step().stage == "waiting"


def test_in_the_cloud_the_end_disables_every_version_that_holds_the_old_one(cloud: Cloud) -> None:
    cloud.set(HOOK="one", HOOK_OLD="one")
    cloud.serve("HOOK", "HOOK_OLD")
    assert rotation(cloud.keeper, given="two").step().stage == "renewed"
    step = rotation(cloud.keeper, store_of("HOOK"), quiet_for=HOUR).step()
    assert step.stage == "retired"
    for name in ("HOOK", "HOOK_OLD"):
        held = cloud.versions(name)
        assert held[-1] == ("two", "ENABLED")
        assert {state for value, state in held if value == "one"} == {"DISABLED"}


def test_in_the_cloud_a_rotation_begins_also_where_the_old_one_was_disabled(cloud: Cloud) -> None:
    cloud.set(HOOK="one", HOOK_OLD="zero")
    cloud.gcloud.text("secrets", "versions", "disable", "1", "--secret=HOOK_OLD")
    assert rotation(cloud.keeper).step().stage == "copied"
    assert cloud.versions("HOOK_OLD")[-1] == ("one", "ENABLED")


def test_a_secret_that_the_cloud_does_not_have_names_what_makes_it(cloud: Cloud) -> None:
    cloud.set(HOOK="one")
    cloud.recorded.drop_secret("HOOK_OLD")
    with pytest.raises(Missing) as fault:
        rotation(cloud.keeper).step()
    assert "HOOK_OLD" in fault.value.message
    assert "pulumi up" in str(fault.value.hint)


def test_no_value_is_an_argument_of_a_call(cloud: Cloud) -> None:
    cloud.set(HOOK="the-present-one", HOOK_OLD=None)
    rotation(cloud.keeper).step()
    cloud.serve("HOOK", "HOOK_OLD")
    rotation(cloud.keeper, given="the-next-one").step()
    assert len(cloud.versions("HOOK")) == 2
    words = " ".join(word for call in cloud.recorded.calls for word in call["argv"])
    assert [value for value in ("the-present-one", "the-next-one") if value in words] == []


class Secrets:
    """As much of a Context as the proof asks for."""

    now = NOW

    def __init__(self, **values: str) -> None:
        self.values = values

    def secret(self, name: str) -> str:
        if name not in self.values:
            raise Unavailable(f"The secret {name} is not set.")
        return self.values[name]


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.name.startswith("hmac")], ids=lambda case: case.name
)
def test_the_intake_notes_which_of_two_different_secrets_proves_a_request(case: Case) -> None:
    scheme: Any = case.name
    source = Source(scheme=scheme, secrets=("HOOK", "HOOK_OLD"))

    def signed_with(secret: str, **values: str) -> str:
        body = case.body.replace(b'"routing_key": "new"', f'"routing_key": "{secret}"'.encode())
        headers = case.scheme.sign(body, secret, now=NOW, delivery="d1", event_type="t")
        context: Any = Secrets(**values)
        return proof(source, HttpRequest("POST", "/webhooks/hook", headers, {}, body), context)

    new, old = case.secret, case.other_secret
    assert signed_with(new, HOOK=new, HOOK_OLD=old) == "HOOK"
    assert signed_with(old, HOOK=new, HOOK_OLD=old) == "HOOK_OLD"
    assert signed_with(new, HOOK=new, HOOK_OLD=new) == ""
    assert signed_with(new, HOOK=new) == ""
    with pytest.raises(Unauthorized):
        signed_with(old, HOOK=new)


def test_only_the_old_one_of_a_pair_may_be_unset() -> None:
    context: Any = Secrets(HOOK="one", HOOK_OLD="two")
    assert live(("HOOK", "HOOK_OLD"), context) == {"HOOK": "one", "HOOK_OLD": "two"}
    for names, values in (
        (("HOOK", "ORG"), {"HOOK": "one"}),
        (("HOOK", "HOOK_OLD"), {"HOOK_OLD": "two"}),
        (("A_OLD",), {}),
    ):
        context = Secrets(**values)
        with pytest.raises(Unavailable):
            live(names, context)


@pytest.mark.parametrize(
    ("names", "environment", "faults"),
    [
        ("HOOK, HOOK_OLD", {"HOOK": "x"}, []),
        ("HOOK, HOOK_OLD", {"HOOK_OLD": "x"}, ["HOOK"]),
        ("HOOK, HOOK_OLD", {}, ["HOOK", "HOOK_OLD"]),
        ("HOOK, ORG", {"HOOK": "x"}, ["ORG"]),
        ("HOOK_OLD", {}, ["HOOK_OLD"]),
    ],
)
def test_verify_misses_an_old_secret_only_where_no_other_is_set(
    names: str, environment: dict[str, str], faults: list[str]
) -> None:
    text = f"""
owner: me@example.com
sources: {{hook: {{scheme: github, secrets: [{names}]}}}}
heartbeats: {{job: {{secrets: [{names}]}}}}
channels: {{desk: {{console: true}}}}
route: {{channel: desk}}
digest: {{channel: desk}}
"""
    missing = missing_secrets(parse_config(text), parse_yaml(text, "opos.yaml"), environment)
    assert sorted(fault.expected for fault in missing) == sorted(
        2 * [f"the secret {name} to be set" for name in faults]
    )


def test_the_command_wants_the_old_name_beside_the_present_one(tmp_path: Path) -> None:
    file = tmp_path / "opos.yaml"
    file.write_text(
        "owner: me@example.com\nsources:\n  hook: {scheme: github, secrets: [HOOK, ORG]}\n"
        "channels: {desk: {console: true}}\nroute: {channel: desk}\ndigest: {channel: desk}\n"
    )
    (tmp_path / "opos.db").touch()
    done = CliRunner().invoke(command, ["rotate", "hook", "--config", str(file), "--data", str(tmp_path)])
    assert done.exit_code == 2
    assert "opos.yaml:3: expected HOOK_OLD after HOOK" in done.stderr
    assert "secrets: [HOOK, HOOK_OLD, ORG]" in done.stderr
