"""Alerting over HTTP and through every function, on both stores: what interrupts, until it is acknowledged."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from opos.history.event_trace import lines
from opos.terminal.times import OperatorClock
from shared.services.alerting.event_story import story
from tests.integration.test_channels import posted
from tests.support.bundle import Bundle
from tests.support.commands import opos

LOUDER = """
channels: {desk: {console: true}, inbox: {console: true}}
route: {channel: desk, escalation: me}
escalations: {me: {levels: [{channel: inbox, after: 5m}], repeats: 1}}
"""


def unlike(bundle: Bundle, id: str, **more: Any) -> int:
    """A critical alert of a rule of its own."""
    labels = {"alertname": id, "severity": "critical"}
    alert = {"fingerprint": id, "status": "firing", "labels": labels, "annotations": {"summary": "bad"}, **more}
    payload = {"status": "firing", "groupKey": id, "alerts": [{**alert, "startsAt": bundle.clock.now().isoformat()}]}
    return bundle.send("alertmanager", payload).status


def link(bundle: Bundle, number: int = -1) -> str:
    return urlsplit(bundle.desk.sent[number][1].ack_url).path


def states(bundle: Bundle) -> set[str]:
    return {doc.data["state"] for doc in bundle.docs("alerts")}


def test_a_storm_of_unlike_criticals_is_a_handful_of_pages_and_two_taps_acknowledge_the_flood(bundle: Bundle) -> None:
    for n in range(60):
        assert unlike(bundle, f"Rule{n}") == 202
    bundle.settle()
    bundle.tick(minutes=1)
    assert len(bundle.pages()) == 6
    assert bundle.pages()[-1].startswith("55 alerts at once: Rule")
    text = bundle.desk.sent[-1][1].text
    assert len([line for line in text.splitlines() if line.startswith("!! Rule")]) == 20
    assert "and 35 more" in text
    assert "Only these 20 are shown; there are more." in bundle.request("GET", link(bundle)).text
    operator = bundle.signed_in()
    assert "Acknowledge all 55 of storm" in bundle.request("GET", "/", headers=operator).text
    assert "Acknowledged" in bundle.request("POST", link(bundle)).text
    for number in range(5):
        bundle.request("POST", link(bundle, number))
    assert states(bundle) == {"acknowledged"}
    bundle.tick(hours=1)
    assert len(bundle.pages()) == 6


SEVERAL = """
channels: {desk: {console: true}, inbox: {console: true}}
route:
  channel: inbox
  routes:
    - {channel: desk, matchers: [severity=critical], continue: true}
    - {channel: inbox, matchers: [team=x], interrupt_from: never}
