"""Services, secrets, images, alarms, and who deploys."""

from pathlib import Path

import pulumi
import pytest

from infra import build_trigger
from infra.tests import recording
from infra.tests.recording import Bundle, Recorded
from infra.tests.rules import project
from opos.cloud.declared import APIS, DEPLOYER, TESTER, account, all_secrets, audience, service
from shared.config.files.loader import load_config
from shared.ports.topology import FUNCTIONS

SAMPLE = load_config(recording.SAMPLE)


def test_what_a_deploy_changes_is_left_alone(bundle: Bundle) -> None:
    for resource in bundle.of("cloudrunv2/service:Service"):
        assert {"template", "traffics", "client", "clientVersion"} <= resource.ignored


def test_each_service_knows_the_audience_of_its_callers(bundle: Bundle) -> None:
    declared = {
        resource.inputs["name"]: resource.inputs["customAudiences"]
        for resource in bundle.of("cloudrunv2/service:Service")
    }
    assert declared == {service(function): [audience(function)] for function in FUNCTIONS}


def test_a_service_begins_with_the_size_that_its_function_is_given(bundle: Bundle) -> None:
    declared = {resource.name: resource.inputs["template"] for resource in bundle.of("cloudrunv2/service:Service")}
    given, default = declared["alert_router"], declared["console"]
    assert given["scaling"] == {"minInstanceCount": 1, "maxInstanceCount": 4}
    assert given["maxInstanceRequestConcurrency"] == 8
    assert given["containers"][0]["resources"]["limits"]["memory"] == "1Gi"
    assert default["scaling"] == {"minInstanceCount": 0, "maxInstanceCount": 10}


def test_each_secret_has_a_name_and_a_place_and_no_value(bundle: Bundle, target: str) -> None:
    secrets = bundle.of("secretmanager/secret:Secret")
    region = {"staging": "europe-west1", "production": "europe-west3"}[target]
    assert {resource.inputs["secretId"] for resource in secrets} == set(all_secrets(SAMPLE))
    assert all(resource.protected for resource in secrets)
    assert all(
        resource.inputs["replication"]["userManaged"]["replicas"] == [{"location": region}] for resource in secrets
    )
    assert not [resource.type for resource in bundle.resources if "secretversion" in resource.type.lower()]


def test_every_declared_api_is_switched_on_and_stays_on(bundle: Bundle) -> None:
    declared = bundle.of("projects/service:Service")
    assert sorted(resource.inputs["service"] for resource in declared) == sorted(APIS)
    assert all(resource.inputs["disableOnDestroy"] is False for resource in declared)


def test_the_last_ten_images_are_kept_and_old_untagged_ones_are_not(bundle: Bundle) -> None:
    (repository,) = bundle.of("artifactregistry/repository:Repository")
    kept, deleted = repository.inputs["cleanupPolicies"]
    assert (kept["action"], kept["mostRecentVersions"]) == ("KEEP", {"keepCount": 10})
    assert deleted["action"] == "DELETE"
    assert deleted["condition"] == {"tagState": "UNTAGGED", "olderThan": f"{30 * 86400}s"}


def test_google_asks_whether_the_bundle_is_ready_and_proves_who_asks(bundle: Bundle) -> None:
    (check,) = bundle.of("monitoring/uptimeCheckConfig:UptimeCheckConfig")
    assert check.inputs["httpCheck"]["path"] == "/health"
    assert check.inputs["httpCheck"]["serviceAgentAuthentication"] == {"type": "OIDC_TOKEN"}
    assert check.inputs["monitoredResource"]["labels"]["host"].startswith("health-")
    policies = bundle.of("monitoring/alertPolicy:AlertPolicy")
    filters = [resource.inputs["conditions"][0]["conditionThreshold"]["filter"] for resource in policies]
    assert any('metric.labels.check_id="ready-check"' in each for each in filters)


@pytest.mark.parametrize(("name", "address"), [("staging", "me@example.com"), ("production", "pager@example.com")])
def test_alarms_go_to_whom_the_target_names_or_else_to_the_owner(name: str, address: str) -> None:
    (channel,) = recording.run(name).of("monitoring/notificationChannel:NotificationChannel")
    assert channel.inputs["labels"] == {"email_address": address}


