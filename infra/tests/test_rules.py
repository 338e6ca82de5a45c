"""The rules hold for both targets, and each can be broken: what it is there for makes it fail."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from infra import iam_policy as rights
from infra.cloud_run import make_services
from infra.target import Cloud
from infra.tests import recording, rules
from infra.tests.recording import Bundle
from opos.cloud.declared import CALLERS
from shared.ports.topology import FUNCTIONS, PUBLIC

Broken = Callable[[Bundle], list[str]]


def open_doors(bundle: Bundle) -> list[str]:
    """The sample says nothing of who is public: those are, then, that are by default."""
    return rules.open_doors(bundle, PUBLIC)


RULES: tuple[Broken, ...] = (
    rules.careless_pushes, rules.shared_identities, open_doors, rules.too_mighty, rules.too_early, rules.silent_alarms,
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds(rule: Broken, bundle: Bundle) -> None:
    assert rule(bundle) == []


def test_a_push_without_a_token_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gcp.pubsub, "SubscriptionPushConfigOidcTokenArgs", lambda **_: None)
    assert "alert-router: no token of opos-push" in rules.careless_pushes(recording.run("staging"))


@pytest.mark.parametrize(
    ("leaving", "fault"),
    [("retry_policy", "no back-off"), ("dead_letter_policy", "dead letters"), ("expiration_policy", "expires")],
)
def test_a_careless_push_is_noticed(leaving: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = gcp.pubsub.Subscription
    monkeypatch.setattr(gcp.pubsub, "Subscription", _without(real, leaving))
    assert f"alert-router: {fault}" in rules.careless_pushes(recording.run("staging"))


def test_two_functions_with_one_identity_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def shared(accounts: dict[str, gcp.serviceaccount.Account], cloud: Cloud) -> Any:
        return make_services({**accounts, "console": accounts["health"]}, cloud)

    monkeypatch.setattr("infra.stack.make_services", shared)
    assert rules.shared_identities(recording.run("staging")) == ["console", "health"]


def test_a_third_public_function_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.iam_policy.CALLERS", {**CALLERS, "console": (rights.ANYONE,)})
    assert open_doors(recording.run("staging")) == [str(("roles/run.invoker", "console"))]


def test_something_else_than_a_function_that_is_public_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    anyone = rights.Right("allAuthenticatedUsers", "roles/pubsub.publisher", "topic", "events")
    monkeypatch.setattr(rights, "_agents", lambda: [anyone])
    assert open_doors(recording.run("staging")) == [str(("roles/pubsub.publisher", None))]


def test_a_basic_role_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "STORE_ROLE", "roles/editor")
    assert len(rules.too_mighty(recording.run("staging"))) == len(FUNCTIONS)


def test_what_does_not_wait_for_its_api_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cloud, "needing", lambda self, *_, **__: pulumi.ResourceOptions(provider=self.provider))
    assert {"events", "tick", "console"} <= set(rules.too_early(recording.run("staging")))


def test_an_alarm_that_nobody_hears_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = gcp.monitoring.AlertPolicy
    monkeypatch.setattr(gcp.monitoring, "AlertPolicy", _without(real, "notification_channels"))
    assert len(rules.silent_alarms(recording.run("staging"))) == 3


def _without(real: Any, leaving: str) -> Any:
    return lambda urn_name, /, **settings: real(
        urn_name, **{key: value for key, value in settings.items() if key != leaving}
    )
