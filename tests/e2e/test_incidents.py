"""The story of an alert as the operator meets it: the console's page and its forms, the export, and the trace."""

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from shared.alerting.changes import COLLECTION
from shared.events import iso
from shared.services.alerting.event_story import story
from shared.services.alerting.stories import story_of
from tests.support.bundle import SECRETS, Bundle
from tests.support.project import ROOT

AGENT = {"user-agent": "Mozilla/5.0 (iPhone) AppleWebKit Safari/600"}
SECTIONS = """
timezone: Europe/Berlin
escalations: {night: {levels: [{channel: inbox, after: 7m}], repeats: 2}}
route: {channel: desk, escalation: night, ack_timeout: 1h}
"""


def run(bundle: Bundle, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, *bundle.place], env=SECRETS)


def escalated(bundle: Bundle, title: str = "disk") -> str:
    """The id of an alert that has notified on two levels."""
    bundle.configure(SECTIONS)
    bundle.trouble(title)
    bundle.settle()
    bundle.tick(minutes=8)
    return next(doc.id for doc in bundle.docs("alerts") if doc.data["title"] == f"Trouble {title}")


def page(bundle: Bundle, id: str, query: str = "") -> str:
    answer = bundle.request("GET", f"/console/alert/{id}{query}", headers=bundle.signed_in())
    assert answer.status == 200
    return answer.text


def press(bundle: Bundle, id: str, what: str, *, version: str = "", **fields: str) -> Any:
    """The answer to a form of the alert's page, sent with the token of the page that the same session opened."""
    operator = {**bundle.signed_in(), **AGENT}
    shown = bundle.request("GET", f"/console/alert/{id}", headers=operator).text
    (token,) = {*re.findall(r'name="csrf" value="([^"]+)"', shown)}
    name = "episode" if what == "note" else "buttons"
    given = {"csrf": token, "version": version or versions(shown).get(name, ""), **fields}
    body = "&".join(f"{name}={value}" for name, value in given.items()).encode()
    return bundle.request("POST", f"/console/alert/{id}/{what}", body, operator)


def versions(text: str) -> dict[str, str]:
    """The versions in the forms of an alert's page: of the note, the episode; of the buttons, also the state."""
    given = re.findall(r'name="version" value="([^"]+)"', text)
    return {"episode" if value.isdecimal() else "buttons": value for value in given}


def steps(text: str) -> list[str]:
    """What the timeline says, newest first."""
    (timeline,) = re.findall(r'<ol class="steps">(.*?)</ol>', text, re.DOTALL)
    return re.findall(r'<span class="t">(?:<a [^>]*>)?<bdi>([^<]*)', timeline)


def test_from_the_first_notification_to_the_resolve_the_page_tells_who_did_what(bundle: Bundle) -> None:
    id = escalated(bundle)
    assert steps(page(bundle, id)) == ["Notifies you again", "Notified inbox", "Notified desk", "Started firing"]
    assert press(bundle, id, "note", text="Looks+like+the+pool.%0A%3Cb%3E").status == 303
    done = press(bundle, id, "acknowledge")
    assert (done.status, done.headers["location"]) == (303, f"/console/alert/{id}?done=acknowledge")
    text = page(bundle, id, "?done=acknowledge")
    assert "Acknowledged. If it is still firing when that ends, you are notified again." in text
    assert "The acknowledgement ends at" in text
    assert "Looks like the pool.\n&lt;b&gt;" in text
    assert text.count(f"{bundle.runtime.config.owner}, console, Safari on iPhone") == 2
    bundle.trouble("disk", status="resolved")
    bundle.settle()
    bundle.tick(minutes=1)
    assert steps(page(bundle, id))[-6:] == [
        "Its sender resolved it", "Note", "You acknowledged it", "Notified inbox", "Notified desk", "Started firing",
    ]  # fmt: skip


