"""Who may do what. tests/rights.txt has all of it for the sample, to be read by whoever changes it."""

from pathlib import Path
from typing import Any

import pytest

from infra.tests.recording import NUMBER, Bundle, Recorded
from infra.tests.rules import project
from opos.cloud.declared import (
    BUILDER,
    BUILDER_ROLES,
    CALLERS,
    DEPLOYER,
    DEPLOYER_ROLES,
    PUBLISHES,
    PUSHER,
    TESTER,
    account,
    secrets,
    service,
)  # fmt: skip
from shared.config.files.loader import load_config
from shared.ports.topology import FUNCTIONS, SUBSCRIPTIONS

Right = tuple[str, str, str]
"""Who, which role, on what."""
RESOURCES = {
    "projects/iAMMember:IAMMember": ("project", "project"),
    "pubsub/topicIAMMember:TopicIAMMember": ("topic", "topic"),
    "pubsub/subscriptionIAMMember:SubscriptionIAMMember": ("subscription", "subscription"),
    "secretmanager/secretIamMember:SecretIamMember": ("secret", "secretId"),
    "cloudrunv2/serviceIamMember:ServiceIamMember": ("service", "name"),
    "serviceaccount/iAMMember:IAMMember": ("account", "serviceAccountId"),
}
SAMPLE = load_config(Path(__file__).parent / "opos.yaml")
OPERATORS = ("user:me@example.com", "user:first.engineer@example.com")
APPROVER = "roles/cloudbuild.builds.approver"


def granted(bundle: Bundle) -> set[Right]:
    permissions = {_right(resource, bundle) for resource in bundle.of(*RESOURCES)}
    assert len(permissions) == sum("role" in resource.inputs for resource in bundle.resources), (
        "a right of a kind that is not known here"
    )
    return permissions


def of(who: str, bundle: Bundle) -> set[tuple[str, str]]:
    return {(role, on) for member, role, on in granted(bundle) if member == f"serviceAccount:{account(who, 'PROJECT')}"}


def _right(resource: Recorded, bundle: Bundle) -> Right:
    kind, key = RESOURCES[resource.type.removeprefix("gcp:")]
    on = resource.inputs[key].rpartition("/")[2] if kind == "account" else resource.inputs[key]
    text = " ".join((resource.inputs["member"], resource.inputs["role"], f"{kind}:{on}"))
    who, role, on = text.replace(project(bundle), "PROJECT").replace(NUMBER, "NUMBER").split(" ")
    return who, role, on


def test_all_rights_are_those_written_down_and_nothing_is_spare(bundle: Bundle, target: str) -> None:
    lines = (Path(__file__).parent / "rights.txt").read_text().splitlines()
    written = {tuple(line.split()) for line in lines if line and not line.startswith("#")}
    expected = {right for right in written if target == "production" or right[1] != APPROVER}
    actual: Any = granted(bundle)
    assert actual == expected, "if this is meant, write it into infra/tests/rights.txt"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_is_declared_of_it_alone(function: str, bundle: Bundle) -> None:
    store = {("roles/datastore.user", "project:PROJECT")}
    publishes = {("roles/pubsub.publisher", f"topic:{topic}") for topic in PUBLISHES.get(function, ())}
    reads = {("roles/secretmanager.secretAccessor", f"secret:{name}") for name in secrets(SAMPLE)[function]}
    assert of(function, bundle) == store | publishes | reads


@pytest.mark.parametrize("function", sorted(CALLERS))
def test_a_function_that_is_not_public_is_called_by_whom_it_is_declared_for(function: str, bundle: Bundle) -> None:
    callers = {f"serviceAccount:{account(name, 'PROJECT')}" for name in CALLERS[function]}
    if function == "console":
        callers |= set(OPERATORS)
    if function == "health":
        callers |= {"serviceAccount:service-NUMBER@gcp-sa-monitoring-notification.iam.gserviceaccount.com"}
    on = f"service:{service(function)}"
    assert {who for who, role, where in granted(bundle) if (role, where) == ("roles/run.invoker", on)} == callers


def test_the_deployer_reads_the_secret_of_the_smoke_test_and_no_other(bundle: Bundle) -> None:
    read = {on for role, on in of(DEPLOYER, bundle) if role == "roles/secretmanager.secretAccessor"}
    assert read == {"secret:SMOKE_SECRET"}


def test_the_deployer_acts_as_the_functions_and_the_builder_and_has_its_roles(bundle: Bundle) -> None:
    acts_as = {on for role, on in of(DEPLOYER, bundle) if role == "roles/iam.serviceAccountUser"}
    assert acts_as == {f"account:{account(name, 'PROJECT')}" for name in (*FUNCTIONS, BUILDER)}
    assert {role for role, on in of(DEPLOYER, bundle) if on == "project:PROJECT"} == set(DEPLOYER_ROLES)


def test_the_builder_and_the_pusher_have_nothing_else(bundle: Bundle) -> None:
    assert of(BUILDER, bundle) == {(role, "project:PROJECT") for role in BUILDER_ROLES}
    pushed = {subscription.function for subscription in SUBSCRIPTIONS}
    assert of(PUSHER, bundle) == {("roles/run.invoker", f"service:{service(name)}") for name in pushed}


def test_the_tests_may_write_logs_and_nothing_else(bundle: Bundle) -> None:
    assert of(TESTER, bundle) == {("roles/logging.logWriter", "project:PROJECT")}
    on = f"account:{account(TESTER, 'PROJECT')}"
    assert [right for right in granted(bundle) if right[2] == on] == []


def test_pub_sub_may_take_from_each_subscription_that_has_dead_letters(bundle: Bundle) -> None:
    agent = "serviceAccount:service-NUMBER@gcp-sa-pubsub.iam.gserviceaccount.com"
    takes = {on for who, role, on in granted(bundle) if (who, role) == (agent, "roles/pubsub.subscriber")}
    assert takes == {f"subscription:{subscription.name}" for subscription in SUBSCRIPTIONS if subscription.dead_letters}
    assert (agent, "roles/pubsub.publisher", "topic:dead-letters") in granted(bundle)
