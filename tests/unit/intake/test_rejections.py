"""Rejections as counts: which place and reason each has, what of the caller is kept, and that they stay few."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.model import Config
from shared.errors import Malformed, MethodNotAllowed, NotFound, OposError, TooLarge, Unauthorized, Unavailable
from shared.events import iso
from shared.intake.rejections import (
    KEEP,
    LASTS,
    OTHER_PATHS,
    OTHER_PINGS,
    UNKNOWN_NAMES,
    Rejected,
    as_text,
    from_text,
    merged,
    network,
    rejected_sources,
    rejection,
)
from shared.values.http import HttpRequest
from tests.support.fakes import CONFIG, FakeClock

NOW = FakeClock().now()
KEY = {"scheme": "pagerduty-events", "secrets": ["KEY"]}
CONFIGURED = Config.model_validate(
    {**CONFIG, "heartbeats": {"backup": {}}, "sources": {**CONFIG["sources"], "pd": KEY}}
)  # type: ignore[dict-item]
UNAUTHORIZED = Unauthorized("no", failed="signature")


def count(place: str, reason: Any = "signature", times: int = 1, minutes: float = 0) -> Rejected:
    time = iso(NOW + timedelta(minutes=minutes))
    return Rejected(place, reason, times, time, time, "192.0.2.0/24")


@pytest.mark.parametrize(
    ("method", "path", "fault", "place", "words"),
    [
        ("POST", "/webhooks/github", UNAUTHORIZED, "github", "wrong signature"),
        ("POST", "/webhooks/github/", UNAUTHORIZED, "github", "wrong signature"),
        ("POST", "/webhooks/v2/enqueue", Unauthorized("no", failed="routing_key"), "pd", "wrong routing key"),
        ("POST", "/webhooks/ping/backup", Unauthorized("no", failed="token"), "ping/backup", "wrong token"),
        ("POST", "/webhooks/ping/other", NotFound("no"), OTHER_PINGS, "no such heartbeat"),
        ("POST", "/webhooks/Github", NotFound("no"), "Github", "no such source"),
        ("POST", "/webhooks/a/b", NotFound("no"), OTHER_PATHS, "no such source"),
        ("POST", "/webhooks", NotFound("no"), OTHER_PATHS, "no such source"),
        ("POST", "/webhooks/other", TooLarge("no"), OTHER_PATHS, "larger than 1 MiB"),
        ("POST", "/webhooks/github", Malformed("no"), "github", "incomplete or malformed"),
        ("PUT", "/webhooks/github", MethodNotAllowed("PUT", "POST"), "github", "method PUT"),
        ("<b>", "/webhooks/github", MethodNotAllowed("<b>", "POST"), "github", "method that HTTP does not define"),
        ("PUT", "/webhooks/ping/backup", MethodNotAllowed("PUT", "GET"), OTHER_PINGS, "method PUT"),
    ],
)
def test_a_rejection_has_a_place_and_a_reason(method: str, path: str, fault: OposError, place: str, words: str) -> None:
    counted = rejection(fault, HttpRequest(method, path, caller="198.51.100.9"), CONFIGURED, NOW)
    assert counted
    assert (counted.place, counted.words, counted.times, counted.network) == (place, words, 1, "198.51.100.0/24")


def test_a_fault_of_ours_is_no_rejection() -> None:
    assert rejection(Unavailable("no"), HttpRequest("POST", "/webhooks/github"), CONFIGURED, NOW) is None


@given(st.text(max_size=60))
def test_the_name_of_an_unknown_source_is_plain_and_short(name: str) -> None:
    counted = rejection(NotFound("no"), HttpRequest("POST", f"/webhooks/{name}"), CONFIGURED, NOW)
    assert counted
    assert counted.place == OTHER_PATHS or (counted.place.isascii() and counted.place.replace("-", "_").isidentifier())
    assert len(counted.place) <= 30


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.77", "203.0.113.0/24"), ("::ffff:203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3::9", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"), ("unknown", ""), ("", ""), ("203.0.113.77:443", ""), ("<script>", ""),
    ],
)  # fmt: skip
def test_of_an_address_only_the_network_is_kept(address: str, expected: str) -> None:
    assert network(address) == expected


def test_counts_of_a_place_and_a_reason_are_one_with_the_latest_time_and_detail() -> None:
    late = count("app", times=2, minutes=-1)._replace(detail="x")
    assert merged([late, count("app", times=3, minutes=-5), count("app", "token", minutes=-9)], NOW) == [
        count("app", "token", minutes=-9), late._replace(times=5, since=count("app", minutes=-5).since)
    ]  # fmt: skip


COUNTS = st.lists(
    st.builds(
        count, st.sampled_from(["app", "github", OTHER_PATHS, *(f"name{letter}" for letter in "abcdefghijklmnop")]),
        st.sampled_from(["signature", "unknown_source", "method"]), st.integers(1, 5), st.integers(-90, 0),
    ),
    max_size=60,
)  # fmt: skip


@given(COUNTS, COUNTS)
def test_a_merge_keeps_every_time_and_few_names_in_whatever_portions(
    counts: list[Rejected], more: list[Rejected]
) -> None:
    together = merged([*merged(counts, NOW), *merged(more, NOW)], NOW)
    assert sum(each.times for each in together) == sum(each.times for each in [*counts, *more])
    assert len({each.place for each in together if each.reason == "unknown_source"} - {OTHER_PATHS}) <= UNKNOWN_NAMES
    assert len({(each.place, each.reason) for each in together}) == len(together)
    assert merged(together, NOW) == together == from_text(as_text(together))


def test_a_count_is_forgotten_after_a_month_and_none_is_ahead_of_the_clock() -> None:
    old, ahead = count("app", minutes=-KEEP / timedelta(minutes=1)), count("github", minutes=9)
    assert merged([old, ahead], NOW) == [ahead._replace(last=iso(NOW))]


def test_a_source_is_rejected_until_it_is_accepted_or_for_a_day() -> None:
    last = count("app", minutes=-10)
    assert rejected_sources([last], {}, ["app"], NOW) == {"app": last}
    assert rejected_sources([last], {"app": iso(NOW - timedelta(minutes=11))}, ["app"], NOW) == {"app": last}
    assert rejected_sources([last], {"app": iso(NOW - timedelta(minutes=9))}, ["app"], NOW) == {}
    assert rejected_sources([last], {}, ["app"], NOW + LASTS) == {}
    assert rejected_sources([last, count("app", "method")], {}, ["other"], NOW) == {}
    assert (
        rejected_sources([count("app", reason) for reason in ("method", "malformed", "slow")], {}, ["app"], NOW) == {}
    )


def test_a_reason_of_a_later_release_is_shown_by_its_name() -> None:
    (later,) = from_text(json.dumps([["app", "moon_phase", 1, iso(NOW), iso(NOW), "", "full"]]))
    assert (later.words, later.advice) == ("moon_phase full", "")
    assert merged([later], NOW) == [later]
