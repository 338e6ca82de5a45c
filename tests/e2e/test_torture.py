"""The short form of the torture: see tests/torture."""

import pytest

from tests.support import requirements as needs
from tests.torture.digests import torture_digests
from tests.torture.run import Report, torture
from tests.torture.urgency import urgency

pytestmark = pytest.mark.slow


def assert_nothing_was_lost_or_done_twice(report: Report, *, kills: int) -> None:
    assert report.kills == kills
    assert report.sent.accepted == report.webhooks
    assert report.verdict.faults == {}
    assert report.verdict.criticals > 60
    assert report.verdict.dead_letters == 0


def test_nothing_accepted_is_lost_or_done_twice_while_the_bundle_is_killed_again_and_again() -> None:
    report = torture("embedded", 300, 8, pace=1.5, seed=7, limit=240)
    assert_nothing_was_lost_or_done_twice(report, kills=8)


@needs.emulators
def test_nothing_accepted_is_lost_or_done_twice_while_functions_are_killed_and_the_store_is_cut_off() -> None:
    report = torture("emulators", 300, 8, cut=6, pace=1.5, seed=7, limit=300)
    assert_nothing_was_lost_or_done_twice(report, kills=8)
    assert report.sent.answers["503"] > 0
    assert report.sent.slowest_refusal < 10  # 2 s, and what a busy machine adds; the library itself waits for a minute


@pytest.mark.parametrize("backend", ["embedded", pytest.param("emulators", marks=needs.emulators)])
def test_each_item_is_in_one_digest_and_each_mail_the_same_however_often_it_is_sent(backend: str) -> None:
    report = torture_digests(backend, 100, 5, pace=0.5, seed=7, limit=400)
    assert report.faults == {}
    assert sum(report.kills.values()) == 5
    assert report.digests >= 100 / 5
    assert report.mails == report.digests + report.again


def test_a_critical_alert_notifies_while_large_webhooks_are_handled_and_their_digests_stay_few() -> None:
    report = urgency(9, 500)
    assert max(report.beside_warnings) < 30
    assert report.digests <= 10  # within two minutes at most; without the ceiling, 900
