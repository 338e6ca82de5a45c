"""The rows of the functions agree with each other, and with what cannot be derived from them."""

from collections.abc import Callable
from datetime import timedelta
from typing import get_args

import pytest

from functions.health.handler import handle as health
from functions.sweeper.handler import sweep
from opos.bundle.gateway import function_for, function_source
from opos.deploy.smoke import TESTS
from shared.events import Tick
from shared.ports.indexes import COLLECTIONS
from shared.ports.topology import (
    FUNCTIONS,
    PROBES,
    PUBLIC,
    PUSHED,
    ROWS,
    SUBSCRIPTIONS,
    TOPICS,
    FunctionName,
    called_by,
    deploy_order,
)
from shared.values.http import HttpRequest
from tests.support.fakes import FakeBus, FakeContext
from tests.support.project import ROOT


def test_the_names_in_opos_yaml_are_those_of_the_rows() -> None:
    assert get_args(FunctionName) == FUNCTIONS


def test_each_folder_of_functions_has_one_row() -> None:
    assert sorted(FUNCTIONS) == sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))
    assert {function_source(name).parent.name for name in FUNCTIONS} == set(FUNCTIONS)


def test_each_function_has_a_smoke_test() -> None:
    assert set(TESTS) == set(FUNCTIONS)


def test_pub_sub_calls_exactly_the_functions_that_subscribe() -> None:
    assert called_by("pubsub") == PUSHED


def test_no_path_leads_to_a_function_that_only_pub_sub_calls() -> None:
    assert [row.name for row in ROWS if row.routes and row.subscribes] == []


@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("/webhooks/stripe", "webhook_intake"),
        ("/ofrep/v1/evaluate/flags", "flag_evaluator"),
        ("/flags", "flag_evaluator"),
        ("/livez", "health"),
        ("/status.svg", "health"),
        ("/status.atom", "health"),
        ("/status.json", "health"),
        ("/statuses", "console"),
        ("/webhooksx", "console"),
        ("/", "console"),
        ("/alerts/1", "console"),
    ],
)
def test_a_path_leads_to_the_function_with_its_longest_prefix(path: str, function: str) -> None:
    assert function_for(path) == function


def test_a_deploy_renews_every_function_once_and_the_intake_last() -> None:
    order = deploy_order()
    assert sorted(order) == sorted(FUNCTIONS)
    assert order == (
        "alert_router", "record_keeper", "digest_sender", "sweeper", "console", "health", "flag_evaluator",
        "webhook_intake",
    )  # fmt: skip


def test_every_subscription_names_its_function() -> None:
    assert {subscription.function for subscription in SUBSCRIPTIONS} == set(PUSHED)
    assert [
        subscription.name for row in ROWS for subscription in row.subscribes if subscription.function != row.name
    ] == []


def test_functions_publish_to_topics_and_write_to_collections_that_exist() -> None:
    assert {topic for row in ROWS for topic in row.publishes} <= set(TOPICS)
    assert {collection for row in ROWS for collection in row.writes} <= set(COLLECTIONS)


class ObservedBus(FakeBus):
    """Counts its pings: on Pub/Sub each is a publish to PROBES, which needs a permission."""

    pings = 0

    def ping(self) -> None:
        self.pings += 1


@pytest.mark.parametrize(
    ("function", "run"),
    [
        ("sweeper", lambda context: sweep(Tick(), context)),
        ("health", lambda context: health(HttpRequest("GET", "/readyz"), context)),
    ],
)
def test_a_function_that_checks_the_bus_publishes_to_the_topic_of_the_probes(
    function: str, run: Callable[[FakeContext], object]
) -> None:
    bus = ObservedBus()
    run(FakeContext(bus=bus))
    assert bus.pings
    assert [row.name for row in ROWS if row.name == function and PROBES not in row.publishes] == []


def test_a_public_function_has_a_path() -> None:
    assert [row.name for row in ROWS if row.public and not row.routes] == []
    assert PUBLIC == ("webhook_intake", "flag_evaluator")


def test_the_wait_between_attempts_doubles_up_to_its_limit() -> None:
    (ticks,) = [subscription for subscription in SUBSCRIPTIONS if subscription.name == "sweeper-ticks"]
    assert [ticks.backoff(attempts) for attempts in (1, 2, 4)] == [timedelta(seconds=wait) for wait in (10, 20, 60)]