def test_a_button_acts_on_the_episode_that_the_page_showed_once_and_for_the_operator_only(embedded: Bundle) -> None:
    id = escalated(embedded)
    assert embedded.request("GET", f"/console/alert/{id}").status == 401
    assert embedded.request("POST", f"/console/alert/{id}/acknowledge", b"version=1").status == 401
    forged = embedded.request("POST", f"/console/alert/{id}/resolve", b"version=1", embedded.signed_in())
    stale = press(embedded, id, "resolve", version="7")
    assert (forged.status, stale.status, "This changed while you were reading" in stale.text) == (403, 409, True)
    assert embedded.doc(f"alerts/{id}")["state"] == "firing"
    assert [press(embedded, id, "snooze/1h").status for _ in range(2)] == [303, 303]
    assert press(embedded, id, "snooze/9y").status == 404
    assert [doc.data["kind"] for doc in embedded.docs(COLLECTION)] == ["snooze", "snooze"]
    shown = versions(page(embedded, id))["buttons"]
    assert [press(embedded, id, "resolve", version=shown).headers["location"] for _ in range(2)] == [
        f"/console/alert/{id}?done=resolve", f"/console/alert/{id}?already=1",
    ]  # fmt: skip
    assert "Already resolved at " in page(embedded, id, "?already=1")
    assert "Mark as resolved" not in page(embedded, id)
    assert press(embedded, id, "note", text="").status == 400


@pytest.mark.parametrize("path", ["none", "none?episode=1", ""])
def test_an_unknown_alert_is_not_found(embedded: Bundle, path: str) -> None:
    answer = embedded.request("GET", f"/console/alert/{path}", headers=embedded.signed_in())
    assert answer.status == 404


def test_an_earlier_episode_has_a_page_of_its_own_and_one_that_is_not_kept_has_none(embedded: Bundle) -> None:
    id = escalated(embedded)
    embedded.trouble("disk", status="resolved")
    embedded.settle()
    embedded.tick(minutes=30)
    embedded.trouble("disk")
    embedded.settle()
    text = page(embedded, id)
    assert f'href="/console/alert/{id}?episode=1"' in text
    earlier = page(embedded, id, "?episode=1")
    assert "resolved at" in earlier
    assert "Its sender resolved it" in steps(earlier)
    assert steps(text)[-2:] == ["Notified desk", "Started firing"]
    assert embedded.request("GET", f"/console/alert/{id}?episode=9", headers=embedded.signed_in()).status == 404


def test_a_refresh_of_an_unchanged_page_reads_little_and_sees_a_change(bundle: Bundle) -> None:
    id, operator = escalated(bundle), bundle.signed_in()
    etag = bundle.request("GET", f"/console/alert/{id}", headers=operator).headers["etag"]
    before = bundle.store.billed["reads"]
    again = bundle.request("GET", f"/console/alert/{id}", headers={**operator, "if-none-match": etag})
    assert (again.status, bundle.store.billed["reads"] - before) == (304, 5)
    bundle.trouble("disk", severity="info")
    bundle.settle()
    changed = bundle.request("GET", f"/console/alert/{id}", headers={**operator, "if-none-match": etag})
    assert (changed.status, "Fired again" in changed.text) == (200, True)


def test_the_story_is_exported_by_the_beginning_of_an_id_and_takes_notes(embedded: Bundle) -> None:
    id = escalated(embedded)
    noted = run(embedded, "alerts", "note", id[:6], "Restarted it.", "--as", "me")
    assert (noted.exit_code, noted.output) == (0, f"Added to {id[:8]}  Trouble disk\n")
    text = run(embedded, "incident", "export", id[:6]).output
    assert "# Trouble disk" in text
    assert "| **Notified inbox**: Not acknowledged for 8 min; level 2 of 2. Delivered." in text
    assert "me, command line:\n\n> Restarted it.\n" in text
    file = embedded.folder / "post-mortem.md"
    assert run(embedded, "incident", "export", id[:6], "--output", str(file)).output == f"Wrote {file}.\n"
    assert file.read_text() == text
    assert "not stored" in run(embedded, "incident", "export", id, "--episode", "9").output
    assert run(embedded, "alerts", "note", id[:6], " ").exit_code == 2
    assert run(embedded, "incident", "export", "ffff").exit_code == 1


