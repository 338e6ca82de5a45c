"""What needs me now, what can wait, and what an id is: the terminal at 3 a.m."""

import json
import shlex
from collections.abc import Iterator
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from shared.events import iso
from shared.ports import Create, Update
from shared.ports.terms import alert_index
from shared.services.asks.asks import open_ask
from shared.values.kinds import KINDS
from tests.support.asks import question
from tests.support.bundle import SECRETS, Bundle

PAGE = "status: {title: Shop, components: {shop: {name: Shop}}}\n"


@pytest.fixture
def bundle(embedded: Bundle) -> Iterator[Bundle]:
    embedded.clock.moment = datetime.now(UTC)  # the commands have the time of the machine
    embedded.tick(minutes=0)
    with chdir(embedded.folder):
        yield embedded


def opos(*words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", "."], env=SECRETS)


def status() -> list[str]:
    return opos("status").stdout.splitlines()


def status_json() -> Any:
    return json.loads(opos("status", "--json").stdout)


def fired(bundle: Bundle, *names: str, severity: str = "critical") -> list[str]:
    for name in names:
        bundle.trouble(name, severity=severity)
    bundle.settle()
    return [next(doc.id for doc in bundle.docs("alerts") if doc.data["title"] == f"Trouble {name}") for name in names]


@pytest.mark.usefixtures("bundle")
def test_a_quiet_bundle_needs_nobody() -> None:
    assert status() == ["Nothing needs you."]
    assert (status_json()["level"], status_json()["needs_you"]) == ("calm", 0)


def test_what_needs_you_comes_first_with_the_command_to_acknowledge_it(bundle: Bundle) -> None:
    (disk,) = fired(bundle, "disk")
    fired(bundle, "cpu", severity="warning")
    headline, waits, _, alert, command, *rest = status()
    assert (headline, waits[:16]) == ("1 thing needs you now.", "1 other can wait")
    assert alert == f"critical  firing  just now  app  {disk[:8]}  Trouble disk"
    assert command == f"  opos alerts ack {disk[:8]} --data ."
    assert rest[:2] == ["", "Can wait"]
    assert "Next digest" in rest
    assert "1 item on inbox" in rest[-1]
    pasted = CliRunner().invoke(main, shlex.split(command)[1:], env=SECRETS)
    assert (pasted.exit_code, "Trouble disk: acknowledged until" in pasted.stdout) == (0, True)
    assert status()[:2][0] == "Nothing needs you."
    assert "1 acknowledged." in status()[1]


def test_the_exit_code_is_0_unless_you_ask_for_it(bundle: Bundle) -> None:
    assert opos("status", "--exit-code").exit_code == 0
    fired(bundle, "disk")
    assert (opos("status").exit_code, opos("status", "--exit-code").exit_code) == (0, 1)


def test_all_that_can_wait_is_counted_once(bundle: Bundle) -> None:
    bundle.send("app", {"type": "x", "data": {"severity": "critical"}})
    bundle.settle()
    bundle.store.commit([
        Create("dead_letters/letter", {
            "subscription": "digest-sender", "attempts": 5, "event": None, "data": "{}", "received_at": iso(bundle.clock.now()),
        }),
        Create("outbox/0badcafe0badcafe", {
            "state": "parked", "notice": {"title": "Lost"}, "channel": "desk", "due_at": None, "created_at": iso(bundle.clock.now()),
        }),
    ])  # fmt: skip
    assert bundle.request("POST", "/webhooks/stripe", b"{}").status == 401
    bundle.runtime.rejections.reporting.wait()
    bundle.tick(minutes=1)
    bundle.settle()
    (sweep,) = [doc for doc in bundle.docs("sweeps") if doc.id == "last"]
    assert {"events-quarantined", "webhooks-rejected"} <= sweep.data["broken"].keys(), "the checks say it, too"
    shown = status_json()
    assert {section["kind"]: section["count"] for section in shown["waits"]} == {
        "not delivered": 1, "quarantined": 1, "sources rejected": 1, "failed messages": 1,
    }  # fmt: skip
    assert shown["firing"] == [], "the alert about the quarantine says nothing more"
    assert shown["headline"].startswith("Nothing needs you. 4 things can wait")
    text = opos("status").stdout
    assert "  1 quarantined: opos events --state quarantined --data ." in text
    assert "    0badcafe  Lost" in text
    assert "    app: " in text or "    stripe: " in text


def test_a_bundle_that_does_not_run_is_never_shown_as_calm(bundle: Bundle) -> None:
    sweep = next(doc for doc in bundle.docs("sweeps") if doc.id == "last")
    bundle.store.commit([Update(sweep.path, {"at": iso(bundle.clock.now() - timedelta(hours=2))}, sweep.version)])
    assert "critical  The last sweep was at " in opos("status").stdout
    bundle.forget(next(doc for doc in bundle.docs("sweeps") if doc.id == "last"))
    assert status()[0] == "1 thing needs you now."
    assert "No sweep has ever run: opos does not seem to be running" in opos("status").stdout


def test_what_holds_notifications_is_shown(bundle: Bundle) -> None:
    assert opos("silence", "add", "alertname=disk", "--for", "2h", "--why", "move").exit_code == 0
    assert opos("focus", "--for", "1h").exit_code == 0
    (silence,) = bundle.docs("silences")
    text = opos("status").stdout
    assert "In force" in text
    assert f"  silence {silence.id[:8]} until " in text
    assert "  focus focus until " in text


def test_many_alerts_show_the_most_urgent_and_the_true_count(bundle: Bundle) -> None:
    now = bundle.clock.now()
    alert = {"state": "firing", "source": "app", "labels": {}, "count": 1, "first_seen": iso(now - timedelta(hours=1))}
    alerts = [
        {**alert, "id": f"{n:04x}", "title": f"Host {n}", "severity": "critical" if n >= 397 else "info", "group": "g"}
        for n in range(400)
    ]
    bundle.store.commit([Create(f"alerts/{data['id']}", {**data, **alert_index(data)}) for data in alerts])
    lines = opos("alerts").stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["critical", "critical", "critical", "info"]
    assert lines[-1] == "These are 50 of 400 open alerts, the most urgent first; --limit lists more."
    assert len(lines) == 51
    assert len(json.loads(opos("alerts", "--json").stdout)) == 400
    assert len(json.loads(opos("alerts", "--json", "--limit", "7").stdout)) == 7
    assert status()[:2] == ["3 things need you now.", status()[1]]
    assert status()[1].startswith("397 others can wait")


def test_several_alerts_are_acknowledged_and_all_that_fails_is_said_at_once(bundle: Bundle) -> None:
    disk, cpu, fan = fired(bundle, "disk", "cpu", "fan")
    done = opos("alerts", "ack", disk[:8], "zzzz", cpu, "yyyy", disk)
    assert done.exit_code == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        f"{disk[:8]}  Trouble disk",
        f"{cpu[:8]}  Trouble cpu",
    ]
    assert done.stderr.splitlines() == [
        'No alert matches "zzzz".', 'No alert matches "yyyy".', "hint: `opos alerts list --data .` shows the ids.",
    ]  # fmt: skip
    states = {doc.id: doc.data["state"] for doc in bundle.docs("alerts")}
    assert states == {disk: "acknowledged", cpu: "acknowledged", fan: "firing"}
    machine = json.loads(opos("alerts", "resolve", fan, "zzzz", "--json").stdout)
    assert [row.get("state") or row["error"] for row in machine] == ["resolved", 'No alert matches "zzzz".']
    snoozed = opos("alerts", "snooze", disk[:8], cpu[:8], "2h")
    assert snoozed.stdout.count(": snoozed until ") == 2
    assert opos("alerts", "snooze", disk[:8]).exit_code == 2
    assert opos("alerts", "snooze", disk[:8], "--for", "2h", "--until", "15:00").exit_code == 2


