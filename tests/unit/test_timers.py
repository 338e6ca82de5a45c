"""What calls, until somebody acknowledges: router, sweeper and console over fakes, minute by minute."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.alert_router.handler import handle as route
from functions.console.handler import handle as console
from functions.digest_sender.handler import handle as send_digests
from functions.sweeper import timers
from functions.sweeper.handler import sweep
from functions.webhook_intake.handler import handle as intake
from shared.acting import act_on_alert, act_on_group
from shared.config.config import Config
from shared.errors import Conflict
from shared.events import DigestDue, EventAccepted, Tick, iso
from shared.http import HttpRequest
from shared.ports import Create, Doc, Write
from shared.silencing import expire, silence
from tests.accepting import accepted, disk_full
from tests.fakes import CONFIG, FakeContext, FakeStore, RecordingChannel


def configured(**sections: Any) -> FakeContext:
    content = {**CONFIG, **sections}
    content["route"] = {**CONFIG["route"], **content["route"]}  # type: ignore[dict-item]
    content["channels"] = {**content["channels"], "call": {"console": True, "cost": 5}, "friend": {"console": True}}
    context = FakeContext(config=Config.model_validate(content))
    context.channels |= {"call": RecordingChannel(), "friend": RecordingChannel()}
    return context


def fire(
    context: FakeContext, fingerprint: str = "disk", severity: str = "critical", status: str = "firing", **more: Any
) -> None:
    said = disk_full(severity, fingerprint, status=status, **{"title": f"Trouble {fingerprint}", **more})
    route(accepted(context, f"{fingerprint}-{status}-{context.now}", said), context)


def minutes(context: FakeContext, count: int) -> None:
    for _ in range(count):
        context.clock.advance(minutes=1)
        sweep(Tick(), context)
        for message in [
            one for one in context.bus.published if isinstance(one, EventAccepted) and one.source == "opos"
        ]:
            route(message, context)


def titles(context: FakeContext, channel: str = "desk") -> list[str]:
    return [notice.title for _, notice in context.channels[channel].sent]


def docs(context: FakeContext, collection: str) -> list[Doc]:
    return list(context.store.query(collection))


def alert(context: FakeContext, number: int = 0) -> dict[str, Any]:
    found = [doc.data for doc in docs(context, "alerts") if doc.data["source"] != "opos"]
    return found[number]


def group(context: FakeContext) -> str:
    (found,) = docs(context, "groups")
    return found.id


# Escalation


LOUDER = {
    "route": {"channel": "desk", "escalation": "me"},
    "escalations": {"me": {"levels": [{"channel": "call", "after": "5m"}, {"channel": "friend", "after": "10m"}], "repeats": 2}},
}  # fmt: skip


def test_nobody_acknowledges_so_it_gets_louder_then_rarer_and_then_opos_gives_up_and_says_so() -> None:
    context = configured(**LOUDER)
    fire(context)
    minutes(context, 200)
    sent = {name: titles(context, name) for name in ("desk", "call", "friend")}
    assert sent == {"desk": ["Trouble disk"], "call": ["Trouble disk"], "friend": ["Trouble disk"] * 3}
    last = context.channels["friend"].sent[-1][1].text
    assert "Not acknowledged for 105 min; repeat 2 of 2. Nobody acknowledges it" in last
    gave_up = [doc.data for doc in docs(context, "alerts") if doc.data["source"] == "opos"]
    assert [(one["title"], one["pending"]["queue"]) for one in gave_up] == [
        ("Nobody acknowledged: Trouble disk", "digest")
    ]
    assert docs(context, "groups")[0].data["gave_up_at"] is not None


def test_each_page_has_a_key_and_a_cost_of_its_own_and_names_its_cause() -> None:
    context = configured(**LOUDER, focus={"night": {"from": "09:04", "to": "10:00", "factor": 3}})
    fire(context)
    minutes(context, 15)
    pages = sorted((doc.data for doc in docs(context, "outbox")), key=lambda page: page["created_at"])
    assert len({doc.id for doc in docs(context, "outbox")}) == 3
    assert [(page["cause"]["kind"], page["cause"]["step"], page["cost"]) for page in pages] == [
        ("first", "level 1 of 3", 1.0), ("again", "level 2 of 3", 15.0), ("again", "level 3 of 3", 3.0),
    ]  # fmt: skip
    assert pages[0]["cause"]["events"] == [docs(context, "events")[0].id]


def test_a_doubled_sweep_pages_once() -> None:
    context = configured(**LOUDER)
    fire(context)
    context.clock.advance(minutes=5)
    for _ in range(3):
        sweep(Tick(), context)
    assert titles(context, "call") == ["Trouble disk"]


def test_an_acknowledged_alert_stays_silent_until_its_acknowledgement_ends_and_then_calls_again() -> None:
    context = configured(**{**LOUDER, "route": {"channel": "desk", "escalation": "me", "ack_timeout": "1h"}})
    fire(context)
    act_on_group(group(context), "acknowledge", context, by="link")
    minutes(context, 59)
    fire(context)
    assert (titles(context), titles(context, "call"), alert(context)["count"]) == (["Trouble disk"], [], 2)
    minutes(context, 1)
    assert titles(context) == ["Trouble disk", "Trouble disk"]
    minutes(context, 5)
    assert titles(context, "call") == ["Trouble disk"]


def test_a_snoozed_alert_rests_until_then_and_calls_again_if_it_still_fires() -> None:
    context = configured()
    fire(context)
    act_on_group(group(context), "snooze", context, by="link", until=context.now + timedelta(hours=2))
    minutes(context, 119)
    assert (alert(context)["state"], titles(context)) == ("snoozed", ["Trouble disk"])
    minutes(context, 1)
    assert (alert(context)["state"], titles(context)) == ("firing", ["Trouble disk"] * 2)


@pytest.mark.parametrize("how", ["its sender", "a person"])
def test_a_resolve_ends_the_call(how: str) -> None:
    context = configured(**LOUDER)
    fire(context)
    if how == "its sender":
        fire(context, status="resolved")
    else:
        act_on_group(group(context), "resolve", context, by="cli")
    minutes(context, 30)
    assert (titles(context, "call"), alert(context)["state"]) == ([], "resolved")
    assert docs(context, "groups")[0].data["due_at"] is None


def test_what_fires_anew_after_a_call_that_no_sweep_has_ended_yet_begins_a_call_of_its_own() -> None:
    context = configured(**LOUDER)
    fire(context)
    fire(context, status="resolved")
    context.clock.advance(minutes=4)
    fire(context, "other")
    minutes(context, 4)
    assert titles(context, "call") == []
    minutes(context, 1)
    assert titles(context, "call") == ["Trouble other"]


def test_an_alert_that_joins_a_group_that_is_called_about_does_not_put_off_the_next_level() -> None:
    context = configured(**LOUDER)
    fire(context)
    minutes(context, 3)
    fire(context, "other")
    assert titles(context) == ["Trouble disk", "Trouble other"]
    minutes(context, 2)
    assert titles(context, "call") == ["2 alerts of test: Trouble disk"]


def test_a_page_after_a_silence_was_made_is_put_off_until_it_ends() -> None:
    context = configured(**LOUDER)
    fire(context)
    silence(["source=github"], context.now + timedelta(minutes=20), context, author="me", comment="mending")
    minutes(context, 19)
    assert titles(context, "call") == []
    minutes(context, 1)
    assert titles(context, "call") == ["Trouble disk"]


def test_of_many_groups_that_are_due_at_once_so_many_are_told_in_a_minute() -> None:
    context = configured()
    for n in range(12):
        fire(context, f"f{n}", labels={"alertname": f"A{n}"})
        minutes(context, 1)
    sent = len(titles(context))
    context.clock.advance(minutes=40)
    timers.escalate_due(context)
    assert len(titles(context)) - sent == 5


def test_a_sender_that_acknowledges_ends_the_escalation_as_a_person_does() -> None:
    context = configured(**LOUDER)
    fire(context)
    fire(context, status="acknowledged")
    minutes(context, 30)
    assert (alert(context)["state"], alert(context)["acknowledged_by"]) == ("acknowledged", "its sender")
    assert titles(context, "call") == []


def test_a_sender_that_acknowledges_what_is_not_open_changes_nothing() -> None:
    context = configured()
    fire(context, status="acknowledged")
    assert docs(context, "alerts") == []


# Held back


def test_what_resolves_within_the_pause_never_interrupts() -> None:
    context = configured(route={"channel": "desk", "auto_pause": "5m"})
    fire(context)
    minutes(context, 4)
    fire(context, status="resolved")
    minutes(context, 30)
    assert (titles(context), alert(context)["pending"]["queue"]) == ([], "digest")


def test_what_lasts_longer_than_the_pause_interrupts() -> None:
    context = configured(route={"channel": "desk", "auto_pause": "5m"})
    fire(context)
    minutes(context, 5)
    assert titles(context) == ["Trouble disk"]


def test_a_silenced_alert_interrupts_when_its_silence_ends_early() -> None:
    context = configured()
    id = silence(["source=github"], context.now + timedelta(days=1), context, author="me", comment="new disk")
    fire(context)
    minutes(context, 60)
    assert titles(context) == []
    expire(id, context)
    minutes(context, 1)
    assert titles(context) == ["Trouble disk"]


def test_a_silenced_alert_that_resolves_is_written_down_and_told_to_nobody() -> None:
    context = configured()
    silence(["source=github"], context.now + timedelta(days=1), context, author="me", comment="new disk")
    fire(context)
    fire(context, status="resolved")
    assert (alert(context)["state"], alert(context)["pending"]) == ("resolved", None)


def test_an_inhibited_alert_interrupts_within_its_groups_interval_after_its_cause_is_gone() -> None:
    rule = {"source_matchers": ["alertname=Down"], "target_matchers": ["alertname=Slow"]}
    context = configured(inhibit_rules=[rule])
    fire(context, "down", labels={"alertname": "Down"})
    fire(context, "slow", labels={"alertname": "Slow"})
    minutes(context, 10)
    assert titles(context) == ["Trouble down"]
    fire(context, "down", status="resolved", labels={"alertname": "Down"})
    minutes(context, 2)
    assert titles(context) == ["Trouble down", "Trouble slow"]


def test_alerts_of_a_group_that_waits_are_one_page_in_the_end() -> None:
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    for n in range(3):
        fire(context, f"f{n}")
        context.clock.advance(seconds=5)
    minutes(context, 1)
    assert titles(context) == ["3 alerts of test: Trouble f0"]


def test_a_warning_in_focus_waits_for_the_digest_and_a_critical_one_does_not() -> None:
    context = configured(route={"channel": "desk", "interrupt_from": "info"})
    until = iso(context.now + timedelta(hours=1))
    context.store.commit([Create("focus/f1", {"name": "writing", "begins_at": iso(context.now), "ends_at": until})])
    fire(context, "slow", "warning")
    fire(context)
    assert titles(context) == ["Trouble disk"]
    context.clock.advance(minutes=5)
    send_digests(DigestDue(queue="digest", reason="window"), context)
    ((_, digest),) = context.channels["inbox"].sent
    assert digest.text == "! Trouble slow\n   warning during the focus block writing: waits for the digest"


def test_the_budget_of_the_day_is_spent_by_whatever_interrupts_and_begins_anew_at_the_operators_midnight() -> None:
    context = configured(
        timezone="America/New_York",
        route={"channel": "desk", "interrupt_from": "info"},
        focus={"budget": {"interruptions_per_day": 2}},
    )
    for n in range(4):
        fire(context, f"f{n}", "warning", labels={"alertname": f"A{n}"})
        context.clock.advance(minutes=2)
    assert titles(context) == ["Trouble f0", "Trouble f1"]
    context.clock.advance(hours=20)
    fire(context, "next day", "warning", labels={"alertname": "B"})
    assert titles(context)[2:] == ["Trouble next day"]


# One tap


def tap(context: FakeContext, path: str, method: str = "POST") -> str:
    answer = console(HttpRequest(method, path, {}), context)
    assert answer.status == 200
    return " ".join(answer.body.decode().split())


def link(context: FakeContext) -> str:
    return urlsplit(context.channels["desk"].sent[0][1].ack_url).path


def test_one_tap_acknowledges_everything_that_the_page_told_of() -> None:
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    for n in range(450):
        fire(context, f"f{n}")
    minutes(context, 1)
    assert [title.partition(":")[0] for title in titles(context)] == ["450 alerts of test"]
    assert "Acknowledge" in tap(context, link(context), "GET")
    assert {doc.data["state"] for doc in docs(context, "alerts")} == {"firing"}
    assert "Acknowledged. Repeats are counted" in tap(context, link(context))
    assert {doc.data["state"] for doc in docs(context, "alerts")} == {"acknowledged"}
    minutes(context, 60)
    assert len(titles(context)) == 1


def test_snoozing_a_group_again_moves_its_time_and_writes_each_alert_once() -> None:
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    for n in range(3):
        fire(context, f"f{n}")
    minutes(context, 1)
    for hours in (1, 2):
        before = len(context.store.commits)
        assert (
            act_on_group(group(context), "snooze", context, by="link", until=context.now + timedelta(hours=hours)) == 3
        )
        assert [len(batch) for batch in context.store.commits[before:]] == [3]
    assert alert(context)["until"] == iso(context.now + timedelta(hours=2))


def test_what_was_not_told_yet_is_not_acknowledged_with_the_rest() -> None:
    context = configured()
    fire(context)
    fire(context, "unseen")
    tap(context, link(context))
    minutes(context, 1)
    assert titles(context) == ["Trouble disk", "Trouble unseen"]


@pytest.mark.parametrize(
    ("button", "state"), [("snooze/1h", "snoozed"), ("snooze/morning", "snoozed"), ("resolve", "resolved")]
)
def test_the_page_of_a_link_also_snoozes_and_resolves(button: str, state: str) -> None:
    context = configured()
    fire(context)
    tap(context, f"{link(context)}/{button}")
    assert alert(context)["state"] == state


@pytest.mark.parametrize("button", ["snooze/1h", "resolve"])
def test_a_button_is_not_pressed_by_following_its_address(button: str) -> None:
    context = configured()
    fire(context)
    for method in ("GET", "HEAD"):
        answer = console(HttpRequest(method, f"{link(context)}/{button}", {}), context)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert alert(context)["state"] == "firing"


def test_until_the_morning_is_eight_on_the_operators_clock() -> None:
    context = configured(timezone="Europe/Berlin")
    fire(context)
    tap(context, f"{link(context)}/snooze/morning")
    assert alert(context)["until"] == "2026-11-21T07:00:00.000000Z"


def test_a_silence_is_made_from_the_link_of_a_page_and_ended_from_the_console() -> None:
    context = configured()
    fire(context)
    shown = tap(context, link(context), "GET")
    path = shown.partition('<a href="/silence/')[2].partition('"')[0]
    form = tap(context, f"/silence/{path}", "GET")
    assert "source=&#34;github&#34;" in form
    assert docs(context, "silences") == []
    request = HttpRequest("POST", f"/silence/{path}", {}, body=b"comment=new+disk&for=4h")
    assert console(request, context).status == 200
    (made,) = [doc.data for doc in docs(context, "silences")]
    assert (made["matchers"], made["comment"], made["author"]) == (
        ['alertname="test"', 'source="github"'],
        "new disk",
        "link",
    )
    assert made["ends_at"] == iso(context.now + timedelta(hours=4))
    assert console(HttpRequest("POST", f"/silence/{path}", {}, body=b"for=9y"), context).status == 400


def test_acting_on_one_alert_leaves_the_others_of_its_group_calling() -> None:
    context = configured(**LOUDER)
    fire(context)
    minutes(context, 1)
    fire(context, "other")
    (first,) = [doc for doc in docs(context, "alerts") if doc.data["title"] == "Trouble disk"]
    act_on_alert(first, "acknowledge", context, by="cli")
    minutes(context, 4)
    assert titles(context, "call") == ["Trouble other"]


# The dead-man's switch


HEARTBEATS = {
    "backup": {"every": "1h", "grace": "5m"},
    "report": {"cron": "0 3 * * *", "timezone": "Europe/Berlin", "grace": "30m", "severity": "warning"},
    "manual": {},
}  # fmt: skip


def ping(context: FakeContext, name: str) -> None:
    assert intake(HttpRequest("POST", f"/webhooks/ping/{name}", {}), context).status == 200


def test_a_heartbeat_that_is_missed_is_an_alert_and_its_next_ping_closes_it() -> None:
    context = configured(heartbeats=HEARTBEATS)
    ping(context, "backup")
    minutes(context, 64)
    assert titles(context) == []
    minutes(context, 2)
    assert titles(context) == ["backup did not say that it lives"]
    ping(context, "backup")
    minutes(context, 1)
    missed = [doc.data for doc in docs(context, "alerts") if doc.data["labels"].get("heartbeat") == "backup"]
    assert [one["state"] for one in missed] == ["resolved"]
    minutes(context, 66)
    assert len(titles(context)) == 2


def test_a_heartbeat_that_was_never_heard_of_is_missed_too_and_one_without_a_period_never() -> None:
    context = configured(heartbeats=HEARTBEATS)
    minutes(context, 67)
    assert titles(context) == ["backup did not say that it lives"]
    assert context.store.get("heartbeats/manual") is None


def test_a_heartbeat_by_cron_is_due_on_the_clock_of_its_zone() -> None:
    context = configured(heartbeats=HEARTBEATS)
    ping(context, "report")
    due = context.store.get("heartbeats/report")
    assert due is not None
    assert due.data["due_at"] == "2026-11-21T02:30:00.000000Z"


def test_after_each_good_sweep_the_external_checker_is_called_and_after_a_bad_one_it_is_not() -> None:
    context = configured(checker={"ping": "CHECKER_URL"})
    sweep(Tick(), context)
    assert context.called == ["CHECKER_URL"]
    accepted(context, "d1", disk_full())
    broken = context.store.docs[min(context.store.docs)]
    del broken.data["body"]
    context.clock.advance(minutes=1)
    sweep(Tick(), context)
    assert context.called == ["CHECKER_URL"]


def raising(_: Any) -> None:
    raise RuntimeError("a bug")


@pytest.mark.parametrize("step", ["tell_due", "escalate_due", "miss_due"])
def test_one_step_of_the_sweep_that_fails_keeps_no_other_from_being_done(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = configured(checker={"ping": "CHECKER_URL"})
    fail: Callable[[Any], None] = raising
    fail.__name__ = step
    monkeypatch.setattr(f"functions.sweeper.handler.{step}", fail)
    accepted(context, "lost", disk_full())
    context.clock.advance(minutes=2)
    with pytest.raises(RuntimeError):
        sweep(Tick(), context)
    assert len([one for one in context.bus.published if isinstance(one, EventAccepted)]) == 2
    assert context.called == []


# Under a storm


class Overtaken(FakeStore):
    """Refuses, once, the first commit that pages: another writer was quicker with the document at `path`."""

    path: str = ""
    times: int = 1

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        paging = any(isinstance(one, Create) and one.path.startswith("outbox/") for one in writes)
        wanted = [one.path for one in writes if one.path.startswith(self.path)] if self.path else []
        if self.scheduled and paging and wanted and self.times:
            self.times -= 1
            raise Conflict(wanted[0])
        return super().commit(writes)

    scheduled: bool = False


@pytest.mark.parametrize("path", ["groups/", "alerts/"])
def test_what_is_overtaken_while_many_are_told_is_told_nevertheless_and_nothing_without_a_page(path: str) -> None:
    store = Overtaken()
    context = configured(route={"channel": "desk", "group_wait": "30s"})
    context.store = store
    for n in range(450):
        fire(context, f"f{n}")
    store.path, store.scheduled = path, True
    minutes(context, 1)
    store.scheduled = False
    minutes(context, 2)
    told = [doc for doc in docs(context, "alerts") if doc.data["told_at"]]
    assert len(told) == 450
    assert sum(doc.data["cause"]["total"] for doc in docs(context, "outbox")) == 450
    named = Counter(id for doc in docs(context, "outbox") for id in doc.data["cause"]["alerts"])
    assert set(named.values()) == {1}


def test_a_flood_is_told_on_the_channels_of_each_of_its_alerts() -> None:
    routes = [{"matchers": ["team=money"], "channel": "friend"}]
    context = configured(route={"channel": "desk", "pages_per_minute": 1, "routes": routes})
    for n in range(4):
        fire(context, f"f{n}", labels={"alertname": f"A{n}", "team": "money" if n % 2 else "web"})
    minutes(context, 2)
    assert titles(context) == ["Trouble f0", "Trouble f2"]
    assert [title.partition(":")[0] for title in titles(context, "friend")] == ["2 alerts at once"]


def test_of_several_routes_only_those_that_are_not_muted_are_told() -> None:
    routes = [
        {"matchers": ["source=github"], "channel": "friend", "continue": True, "mute_time_intervals": ["now"]},
        {"matchers": ["source=github"], "channel": "desk"},
    ]
    now = [{"times": [{"start_time": "08:00", "end_time": "12:00"}]}]
    context = configured(route={"channel": "call", "routes": routes}, time_intervals={"now": now})
    fire(context)
    minutes(context, 31)
    assert (titles(context), titles(context, "friend")) == (["Trouble disk", "Trouble disk"], [])
