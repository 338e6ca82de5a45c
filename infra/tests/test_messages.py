"""Topics, and the tick: what Scheduler publishes is what the sweeper understands."""

import base64

from infra.tests.recording import Bundle
from shared.events import Tick
from shared.ports.topology import SUBSCRIPTIONS, TOPICS


def test_the_topics_are_those_of_the_topology(bundle: Bundle) -> None:
    assert sorted(topic.inputs["name"] for topic in bundle.of("pubsub/topic:Topic")) == sorted(TOPICS)


def test_each_subscription_is_as_patient_as_the_topology_says(bundle: Bundle) -> None:
    declared = {
        subscription.inputs["name"]: subscription.inputs
        for subscription in bundle.of("pubsub/subscription:Subscription")
    }
    for subscription in SUBSCRIPTIONS:
        waits = declared[subscription.name]["retryPolicy"]
        assert declared[subscription.name]["topic"] == subscription.topic
        assert waits["minimumBackoff"] == f"{subscription.min_backoff.seconds}s"
        assert waits["maximumBackoff"] == f"{subscription.max_backoff.seconds}s"


def test_what_nobody_took_is_kept_for_a_week(bundle: Bundle) -> None:
    for subscription in bundle.of("pubsub/subscription:Subscription"):
        assert subscription.inputs["messageRetentionDuration"] == f"{7 * 86400}s"
        assert subscription.inputs["ackDeadlineSeconds"] == 60


def test_the_tick_of_each_minute_holds_its_contract(bundle: Bundle) -> None:
    (job,) = bundle.of("cloudscheduler/job:Job")
    target = job.inputs["pubsubTarget"]
    assert job.inputs["schedule"] == "* * * * *"
    assert target["topicName"].endswith(f"/topics/{Tick.topic}")
    assert Tick.from_push(base64.b64decode(target["data"], validate=True), {}) == Tick()