def test_a_business_event_and_a_resolve_of_an_unknown_alert_have_a_page_too(embedded: Bundle) -> None:
    paid = json.loads((ROOT / "tests/payloads/stripe/charge.succeeded.json").read_text())
    assert embedded.send("stripe", paid).status == 202
    embedded.trouble("unknown", status="resolved")
    embedded.settle()
    pages = {doc.data["state"]: page(embedded, doc.id) for doc in embedded.docs("alerts")}
    assert steps(pages["resolved"]) == ["Its sender resolved it"]
    assert "Business event" in pages["noted"]
    assert "Received" in steps(pages["noted"])


def test_the_trace_of_an_earlier_firing_shows_its_own_messages_and_its_resolved_notice(bundle: Bundle) -> None:
    escalated(bundle)
    events = [doc for doc in bundle.docs("events") if doc.data["source"] == "app"]
    bundle.trouble("disk", status="resolved")
    bundle.settle()
    bundle.tick(minutes=30)
    bundle.trouble("disk")
    bundle.settle()
    (first,) = [bundle.store.get(event.path) for event in events]
    assert first is not None
    titles = [message["title"] for message in story(bundle.store, first)["messages"]]
    assert titles == ["Trouble disk", "Trouble disk", "Resolved: Trouble disk", "Resolved: Trouble disk"]


def test_a_silence_of_an_alert_has_its_labels_and_says_before_what_it_would_hold(embedded: Bundle) -> None:
    id = escalated(embedded)
    add = ("silence", "add", id[:6], "--for", "2h", "--why", "new disk")
    tried = run(embedded, *add, "--dry-run").output.splitlines()
    assert tried[0].startswith("Nothing was changed. The silence would hold matching alerts until ")
    assert tried[0].endswith("; 1 open alert now.")
    assert '  incident="disk"' in tried
    assert embedded.docs("silences") == []
    assert run(embedded, *add, "--as", "me").output.startswith("Silence ")
    (silence,) = embedded.docs("silences")
    assert (silence.data["comment"], silence.data["author"], len(silence.data["matchers"])) == ("new disk", "me", 4)


def test_an_alert_that_only_a_digest_had_and_one_of_the_rule_a_month_ago_are_found(bundle: Bundle) -> None:
    def say(fingerprint: str, status: str, rule: str, severity: str = "warning") -> None:
        alert = {
            "status": status, "startsAt": iso(bundle.clock.now()), "fingerprint": fingerprint, "annotations": {},
            "endsAt": iso(bundle.clock.now()) if status == "resolved" else "0001-01-01T00:00:00Z",
            "labels": {"alertname": rule, "service": "shop", "host": fingerprint, "severity": severity},
        }  # fmt: skip
        payload = {"version": "4", "groupKey": rule, "status": status, "alerts": [alert]}
        assert bundle.send("alertmanager", payload, delivery=f"{fingerprint}{status}").status == 202
        bundle.settle()

    for fingerprint, rule, away in (("a", "DiskFull", 20), ("b", "Slow", 0)):
        say(fingerprint, "firing", rule)
        say(fingerprint, "resolved", rule)
        bundle.clock.advance(days=away, minutes=5)
    say("c", "firing", "DiskFull", "critical")
    id = next(doc.id for doc in bundle.docs("alerts") if doc.data["labels"]["host"] == "c")
    told = story_of(bundle.runtime.store.get(f"alerts/{id}"), bundle.runtime.context())  # type: ignore[arg-type]
    assert [happening.words.partition(";")[2] for happening in told.related] == [" same service"]
    assert [ended.how for ended in told.similar] == ["resolved before you were notified"]
