"""The public status page: the state of each part, and nothing that helps an attacker."""

import xml.etree.ElementTree as ET

import pytest

from functions.health.handler import handle
from functions.health.status import PARTS, parts
from shared.errors import NotFound
from shared.health.failures import FAILURES
from shared.health.report import Result
from shared.ports import Create
from shared.values.http import HttpRequest, HttpResponse
from tests.support.fakes import FakeContext
from tests.unit.functions.health.test_handler import with_health


def ask(context: FakeContext, path: str = "/status") -> HttpResponse:
    return handle(HttpRequest("GET", path), context)


@pytest.fixture
def public(context: FakeContext) -> FakeContext:
    context.config = with_health(status_page="Shop & Sons")
    return context


def test_there_is_no_page_unless_it_has_a_title(context: FakeContext) -> None:
    for path in ("/status", "/status.svg"):
        with pytest.raises(NotFound):
            ask(context, path)


def test_a_page_shows_the_state_of_each_part_and_may_be_cached(public: FakeContext) -> None:
    answer = ask(public)
    text = answer.body.decode()
    assert answer.headers["cache-control"] == "public, max-age=30"
    assert "Shop &amp; Sons" in text
    assert text.count("operational</strong>") == len(PARTS)


def test_it_shows_no_name_of_a_check_no_number_and_no_host(public: FakeContext) -> None:
    public.store.commit([Create("outbox/o", {"state": "failed"})])
    public.bus.down = True
    for path in ("/status", "/status.svg"):
        text = ask(public, path).body.decode()
        assert "down" in text
        secrets = (*FAILURES, "store", "bus", "outbox", "responseTime", "0.1.0", "desk")
        assert [word for word in secrets if word in text] == []


def test_the_badge_is_a_picture_of_the_worst_state(public: FakeContext) -> None:
    answer = ask(public, "/status.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    root = ET.fromstring(answer.body)  # noqa: S314  (our own)
    assert root.attrib["aria-label"] == "status: operational"


def test_however_often_the_page_is_read_the_checks_run_once_in_half_a_minute(public: FakeContext) -> None:
    for _ in range(20):
        ask(public)
    assert len([one for one in public.store.commits if one[0].path.startswith("probes/")]) == 1


@pytest.mark.parametrize("failure", [one for one in FAILURES if any(one in several for several in PARTS.values())])
def test_a_part_has_the_state_of_the_worst_failure_that_affects_it(failure: str) -> None:
    for status, state in (("fail", "down"), ("warn", "degraded"), ("pass", "operational")):
        found = parts([Result("x", "component", status, 1, "s", failure=failure)])  # type: ignore[arg-type]
        assert {name for name, one in found.items() if one == state} >= {
            name for name, several in PARTS.items() if failure in several
        }


def test_every_failure_of_a_part_exists() -> None:
    assert {one for several in PARTS.values() for one in several} <= set(FAILURES)
