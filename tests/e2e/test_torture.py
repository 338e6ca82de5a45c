"""The short form of the torture: see tests/torture.py."""

from tests.torture import torture


def test_nothing_accepted_is_lost_or_done_twice_while_the_bundle_is_killed_again_and_again() -> None:
    report = torture(300, 8, seed=7, limit=240)
    assert report.kills == 8
    assert report.accepted == 300
    assert report.lost == []
    assert report.handled_twice == []
    assert report.pages_missing == []
    assert report.pages_sent == report.pages_expected > 50
    assert report.pages_shown == report.pages_expected
    assert report.shown_again <= report.sent_again, (
        "a page is shown again only where a kill fell between send and receipt"
    )
    assert report.in_two_digests == 0
    assert report.dead_letters == 0
