"""Digests over HTTP: several of them, each with its own schedule, and what is held back."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.values.local_time import local_time
from tests.support.bundle import Bundle
from tests.support.commands import opos

SEVERAL = """
digest:
  now: {channel: desk, window: 5m, size: 5}
  hourly: {channel: inbox, window: 1h}
  morning: {channel: inbox, cron: "30 8 * * mon-fri"}
route:
  channel: desk
  routes:
    - {matchers: [source=app], digest: hourly}
    - {matchers: [source=stripe], digest: morning}
"""
FOCUS = """
focus: {blocks: [{name: deep work, days: monday-friday, from: "10:00", to: "12:00"}]}
"""


def titles(bundle: Bundle, channel: str = "inbox") -> list[str]:
    return [notice.title for _, notice in getattr(bundle, channel).sent]


def payment(bundle: Bundle, number: int) -> None:
    charge = {"id": f"ch_{number}", "amount": 4900, "currency": "eur", "billing_details": {"email": "ada@example.com"}}
    payload = {"id": f"evt_{number}", "type": "charge.succeeded", "created": 1, "data": {"object": charge}}
    assert bundle.send("stripe", payload).status == 202
    bundle.settle()


def warn(bundle: Bundle, *names: str) -> None:
    for name in names:
        assert bundle.trouble(name, severity="warning").status == 202
        bundle.settle()


def test_several_digests_each_keep_their_own_time(bundle: Bundle) -> None:
    """It is Friday, 10:00 in Berlin."""
    bundle.configure(SEVERAL)
    payment(bundle, 1)
    warn(bundle, *(f"w{n}" for n in range(7)))
    for _ in range(59):
        bundle.tick(minutes=1)
    assert titles(bundle) == []
    bundle.tick(minutes=1)
    assert titles(bundle) == ["Trouble w0 and 6 more"]
    bundle.tick(hours=69, minutes=29)  # Monday, 08:29
    assert titles(bundle)[1:] == []
    bundle.tick(minutes=1)
    assert titles(bundle)[1:] == ["Payment of 49.00 EUR received: ada@example.com"]
    assert "49.00 EUR received in 1 payment" in bundle.inbox.sent[1][1].text


def test_what_a_sender_says_after_a_digest_was_taken_out_of_the_configuration_is_not_stranded(bundle: Bundle) -> None:
    bundle.configure(SEVERAL)
    warn(bundle, "w1", "w2")
    bundle.configure("\ndigest: {channel: inbox, window: 5m, size: 5}\n")
    bundle.tick(minutes=5)
    assert titles(bundle) == ["Trouble w1 and 1 more"]


def test_nothing_is_sent_during_focus_and_one_summary_at_its_end(bundle: Bundle) -> None:
    bundle.configure(FOCUS)
    warn(bundle, *(f"w{n}" for n in range(23)))
    for _ in range(119):
        bundle.tick(minutes=1)
    assert titles(bundle) == []
    assert bundle.trouble("shop").status == 202
    bundle.settle()
    assert bundle.pages() == ["Trouble shop"]
    bundle.tick(minutes=1)
    ((_, digest),) = bundle.inbox.sent
    assert digest.title == "Trouble w0 and 22 more"
    assert "and 3 more: Trouble w7, Trouble w8, Trouble w9" in digest.text
    bundle.tick(minutes=10)
    assert len(titles(bundle)) == 1


def test_hundreds_of_warnings_in_one_webhook_are_two_messages_and_each_is_in_a_digest(embedded: Bundle) -> None:
    alerts = [
        {"status": "firing", "labels": {"alertname": "Disk", "severity": "warning"}, "fingerprint": f"f{n}"}
        for n in range(700)
    ]
    payload = {"version": "4", "groupKey": "g", "status": "firing", "alerts": alerts}
    bundle = embedded
    assert bundle.send("alertmanager", payload).status == 202
    bundle.settle()
    bundle.tick(minutes=1)
    assert len(titles(bundle)) <= 2
    assert sum(len(digest.data["members"]) for digest in bundle.docs("digests")) == 700
    assert all(alert.data["digest"] and not alert.data["pending"] for alert in bundle.docs("alerts"))


def test_a_warning_that_becomes_critical_leaves_the_digest_and_pages(bundle: Bundle) -> None:
    warn(bundle, "disk", "other")
    bundle.trouble("disk", severity="critical", delivery="louder")
    bundle.settle()
    assert bundle.pages() == ["Trouble disk"]
    bundle.tick(minutes=5)
    assert titles(bundle) == ["Trouble other"]


def test_the_command_line_explains_what_waits_and_what_was_sent(embedded: Bundle) -> None:
    bundle = embedded
    warn(bundle, "w1", "w2")
    payment(bundle, 1)
    waits = json.loads(opos("digest", "explain", *bundle.place, "--json", folder=bundle.folder).stdout)
    assert [(batch["queue"], batch["waiting"], batch["closes_at"]) for batch in waits] == [
        ("digest", 3, "2026-11-20T09:05:00.000000Z")
    ]
    bundle.tick(minutes=5)
    (digest,) = bundle.docs("digests")
    text = opos("digest", "explain", digest.id[:8], *bundle.place, folder=bundle.folder).stdout
    assert "    65  Trouble w1\n        severity 50 (warning), novelty 15 (never seen before)\n" in text
    assert "49.00 EUR received in 1 payment" in text
    assert (
        opos("digest", "explain", *bundle.place, folder=bundle.folder).stdout == "No items are waiting for a digest.\n"
    )
    listed = opos("digest", "list", *bundle.place, folder=bundle.folder).stdout
    time = local_time("2026-11-20T09:05:00Z", ZoneInfo("Europe/Berlin"), datetime.now(UTC))
    assert listed.startswith(f"{digest.id[:8]}  {time} (")
    assert "), sent on inbox, 3 items, closed by window: Trouble w1" in listed
    shown = opos("digest", "show", digest.id[:8], *bundle.place, folder=bundle.folder).stdout
    assert "NEEDS A LOOK\n! Trouble w1 (app, since 10:00)" in shown
    assert opos("digest", "show", "nothing", *bundle.place, folder=bundle.folder).returncode == 1


REVIEW = """
review: {channel: inbox, cron: "0 8 * * mon"}
rotate_by: {APP_SECRET: 2026-11-24}
"""


def test_the_review_comes_on_monday_morning_once_and_says_what_the_week_was(bundle: Bundle) -> None:
    bundle.configure(REVIEW)
    bundle.trouble("disk")
    warn(bundle, "w1")
    bundle.tick(minutes=5)
    bundle.tick(days=2, hours=21, minutes=54)
    assert titles(bundle) == ["Trouble w1"]
    for _ in range(3):
        bundle.tick(minutes=1)
    ((_, review),) = bundle.inbox.sent[1:]
    assert review.title == "Weekly review: 2 interruptions, 2 more than the week before"
    assert "app: 2 interruptions, cost 2" in review.text
    assert "secret APP_SECRET: 2026-11-24" in review.text
    page = bundle.request("GET", "/review", headers=bundle.signed_in())
    assert (page.status, page.text.count('<svg class="plot')) == (200, 2)
    assert bundle.request("GET", "/review").status == 401


def test_the_command_line_looks_back_at_the_week(embedded: Bundle) -> None:
    embedded.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    embedded.trouble("disk")
    embedded.settle()
    text = opos("review", *embedded.place, folder=embedded.folder).stdout
    assert text.startswith("Weekly review: 1 interruption, 1 more than the week before\n")
    machine = json.loads(opos("review", *embedded.place, "--json", folder=embedded.folder).stdout)
    assert [share["name"] for share in machine["by_source"]] == ["app"]


def test_in_the_hour_that_the_clocks_repeat_an_item_waits_for_the_next_night(bundle: Bundle) -> None:
    bundle.configure('\ndigest: {channel: inbox, cron: "30 1 * * *", timezone: America/New_York}\n')
    bundle.clock.moment = datetime(2026, 11, 1, 6, 15, tzinfo=UTC)  # 01:15 for the second time
    warn(bundle, "w1")
    for _ in range(20):
        bundle.tick(minutes=1)
    assert titles(bundle) == []
    bundle.tick(hours=23, minutes=55)
    assert titles(bundle) == ["Trouble w1"]


def test_a_heartbeat_by_cron_is_not_missed_in_the_hour_that_the_clocks_repeat(bundle: Bundle) -> None:
    job = 'heartbeats: {job: {cron: "30 1 * * *", timezone: America/New_York, grace: 5m}}\n'
    bundle.configure(job)
    bundle.clock.moment = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    for minutes in (45, 10):  # 01:30 for the first time, and a second ping at 01:15 for the second time
        assert bundle.request("GET", "/webhooks/ping/job").status < 300
        bundle.tick(minutes=minutes)
        bundle.tick(minutes=1)
    assert bundle.pages() == []
    bundle.tick(hours=24, minutes=30)
    for _ in range(6):  # after so long without a sweep, the job has its grace again
        bundle.tick(minutes=1)
    assert bundle.pages() == ["Heartbeat missed: job (last ping Sun 07:16)"]
