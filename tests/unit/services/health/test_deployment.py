"""The check of the last deployment."""

from datetime import timedelta
from typing import Any

import pytest

from shared.deployments import Deployment, to_doc
from shared.ports import Set
from shared.services.health.checks.deployment import last_deployment
from shared.values.timestamps import iso
from tests.support.fakes import FakeContext


def deployed(context: FakeContext, **more: Any) -> None:
    deployment = Deployment(**{
        "number": 7, "target": "production", "phase": "done", "by": "ann@example.com", "began_at": iso(context.now),
        "commit": "1234567890", **more,
    })  # fmt: skip
    context.store.commit([Set(deployment.path, to_doc(deployment))])


def test_without_a_deployment_there_is_no_result() -> None:
    assert last_deployment(FakeContext()) == []


def test_it_says_which_commit_runs_and_not_who_deployed_it() -> None:
    context = FakeContext()
    deployed(context)
    what, unfinished = last_deployment(context)
    assert (what.value, what.output) == (7, "1234567: done, started 09:00 (just now)")
    assert unfinished.status == "pass"


@pytest.mark.parametrize(
    ("phase", "age", "status"),
    [
        ("shift", timedelta(minutes=59), "pass"),
        ("shift", timedelta(hours=1), "warn"),
        ("back", timedelta(hours=2), "warn"),
        ("rolled_back", timedelta(days=2), "pass"),
        ("left", timedelta(days=2), "pass"),
    ],
)
def test_one_that_stays_unfinished_is_named(phase: str, age: timedelta, status: str) -> None:
    context = FakeContext()
    deployed(context, phase=phase, began_at=iso(context.now - age))
    unfinished = last_deployment(context)[-1]
    assert unfinished.status == status
    assert unfinished.failure == ("deployment-unfinished" if status == "warn" else "")
