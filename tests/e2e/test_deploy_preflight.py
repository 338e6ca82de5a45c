"""The preflight of a deploy: each problem is named with its fix, and nothing is changed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from opos.cloud import declared
from opos.commands.deploy import _rehearse
from opos.deploy.check import Check
from opos.deploy.preflight import preflight
from shared.ports.topology import FUNCTIONS
from tests.e2e.test_deploy import run
from tests.support.deploy_target import CONFIG, Site, site
from tests.support.identity_provider import provider

PROJECT = "my-company-staging"
ROUTER = f"serviceAccount:{declared.account('alert_router', PROJECT)}"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with provider() as identities, site(tmp_path, identities) as place:
        yield place


def wrong(here: Site) -> dict[str, Check]:
    checks = preflight(here.ground(), dirty=True, untested=True)
    return {check.name: check for check in checks if check.ok is False}


def test_a_project_as_it_is_declared_has_nothing_wrong(here: Site) -> None:
    assert wrong(here) == {}


def declare(here: Site, code: str) -> None:
    (here.folder / "company").mkdir()
    (here.folder / "company/records.py").write_text(f"from shared.records import Record\n{code}\n")


FAULTS: dict[str, tuple[Callable[[Site], object], str, str, str]] = {
    "an API is off": (
        lambda here: here.cloud.disable_api("cloudscheduler.googleapis.com"),
        "APIs", "disabled: cloudscheduler.googleapis.com", "pulumi up",
    ),
    "a secret has no value": (
        lambda here: here.cloud.drop_secret("SHOP_SECRET"),
        "secret SHOP_SECRET", "does not exist", "gcloud secrets versions add SHOP_SECRET --data-file=-",
    ),
    "a function may not read its secret": (
        lambda here: here.cloud.revoke("secrets/OPOS_SIGNING_KEY", declared.SECRET_ROLE, ROUTER),
        "secret OPOS_SIGNING_KEY", "alert_router lacks roles/secretmanager.secretAccessor", "pulumi up",
    ),
    "a function may read another's secret": (
        lambda here: here.cloud.grant("secrets/SHOP_SECRET", declared.SECRET_ROLE, ROUTER),
        "secret SHOP_SECRET", "alert_router has roles/secretmanager.secretAccessor, which it does not need", "pulumi up",
    ),
    "a function may do more than it must": (
        lambda here: here.cloud.grant("project", "roles/editor", ROUTER),
        "permissions on the project", "alert_router has roles/editor, which it does not need", "pulumi up",
    ),
    "a function may not write to its topic": (
        lambda here: here.cloud.revoke("topics/digests", declared.PUBLISH_ROLE, ROUTER),
        "topic digests", "alert_router lacks roles/pubsub.publisher", "pulumi up",
    ),
    "anyone may call what is not public": (
        lambda here: here.cloud.grant("services/sweeper", declared.INVOKE_ROLE, "allUsers"),
        "service sweeper", "anyone may call it", "pulumi up",
    ),
    "Pub/Sub may not call the router": (
        lambda here: here.cloud.revoke("services/alert-router", declared.INVOKE_ROLE),
        "service alert-router", "may not be called by serviceAccount:opos-push@", "pulumi up",
    ),
    "you may not impersonate the caller": (
        lambda here: here.cloud.deny("iam.serviceAccounts.getAccessToken"),
        "identity of opos-push", "getAccessToken", "roles/iam.serviceAccountTokenCreator",
    ),
    "nobody is signed in": (lambda here: here.cloud.sign_out(), "signed in", "nobody", "gcloud auth login"),
    "the quota is too small": (
        lambda here: here.cloud.change(lambda state: state["quotas"].update(CpuAllocPerProjectRegion=20_000)),
        "quota", "up to 80 CPUs needed, 20 granted", "Lower max_instances",
    ),
    "a kind cannot work": (
        lambda here: declare(here, 'class Note(Record, kind="note", keep_days=0): text: str'),
        "company/", "company/records.py:2: note: expected keep_days to be 1 or more; found 0", "opos verify --note",
    ),
    "a kind was not noted": (
        lambda here: declare(here, 'class Note(Record, kind="note"): text: str'),
        "company/", "note: expected version 1 of note in schema.json; found none", "Commit company/schema.json",
    ),
    "the synthetic event would wake somebody": (
        lambda here: here.config_file.write_text(
            CONFIG.replace("channels: {desk: {console: true}}", "channels: {desk: {console: true}, phone: {ntfy: PHONE_URL}}")
            .replace("route: {channel: desk}", "route: {channel: desk, escalation: loud}")
            + "escalations: {loud: {levels: [{channel: phone, after: 10m}]}}\n"
        ),
        "deploy.smoke", "alerts of smoke go to phone", "an escalation on the console",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_problem_is_named_with_its_fix(name: str, here: Site) -> None:
    make, check, said, fix = FAULTS[name]
    make(here)
    failed = wrong(here)[check]
    assert said in failed.said
    assert fix in failed.fix


def test_all_faults_are_named_at_once(here: Site) -> None:
    here.cloud.disable_api("cloudscheduler.googleapis.com")
    here.cloud.drop_secret("SHOP_SECRET")
    here.cloud.grant("project", "roles/editor", ROUTER)
    assert set(wrong(here)) == {"APIs", "secret SHOP_SECRET", "permissions on the project"}


def test_a_quota_that_google_does_not_tell_keeps_nobody_from_deploying(here: Site) -> None:
    here.cloud.deny("cloudquotas.quotas.get")
    assert wrong(here) == {}


def test_a_revision_that_trusts_cloud_run_must_not_be_called_by_anyone(here: Site) -> None:
    """The console was private, and is to be public: first the deploy, then the right."""
    run(here)
    here.config_file.write_text(
        CONFIG.replace("  bake:", "  public: [webhook_intake, flag_evaluator, console]\n  bake:")
    )
    assert wrong(here) == {}
    here.cloud.grant("services/console", declared.INVOKE_ROLE, "allUsers")
    assert "assumes that Cloud Run" in wrong(here)["service console"].said
    here.cloud.revoke("services/console", declared.INVOKE_ROLE, "allUsers")
    run(here)
    here.cloud.grant("services/console", declared.INVOKE_ROLE, "allUsers")
    assert wrong(here) == {}


def test_a_dry_run_shows_what_differs_from_what_runs_and_changes_nothing(
    here: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    run(here)
    here.config_file.write_text(f"{CONFIG}  functions: {{health: {{memory: 1Gi}}}}\n")
    capsys.readouterr()
    changed = [call for call in here.cloud.calls if call["mutates"]]
    _rehearse(here.ground(), FUNCTIONS, preflight(here.ground(), dirty=True, untested=True), as_json=False)
    said = capsys.readouterr().out
    assert "health: health-d1-" in said
    assert "  - memory 512Mi\n  + memory 1Gi" in said
    assert said.count("memory") == 2
    assert "to be built" in said
    assert [call for call in here.cloud.calls if call["mutates"]] == changed
