"""What resolves says so where its notification went: once, quietly, and to nobody else."""

from datetime import timedelta

import pytest

from shared.errors import DeliveryError
from shared.ports import Notice
from shared.services.alerting.silences import silence
from tests.support.bundle import Bundle
from tests.support.fakes import RecordingChannel


def notices(channel: RecordingChannel) -> list[Notice]:
    return [notice for _, notice in channel.sent if notice.resolves]


def resolve(bundle: Bundle, *ids: str, severity: str = "critical") -> None:
    for id in ids:
        bundle.trouble(id, status="resolved", severity=severity)
    bundle.settle()


def fire(bundle: Bundle, *ids: str, severity: str = "critical") -> None:
    for id in ids:
        bundle.trouble(id, severity=severity)
    bundle.settle()


def test_a_resolve_is_said_once_and_quietly_where_the_page_went(bundle: Bundle) -> None:
    fire(bundle, "disk")
    bundle.tick(minutes=20)
    resolve(bundle, "disk")
    assert notices(bundle.desk) == []
    for _ in range(3):
        bundle.tick(minutes=1)
    ((key, page), (_, notice)) = bundle.desk.sent
    assert (notice.title, notice.resolves, notice.severity) == ("Resolved: Trouble disk", key, "info")
    assert notice.text == "Its sender resolved it. It fired for 20 min, from 10:00 to 10:20."
    assert (page.ack_url != "", notice.ack_url, bundle.inbox.sent) == (True, "", [])
    assert len(list(bundle.store.query("outbox", order_by="created_at"))) == 1
    assert [doc.data["due_at"] for doc in bundle.docs("groups")] == [None]


def test_who_presses_resolve_is_named(bundle: Bundle) -> None:
    fire(bundle, "disk")
    ((_, page),) = bundle.desk.sent
    bundle.clock.advance(minutes=5)
    assert bundle.request("POST", f"/{page.ack_url.split('/', 3)[3]}/resolve", b"").status == 200
    assert notices(bundle.desk) == []
    bundle.tick(minutes=1)
    assert [notice.text for notice in notices(bundle.desk)] == [
        "You resolved it. It fired for 5 min, from 10:00 to 10:05."
    ]


def test_a_group_says_so_when_the_last_of_its_alerts_has_resolved(bundle: Bundle) -> None:
    bundle.configure("\nroute: {channel: desk, group_by: [source], group_interval: 1m}\n")
    fire(bundle, "disk")
    bundle.clock.advance(minutes=2)
    fire(bundle, "cpu")
    bundle.clock.advance(minutes=2)
    resolve(bundle, "disk")
    bundle.tick(minutes=1)
    assert notices(bundle.desk) == []
    resolve(bundle, "cpu")
    bundle.tick(minutes=1)
    ((key, _), (last, _), (_, notice)) = bundle.desk.sent
    assert notice.title == "Resolved: Trouble cpu and the other alerts of its group"
    assert notice.text.splitlines()[1:] == ["You were notified about:", "- Trouble disk", "- Trouble cpu"]
    assert (notice.resolves, key != last) == (last, True)


def test_each_channel_of_an_escalation_hears_of_it(bundle: Bundle) -> None:
    bundle.configure(
        "\nchannels: {desk: {console: true}, inbox: {console: true}}\n"
        "escalations: {far: {levels: [{channel: inbox, after: 5m}]}}\n"
        "route: {channel: desk, escalation: far}\ndigest: {channel: desk, window: 1d}\n"
    )
    fire(bundle, "disk")
    resolve(bundle, "disk")
    bundle.tick(minutes=1)
    assert (len(notices(bundle.desk)), len(notices(bundle.inbox))) == (1, 0)
    fire(bundle, "disk")
    bundle.tick(minutes=6)
    resolve(bundle, "disk")
    bundle.tick(minutes=1)
    assert (len(notices(bundle.desk)), len(notices(bundle.inbox))) == (2, 1)
    assert notices(bundle.inbox)[0].resolves == bundle.inbox.sent[0][0]


def test_a_page_that_nobody_got_is_cancelled_and_has_no_notice(bundle: Bundle) -> None:
    bundle.desk.faults = [DeliveryError("unreachable")]
    fire(bundle, "disk")
    resolve(bundle, "disk")
    for _ in range(10):
        bundle.tick(minutes=1)
    assert bundle.desk.sent == []
    assert [doc.data["state"] for doc in bundle.docs("outbox")] == ["dropped", "dropped"]


def test_an_alert_that_fires_again_before_the_notice_has_none(bundle: Bundle) -> None:
    fire(bundle, "disk")
    bundle.clock.advance(minutes=2)
    resolve(bundle, "disk")
    bundle.clock.advance(seconds=20)
    fire(bundle, "disk")
    for _ in range(3):
        bundle.tick(minutes=1)
    assert [notice.title for _, notice in bundle.desk.sent] == [
        "Trouble disk", "Trouble disk (fired 2 times in an hour)",
    ]  # fmt: skip


@pytest.mark.slow
def test_an_alert_that_flaps_is_said_to_have_resolved_only_when_it_stays_so(embedded: Bundle) -> None:
    for _ in range(6):
        fire(embedded, "disk")
        embedded.tick(minutes=2)
        resolve(embedded, "disk")
        embedded.tick(minutes=2)
    assert len(notices(embedded.desk)) == 3
    embedded.tick(minutes=10)
    assert len(notices(embedded.desk)) == 4
    assert {notice.title.partition(" (")[0] for _, notice in embedded.desk.sent} == {
        "Trouble disk", "Resolved: Trouble disk",
    }  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        "\nchannels: {desk: {console: true, send_resolved: false}, inbox: {console: true}}\n",
        "\nroute: {channel: desk, send_resolved: false}\n",
        "\nroute: {channel: desk, send_resolved: true, routes: [{matchers: [source=app], send_resolved: false}]}\n",
    ],
)
def test_a_channel_or_a_route_may_not_want_to_know(embedded: Bundle, settings: str) -> None:
    embedded.configure(settings)
    fire(embedded, "disk")
    resolve(embedded, "disk")
    embedded.tick(minutes=2)
    assert [notice.title for _, notice in embedded.desk.sent] == ["Trouble disk"]


def test_what_only_a_digest_lists_has_no_notice(embedded: Bundle) -> None:
    fire(embedded, "slow", severity="warning")
    resolve(embedded, "slow", severity="warning")
    embedded.tick(minutes=2)
    assert (embedded.desk.sent, embedded.docs("outbox")) == ([], [])


def test_a_notice_waits_until_a_focus_block_ends(embedded: Bundle) -> None:
    embedded.configure('\nfocus: {blocks: [{name: deep work, from: "10:00", to: "11:00"}]}\n')
    fire(embedded, "disk")
    embedded.tick(minutes=10)
    resolve(embedded, "disk")
    embedded.tick(minutes=5)
    assert notices(embedded.desk) == []
    embedded.tick(minutes=46)
    assert [notice.title for notice in notices(embedded.desk)] == ["Resolved: Trouble disk"]


def test_a_silenced_alert_resolves_in_silence(embedded: Bundle) -> None:
    fire(embedded, "disk")
    context = embedded.runtime.context()
    silence(["source=app"], context.now + timedelta(days=1), context, author="me", comment="known")
    resolve(embedded, "disk")
    embedded.tick(minutes=2)
    assert notices(embedded.desk) == []