@pytest.mark.parametrize(("name", "amount"), [("staging", "10"), ("production", "25")])
def test_the_budget_is_the_targets_and_tells_at_a_half_nine_tenths_and_all(name: str, amount: str) -> None:
    (budget,) = recording.run(name).of("billing/budget:Budget")
    assert budget.inputs["amount"] == {"specifiedAmount": {"units": amount}}
    assert [resource["thresholdPercent"] for resource in budget.inputs["thresholdRules"]] == [0.5, 0.9, 1.0]
    assert budget.inputs["budgetFilter"] == {"projects": [f"projects/{recording.NUMBER}"]}


def test_each_metric_declares_the_labels_that_it_takes_from_a_line(bundle: Bundle) -> None:
    declared = bundle.of("logging/metric:Metric")
    assert {resource.inputs["name"] for resource in declared} == {"opos-errors", "opos-5xx", "opos-rejected"}
    for resource in declared:
        assert {label["key"] for label in resource.inputs["metricDescriptor"]["labels"]} == set(
            resource.inputs["labelExtractors"]
        )


def triggers(bundle: Bundle) -> tuple[Recorded, Recorded]:
    tests, deploy = sorted(bundle.of("cloudbuild/trigger:Trigger"), key=lambda trigger: trigger.name, reverse=True)
    return tests, deploy


def test_main_goes_to_staging_and_an_approved_tag_to_production(bundle: Bundle, target: str) -> None:
    tests, deploy = triggers(bundle)
    push = {"staging": {"branch": "^main$"}, "production": {"tag": "^v.*"}}[target]
    for trigger in (tests, deploy):
        assert trigger.inputs["repositoryEventConfig"] == {"repository": recording.REPOSITORY, "push": push}
    assert deploy.inputs["approvalConfig"] == {"approvalRequired": target == "production"}
    assert "approvalConfig" not in tests.inputs


def test_the_tests_run_without_permissions_and_the_deploy_waits_for_them(bundle: Bundle, target: str) -> None:
    tests, deploy = triggers(bundle)
    digest = {"_CLI_DIGEST": f"sha256:{'a' * 64}"}
    assert tests.inputs["serviceAccount"].endswith(f"/{account(TESTER, project(bundle))}")
    assert (tests.inputs["filename"], tests.inputs["substitutions"]) == ("cloudbuild.yaml", digest)
    assert deploy.inputs["serviceAccount"].endswith(f"/{account(DEPLOYER, project(bundle))}")
    assert deploy.inputs["filename"] == "cloudbuild.deploy.yaml"
    assert deploy.inputs["substitutions"] == {**digest, "_TARGET": target, "_TESTS": "the id of test"}


def test_an_image_without_a_recorded_digest_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "opos.yaml").write_bytes(recording.SAMPLE.read_bytes())
    monkeypatch.setenv("OPOS_CONFIG", str(tmp_path / "opos.yaml"))
    with pytest.raises(pulumi.RunError, match=r"expected the digest of .*google-cloud-cli:emulators"):
        build_trigger._digest()
    (tmp_path / "images.lock").write_text("gcr.io/k8s-skaffold/pack latest\n")
    with pytest.raises(pulumi.RunError, match=r"images\.lock:1: expected an image and its sha256 digest"):
        build_trigger._digest()


def test_without_a_repository_nothing_deploys_by_itself(target: str) -> None:
    bundle = recording.run(target)
    assert bundle.of("cloudbuild/trigger:Trigger") == []
    assert not [
        resource for resource in bundle.resources if resource.inputs.get("role") == "roles/cloudbuild.builds.approver"
    ]


def test_the_stack_tells_the_addresses_and_the_accounts(bundle: Bundle) -> None:
    assert set(bundle.exports["urls"]) == set(FUNCTIONS)
    assert bundle.exports["accounts"][DEPLOYER] == account(DEPLOYER, project(bundle))


def test_all_that_holds_data_is_in_the_targets_region(bundle: Bundle, target: str) -> None:
    region = {"staging": "europe-west1", "production": "europe-west3"}[target]
    assert {resource.inputs["locationId"] for resource in bundle.of("firestore/database:Database")} == {region}
    for resource in bundle.of("pubsub/topic:Topic"):
        assert resource.inputs["messageStoragePolicy"] == {"allowedPersistenceRegions": [region]}
    placed = bundle.of("cloudrunv2/service:Service", "artifactregistry/repository:Repository")
    assert {resource.inputs["location"] for resource in placed} == {region}


def test_everything_is_in_the_targets_project(bundle: Bundle, target: str) -> None:
    assert {resource.inputs["project"] for resource in bundle.resources if "project" in resource.inputs} == {
        f"example-{target}"
    }