def stored(bundle: Bundle) -> dict[str, str]:
    """The id of a document of each kind."""
    bundle.configure("heartbeats: {backup: {every: 1d, grace: 1h}}\n" + PAGE)
    fired(bundle, "disk")
    fired(bundle, "cpu", severity="warning")
    bundle.request("POST", "/webhooks/ping/backup", b"")
    bundle.tick(minutes=6)
    bundle.signed_in()
    opos("silence", "add", "alertname=x", "--for", "2h", "--why", "move")
    opos("focus", "2h")
    opos("flags", "override", "everyone", "off", "--for", "2h", "--why", "wrong")
    now = iso(bundle.clock.now())
    letter = {"subscription": "alert-router", "attempts": 5, "event": bundle.docs("events")[0].id, "received_at": now}
    deployment = {"number": 12, "target": "staging", "phase": "done", "by": "me", "began_at": now, "commit": "abc"}
    opened = opos("statuspage", "open", "Trouble in the shop", "--component", "shop", "--impact", "down")
    assert opened.exit_code == 0, opened.output
    bundle.store.commit([Create("dead_letters/feedbeef", letter), Create("deployments/000012", deployment)])
    assert open_ask(*question(bundle.runtime.context()), bundle.runtime.context())
    return {kind.noun: docs[0].id for kind in KINDS if (docs := bundle.docs(kind.collection))}


@pytest.mark.slow
def test_show_finds_what_an_id_is_and_prints_commands_that_work_when_pasted(bundle: Bundle) -> None:
    ids = stored(bundle)
    assert set(ids) - {"heartbeat"} == {kind.noun for kind in KINDS} - {"heartbeat"}
    for noun, id in ids.items():
        shown = opos("show", id[:8])
        assert shown.exit_code == 0, (noun, shown.output)
        assert shown.stdout.startswith(f"{noun}  {id}\n"), noun
        content = json.loads(opos("show", id[:8], "--json").stdout)
        assert (content["kind"], content["id"]) == (noun, id)
        for command in content["commands"]:
            assert CliRunner().invoke(main, [*shlex.split(command)[1:], "--help"]).exit_code == 0, command
        if content["commands"] and noun in {"event", "digest", "heartbeat", "override"}:
            first = CliRunner().invoke(main, shlex.split(content["commands"][0])[1:], env=SECRETS)
            assert first.exit_code == 0, (content["commands"][0], first.output)


def test_show_finds_an_event_by_the_id_that_its_sender_gave_the_delivery(bundle: Bundle) -> None:
    event = bundle.trouble("disk", delivery="evt_1PqR").json["id"]
    assert opos("show", "evt_1PqR").stdout.startswith(f"event  {event}\n")
    assert opos("show", "evt_2").exit_code == 1