inhibit_rules: [{source_matchers: [alertname=Down], target_matchers: [alertname=Slow], equal: [host]}]
"""


def test_each_matching_route_decides_for_itself_and_a_source_inhibits_its_target_in_one_webhook(bundle: Bundle) -> None:
    bundle.configure(SEVERAL)
    alerts = [
        {
            "fingerprint": name, "status": "firing", "startsAt": bundle.clock.now().isoformat(),
            "labels": {"alertname": name, "severity": "critical", "team": "x", "host": "a"},
            "annotations": {"summary": "bad"},
        }
        for name in ("Slow", "Down")
    ]  # fmt: skip
    assert bundle.send("alertmanager", {"status": "firing", "groupKey": "g", "alerts": alerts}).status == 202
    bundle.settle()
    assert [title.partition(":")[0] for title in bundle.pages()] == ["Down"]
    assert bundle.inbox.sent == []


def test_a_webhook_with_many_alerts_of_one_group_is_one_page(bundle: Bundle) -> None:
    alerts = [
        {
            "fingerprint": f"f{n}",
            "status": "firing",
            "labels": {"alertname": "Down", "host": f"h{n}", "severity": "critical"},
        }
        for n in range(150)
    ]
    assert bundle.send("alertmanager", {"status": "firing", "groupKey": "g", "alerts": alerts}).status == 202
    bundle.settle()
    bundle.tick(minutes=1)
    assert [title.partition(":")[0] for title in bundle.pages()] == ["100 alerts of Down", "50 alerts of Down"]


def test_three_pods_are_named_a_tap_leaves_out_the_fourth_and_what_calls_again_says_why(embedded: Bundle) -> None:
    def crash(*pods: str) -> None:
        labels = {"alertname": "KubePodCrashLooping", "namespace": "prod", "severity": "critical"}
        alerts = [
            {"fingerprint": pod, "status": "firing", "labels": {**labels, "pod": pod}, "annotations": {"summary": "Pod is crash looping."}}
            for pod in pods
        ]  # fmt: skip
        assert embedded.send("alertmanager", {"status": "firing", "groupKey": pods[0], "alerts": alerts}).status == 202
        embedded.settle()

    crash("web-1", "db-0", "mail-7")
    assert embedded.pages() == ["3 alerts of KubePodCrashLooping: Pod is crash looping."]
    assert sorted(embedded.desk.sent[0][1].text.splitlines()[:3]) == ["!! pod db-0", "!! pod mail-7", "!! pod web-1"]
    first = link(embedded)
    embedded.tick(minutes=2)
    crash("late-2")
    assert "Acknowledged" in embedded.request("POST", first).text
    firing = [doc.data["labels"]["pod"] for doc in embedded.docs("alerts") if doc.data["state"] == "firing"]
    assert firing == ["late-2"]
    embedded.tick(hours=4)
    text = next(notice.text for _, notice in reversed(embedded.desk.sent) if notice.title.startswith("3 alerts"))
    assert "Still firing. You acknowledged it at 10:02 for 4 h." in text
    shown = embedded.request("GET", "/", headers=embedded.signed_in()).text
    assert shown.count("Still firing. You acknowledged it at 10:02 for 4 h.") == 3
    assert "KubePodCrashLooping: Pod is crash looping. (pod web-1)" in shown
    event = min(embedded.docs("events"), key=lambda doc: str(doc.data["received_at"]))
    clock = OperatorClock(ZoneInfo("Europe/Berlin"), embedded.clock.now())
    assert any("You acknowledged it at 10:02" in line for line in lines(story(embedded.store, event), clock))


def test_nobody_acknowledges_so_it_gets_louder_until_opos_gives_up_and_the_digest_says_so(bundle: Bundle) -> None:
    bundle.configure(LOUDER)
    bundle.trouble("disk")
    bundle.settle()
    for _ in range(70):
        bundle.tick(minutes=1)
    assert bundle.pages() == ["Trouble disk"]
    louder = [notice.title for _, notice in bundle.inbox.sent]
    assert louder == ["Trouble disk", "Trouble disk", "Nobody acknowledged: Trouble disk"]


def test_a_tap_on_the_page_ends_the_escalation_and_the_acknowledgement_itself_ends(bundle: Bundle) -> None:
    bundle.configure(LOUDER)
    bundle.trouble("disk")
    bundle.settle()
    bundle.tick(minutes=4)
    bundle.request("POST", link(bundle))
    for _ in range(3):
        bundle.tick(hours=1)
    assert (len(bundle.pages()), bundle.inbox.sent) == (1, [])
    bundle.tick(hours=1)
    assert bundle.pages() == ["Trouble disk", "Trouble disk"]
    assert states(bundle) == {"firing"}


def test_a_missed_heartbeat_notifies_and_its_next_ping_resolves_the_alert(bundle: Bundle) -> None:
    bundle.configure("heartbeats: {backup: {every: 1h, grace: 5m}}\n")
    assert bundle.request("GET", "/webhooks/ping/backup").status == 200
    bundle.tick(minutes=64)
    assert bundle.pages() == []
    bundle.tick(minutes=1)
    assert bundle.pages() == ["Heartbeat missed: backup (last ping 10:00)"]
    assert bundle.request("GET", "/webhooks/ping/backup").status == 200
    bundle.settle()
    assert states(bundle) == {"resolved"}


def test_an_alert_is_inhibited_while_its_cause_fires_and_told_when_that_is_gone(bundle: Bundle) -> None:
    bundle.configure("inhibit_rules: [{source_matchers: [alertname=Down], target_matchers: [alertname=Slow]}]\n")
    unlike(bundle, "Down")
    bundle.settle()
    unlike(bundle, "Slow")
    bundle.settle()
    for _ in range(5):
        bundle.tick(minutes=1)
    assert bundle.pages() == ["Down: bad"]
    unlike(bundle, "Down", status="resolved")
    bundle.settle()
    bundle.tick(minutes=2)
    assert bundle.pages() == ["Down: bad", "Slow: bad"]


def test_a_group_that_waits_is_one_page_and_its_time_intervals_hold_it_back(bundle: Bundle) -> None:
    bundle.configure(
        """
route: {channel: desk, group_by: [source], group_wait: 30s, routes: [{matchers: [source=app], mute_time_intervals: [morning]}]}
time_intervals: {morning: [{times: [{start_time: "09:00", end_time: "11:00"}], location: Europe/Berlin}]}
"""
    )
    for n in range(3):
        bundle.trouble(f"t{n}")
        unlike(bundle, f"Rule{n}")
    bundle.settle()
    bundle.tick(minutes=1)
    assert [title.partition(":")[0] for title in bundle.pages()] == ["3 alerts in one group"]
    bundle.tick(minutes=59)
    bundle.tick(minutes=1)
    assert bundle.pages()[-1].partition(":")[0] == "3 alerts of trouble"


def test_after_each_good_sweep_the_external_checker_is_called(bundle: Bundle) -> None:
    for received, address in posted():
        bundle.configure("checker: {ping: CHECKER_URL}\n")
        cast("dict[str, str]", bundle.runtime.settings.environment)["CHECKER_URL"] = f"http://{address}/ping/uuid"
        bundle.tick(minutes=1)
        assert received.received == ["was asked by GET"]


def test_a_silence_from_the_console_holds_an_alert_back_and_lets_it_go_when_it_is_ended(bundle: Bundle) -> None:
    bundle.trouble("disk")
    bundle.settle()
    operator = bundle.signed_in()
    page = bundle.request("GET", link(bundle)).text
    form = "/silence/" + page.partition('href="/silence/')[2].partition('"')[0]
    made = bundle.request("POST", form, b"comment=new+disk&for=1d", operator)
    assert (made.status, made.headers["location"]) == (303, "/")
    bundle.trouble("disk", status="resolved")
    bundle.clock.advance(minutes=5)
    bundle.trouble("disk")
    bundle.settle()
    assert bundle.pages() == ["Trouble disk"]
    assert "Held: silenced by me@example.com" in bundle.request("GET", "/", headers=operator).text
    shown = bundle.request("GET", "/console/settings", headers=operator).text
    assert "new disk" in shown
    end = "/unsilence/" + shown.partition('action="/unsilence/')[2].partition('"')[0]
    assert bundle.request("GET", end).status == 405
    assert bundle.request("POST", end, b"", operator).status == 303
    bundle.tick(minutes=1)
    assert bundle.pages() == ["Trouble disk", "Trouble disk (fired 2 times in an hour)"]


def test_a_late_firing_of_what_has_resolved_pages_nobody_and_is_told_in_the_digest(bundle: Bundle) -> None:
    bundle.trouble("disk")
    bundle.clock.advance(seconds=10)
    bundle.trouble("disk", status="resolved")
    of_router = "SELECT count(*) FROM messages WHERE subscription = 'alert-router'"
    assert bundle.pump.bus.database.write(lambda db: db.execute(of_router).fetchone()[0]) == 2
    # The bus delivers the resolve first: the firing waits, as after a failed delivery.
    bundle.pump.bus.database.write(
        lambda db: db.execute(
            "UPDATE messages SET due_at = '2026-11-20T09:01:00+00:00' WHERE id = (SELECT min(id) FROM messages)"
        )
    )
    bundle.settle()
    assert states(bundle) == {"resolved"}
    bundle.tick(minutes=2)
    assert bundle.pages() == []
    assert bundle.docs("alerts")[0].data["title"] == "Trouble disk"


@pytest.fixture
def today(bundle: Bundle) -> Bundle:
    """A bundle in the time of the commands, which live in the real one."""
    bundle.clock.moment = datetime.now(UTC)
    return bundle


def run(bundle: Bundle, *arguments: str) -> Any:
    done = opos(*arguments, *bundle.place, folder=bundle.folder)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_alerts_are_listed_acknowledged_snoozed_and_resolved_by_command(today: Bundle) -> None:
    today.trouble("disk")
    today.settle()
    (alert,) = today.docs("alerts")
    shown = f"critical  firing  just now  app  {alert.id[:8]}  Trouble disk\n"
    assert run(today, "alerts", "list").stdout == run(today, "alerts").stdout == shown
    for command, state in (("ack",), "acknowledged"), (("snooze",), "snoozed"), (("resolve",), "resolved"):
        more = ["2h"] if state == "snoozed" else []
        assert f"Trouble disk: {state}" in run(today, "alerts", *command, alert.id[:8], *more).stdout
        assert states(today) == {state}
    assert run(today, "alerts", "list").stdout == "No alert is open.\n"
    assert "already resolved at " in run(today, "alerts", "ack", alert.id).stdout
    assert states(today) == {"resolved"}
    assert "critical  resolved  " in run(today, "alerts", "--all").stdout


@pytest.mark.slow
def test_silences_are_made_listed_and_ended_by_command(today: Bundle) -> None:
    made = run(
        today,
        "silence",
        "add",
        "source=app",
        'alertname=~"trou.*"',
        "--for",
        "2h",
        "--why",
        "moving",
        "--as",
        "me",
    )
    assert "holds matching alerts until" in made.stdout
    assert "; 0 open alerts now." in made.stdout
    today.trouble("disk")
    today.settle()
    listed = run(today, "silence", "list").stdout
    assert 'source="app", alertname=~"trou.*"' in listed
    assert "me: moving" in listed
    run(today, "silence", "expire", listed[:8])
    today.tick(minutes=1)
    assert today.pages() == ["Trouble disk"]
    wrong = opos("silence", "add", "disk", "--for", "2h", "--why", "x", *today.place, folder=today.folder)
    assert (wrong.returncode, "expected a matcher" in wrong.stderr) == (2, True)
    broad = opos("silence", "add", 'x=~".*"', "--for", "2h", "--why", "x", *today.place, folder=today.folder)
    assert (broad.returncode, "Add a matcher such as" in broad.stderr) == (2, True)
    assert [doc for doc in today.docs("silences") if doc.data["comment"] == "x"] == []


def test_focus_until_a_time_spares_attention_but_for_what_is_critical(today: Bundle) -> None:
    today.configure("route: {channel: desk, interrupt_from: info}\n")
    assert "only critical alerts notify you" in run(today, "focus", "2h", "--name", "the offer").stdout
    today.clock.advance(seconds=5)
    today.trouble("slow", severity="warning")
    today.settle()
    assert today.pages() == []
    assert (
        today.docs("alerts")[0].data["pending"]["reason"]
        == "warning during the focus block the offer: waits for the digest"
    )
    assert "the offer until" in run(today, "focus").stdout
    assert "Ended 1 focus block." in run(today, "focus", "--end").stdout


@pytest.mark.slow
def test_explain_names_every_matcher_and_what_would_happen_now(today: Bundle) -> None:
    today.configure(
        "route: {channel: desk, routes: [{matchers: [alertname=Other]}, {matchers: ['source=~a.*'], channel: inbox, auto_pause: 5m}]}\n"
    )
    event = today.trouble("disk").json["id"]
    today.settle()
    told = run(today, "route", "explain", event).stdout
    for part in (
        'x   route.0 (alertname="Other"): a matcher does not match',
        "does not match: alertname=\"Other\", found 'trouble'",
        '->   route.1 (source=~"a.*"): matched',
        "to      inbox; digest: digest",
        "=> auto_pause: paused until",
        "now     hold: paused until",
    ):
        assert part in told, told
    payload = {"type": "trouble", "data": {"id": "x", "title": "X", "severity": "info", "status": "firing"}}
    (today.folder / "payload.json").write_text(json.dumps(payload))
    told = run(today, "route", "explain", "--payload", str(today.folder / "payload.json"), "--source", "app").stdout
    assert "=> severity: info, its route interrupts from critical" in told
    machine = json.loads(run(today, "route", "explain", "--label", "alertname=Other", "--json").stdout)
    assert [one["taken"] for one in machine[0]["tried"]] == [False, True]


@pytest.mark.slow
def test_what_if_replays_history_against_a_changed_configuration_and_prints_the_difference(today: Bundle) -> None:
    today.clock.advance(hours=-5)
    for n in range(3):
        today.trouble(f"flaky{n}")
        today.settle()
        today.clock.advance(minutes=3)
        today.trouble(f"flaky{n}", status="resolved")
        today.settle()
        today.clock.advance(minutes=20)
    unlike(today, "DiskFull")
    today.settle()
    today.trouble("slow", severity="warning")
    today.settle()
    before = len(today.pages())
    (today.folder / "new.yaml").write_text(
        (today.folder / "opos.yaml").read_text().replace(
            "route: {channel: desk}",
            "route: {channel: desk, routes: [{matchers: [source=app], auto_pause: 5m, interrupt_from: warning}]}",
        )
    )  # fmt: skip
    arguments = ["--config", "new.yaml", "--since", "1d", *today.place]
    done = opos("route", "what-if", *arguments, folder=today.folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == f"notifications: {before} before, 2 after"
    assert "saved 2, added 0" in done.stdout
    assert "  -2  app trouble: 3 -> 1 notifications, 4 -> 3 digest items" in done.stdout
    same = opos(
        "route", "what-if", "--config", "opos.yaml", "--since", "1d", "--json", *today.place, folder=today.folder
    )
    found = json.loads(same.stdout)
    assert (found["pages"], found["saved"], found["added"]) == ({"before": before, "after": before}, 0, 0)


def test_noise_names_the_rule_that_interrupts_for_nothing_and_the_lines_to_change(today: Bundle) -> None:
    today.configure("focus: {night: {factor: 1}}\n")
    today.clock.advance(hours=-5)
    for _ in range(3):
        today.trouble("flaky")
        today.settle()
        today.tick(minutes=3)
        today.trouble("flaky", status="resolved")
        today.settle()
        today.tick(minutes=20)
    told = run(today, "noise").stdout
    assert "fired 3, interrupted 3, acted on 0, resolved on its own 3, fired for long 0, cost 3, noise 3" in told
    assert "hold them first; write under route.routes of opos.yaml" in told
    assert """- {matchers: ['source="app"', 'alertname="trouble"'], auto_pause: 3m}""" in told


def test_a_page_carries_its_runbook_and_one_without_has_no_line(bundle: Bundle) -> None:
    bundle.configure("runbooks: {DiskFull: docs/runbooks/disk.md}\n")
    unlike(bundle, "DiskFull")
    bundle.settle()
    bundle.clock.advance(minutes=1)
    unlike(bundle, "Slow", annotations={"runbook_url": "https://wiki.example/slow"})
    bundle.settle()
    bundle.clock.advance(minutes=1)
    unlike(bundle, "Strange")
    bundle.settle()
    texts = [[line for line in notice.text.splitlines() if "unbook" in line] for _, notice in bundle.desk.sent]
    assert texts == [["Runbook: docs/runbooks/disk.md"], ["Runbook: https://wiki.example/slow"], []]
    assert [
        bool(doc.data["cause"]["runbook"])
        for doc in sorted(bundle.docs("outbox"), key=lambda doc: doc.data["created_at"])
    ] == [True, True, False]


def test_a_flapping_warning_is_told_when_it_holds_and_a_flapping_critical_alert_says_how_often(bundle: Bundle) -> None:
    for _ in range(5):
        for id, severity in (("loud", "critical"), ("quiet", "warning")):
            bundle.trouble(id, severity=severity)
        bundle.settle()
        bundle.tick(minutes=1)
        for id, severity in (("loud", "critical"), ("quiet", "warning")):
            bundle.trouble(id, severity=severity, status="resolved")
        bundle.settle()
        bundle.tick(minutes=5)
    assert bundle.pages()[-1] == "Trouble loud (fired 5 times in an hour)"
    quiet = next(doc.data for doc in bundle.docs("alerts") if doc.data["title"] == "Trouble quiet")
    assert (quiet["held"]["by"], quiet["state"]) == ("flapping", "resolved")


def test_the_time_of_a_day_is_read_on_the_operators_clock(today: Bundle) -> None:
    local = (datetime.now(UTC) + timedelta(hours=2)).strftime("%H:%M")
    assert run(today, "focus", f"until {local}").returncode == 0
    wrong = opos("focus", "until yesterday", *today.place, folder=today.folder)
    assert (wrong.returncode, "expected 2h, 15:00" in wrong.stderr) == (2, True)
