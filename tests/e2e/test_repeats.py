"""A captured webhook that comes again under another delivery id: kept, heard, and without power to end anything."""

import json
from collections import Counter
from typing import Any

import pytest
from click.testing import CliRunner

from opos.cli import main
from shared.cost import CLAIM
from shared.sources import scheme
from tests.support.bundle import SECRETS, Answer, Bundle

SOURCES = """
sources:
  sentry: {scheme: sentry, secrets: [GITHUB_SECRET]}
  shop: {scheme: shopify, secrets: [GITHUB_SECRET], repeat_window: 1h}
  github: {scheme: github, secrets: [GITHUB_SECRET]}
  plain: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Signature}, delivery: {header: X-Id}, alert: {title: t,
    severity: critical, status: status, fingerprint: t}}
  nameless: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Signature}, repeat_window: 0s, event: {title: t}}
  lemon: {scheme: hmac, secrets: [LEMON_SECRET], hmac: {header: X-Signature}, delivery: {hash: body, window: 10m},
    alert: {title: t, severity: critical, status: status, fingerprint: t}}
"""


@pytest.fixture
def bundle(bundle: Bundle) -> Bundle:
    bundle.configure(SOURCES)
    return bundle


@pytest.fixture
def embedded(embedded: Bundle) -> Bundle:
    """For the commands, which would look for Pub/Sub beside Firestore."""
    embedded.configure(SOURCES)
    return embedded


def issue(bundle: Bundle, action: str, delivery: str, *, seen: int = 1) -> Answer:
    told = {"id": "42", "title": "Checkout fails", "level": "fatal", "project": {"slug": "web"}, "count": seen}
    answer = bundle.send("sentry", {"action": action, "data": {"issue": told}}, delivery=delivery, event_type="issue")
    bundle.settle()
    bundle.clock.advance(minutes=3)
    return answer


def state(bundle: Bundle) -> str:
    (alert,) = bundle.docs("alerts")
    return str(alert.data["state"])


def a_second_episode(bundle: Bundle) -> None:
    """The issue fires, is resolved, and fires again."""
    for number, action in enumerate(("created", "resolved", "unresolved")):
        assert issue(bundle, action, f"d{number}", seen=number).status == 202
    assert state(bundle) == "firing"


def test_an_old_resolve_under_a_new_id_is_kept_and_closes_nothing(bundle: Bundle) -> None:
    a_second_episode(bundle)
    bundle.clock.advance(days=30)
    answer = issue(bundle, "resolved", "forged", seen=1)
    assert (answer.status, answer.json["status"]) == (202, "accepted")
    assert state(bundle) == "firing"
    kept = bundle.doc(f"events/{answer.json['id']}")
    (decision,) = kept["handled"]["alert_router"]["decisions"]
    assert kept["delivery_id"] == "forged"
    assert kept["repeats"] in decision["reason"] or kept["repeats"][:8] in decision["reason"]
    assert issue(bundle, "resolved", "its own", seen=3).status == 202
    assert state(bundle) == "resolved"


def test_the_senders_own_redelivery_is_still_a_duplicate(bundle: Bundle) -> None:
    a_second_episode(bundle)
    assert issue(bundle, "resolved", "d1", seen=1).json["status"] == "duplicate"
    forged = issue(bundle, "resolved", "forged", seen=1).json
    assert issue(bundle, "resolved", "forged", seen=1).json == {"id": forged["id"], "status": "duplicate"}
    assert len(bundle.docs("events")) == 4


def test_an_old_firing_under_a_new_id_still_notifies(bundle: Bundle) -> None:
    """A sender may mean the same words again, so a repeat may interrupt."""
    issue(bundle, "created", "d0")
    issue(bundle, "resolved", "d1")
    issue(bundle, "created", "d2")
    assert state(bundle) == "firing"
    assert len(bundle.pages()) == 2


def test_the_trace_says_what_an_event_repeats_and_a_replay_by_name_applies_it(
    embedded: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(embedded.folder)
    a_second_episode(embedded)
    forged = issue(embedded, "resolved", "forged", seen=1).json["id"]
    told = opos(embedded, "trace", forged)
    assert f"repeats   {embedded.doc(f'events/{forged}')['repeats']}" in told
    assert "so it ends nothing" in told
    assert "so it ends nothing" in opos(embedded, "replay", "--since", "2026-11-19", "--dry-run")
    assert "critical firing x1 -> critical resolved" in opos(embedded, "replay", forged, "--dry-run")
    opos(embedded, "replay", forged)
    embedded.settle()
    assert state(embedded) == "resolved"


def opos(bundle: Bundle, *arguments: str) -> str:
    done = CliRunner().invoke(main, [*arguments, *bundle.place])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_header_that_is_not_signed_makes_no_other_event_of_a_body(bundle: Bundle) -> None:
    """An id, a type or a time in a header is the choice of whoever sends it."""
    a_second_episode(bundle)
    told = {"id": "42", "title": "Checkout fails", "project": {"slug": "web"}}
    body = json.dumps({"action": "resolved", "data": {"issue": told}}).encode()
    assert bundle.send("sentry", body, delivery="a", event_type="issue").status == 202
    bundle.settle()
    assert state(bundle) == "resolved"
    issue(bundle, "unresolved", "b", seen=9)
    for delivery, event_type in (("c", "event_alert"), ("d", "issue")):
        assert bundle.send("sentry", body, delivery=delivery, event_type=event_type).status == 202
        bundle.settle()
    assert {alert.data["title"]: alert.data["state"] for alert in bundle.docs("alerts")} == {
        "web: Checkout fails": "firing",
        "A webhook from sentry failed validation": "firing",
    }


def order(bundle: Bundle, delivery: str) -> Answer:
    paid = {"id": 1, "name": "#1", "total_price": "49.00", "currency": "EUR"}
    answer = bundle.send("shop", paid, delivery=delivery, event_type="orders/paid")
    bundle.settle()
    return answer


def test_an_amount_is_counted_once_and_its_repeat_is_a_line_without_one(bundle: Bundle) -> None:
    order(bundle, "d1")
    order(bundle, "d2")
    assert [alert.data["money"] is None for alert in bundle.docs("alerts")].count(False) == 1
    assert len(bundle.docs("alerts")) == 2


def test_after_the_window_the_same_body_is_new_once(bundle: Bundle) -> None:
    first = order(bundle, "d1").json["id"]
    bundle.clock.advance(minutes=59)
    assert bundle.doc(f"events/{order(bundle, 'd2').json['id']}")["repeats"] == first
    bundle.clock.advance(minutes=2)
    second = order(bundle, "d3").json["id"]
    assert bundle.doc(f"events/{second}")["repeats"] == ""
    assert bundle.doc(f"events/{order(bundle, 'd4').json['id']}")["repeats"] == second


def test_a_source_may_mean_every_body_anew(bundle: Bundle) -> None:
    for _ in range(2):
        assert bundle.send("nameless", {"t": "A visitor"}).status == 202
    assert [event.data["repeats"] for event in bundle.docs("events")] == ["", ""]
    assert bundle.docs("bodies") == []


def disk(bundle: Bundle, source: str, status: str, delivery: str = "") -> Any:
    """What *source* says about the disk. Its signature covers the body alone, whatever id it comes under."""
    body = json.dumps({"t": "Disk", "status": status}).encode()
    declared = bundle.runtime.config.sources[source]
    signature = scheme(declared).sign(body, SECRETS["LEMON_SECRET"], now=bundle.clock.now(), delivery="", event_type="")
    answer = bundle.request("POST", f"/webhooks/{source}", body, {**signature, "x-id": delivery})
    bundle.settle()
    return answer.json


def test_a_repeat_does_not_take_the_place_of_an_event_still_to_come(bundle: Bundle) -> None:
    """Where ids can be guessed, old bodies could otherwise use up those of the next deliveries."""
    disk(bundle, "plain", "resolved", "1")
    assert disk(bundle, "plain", "resolved", "2")["status"] == "accepted"
    assert disk(bundle, "plain", "firing", "2")["status"] == "accepted"
    assert state(bundle) == "firing"


def test_a_body_that_is_its_own_id_ends_nothing_when_its_window_is_over(bundle: Bundle) -> None:
    for status in ("firing", "resolved"):
        disk(bundle, "lemon", status)
        bundle.clock.advance(minutes=15)
    assert state(bundle) == "resolved"
    assert disk(bundle, "lemon", "firing")["status"] == "accepted"
    assert (disk(bundle, "lemon", "resolved")["status"], state(bundle)) == ("accepted", "firing")
    bundle.clock.advance(minutes=9)
    assert disk(bundle, "lemon", "resolved")["status"] == "duplicate"


def run(bundle: Bundle, conclusion: str, delivery: str, *, at: str) -> None:
    about = {"conclusion": conclusion, "name": "CI", "workflow_id": 7, "head_branch": "main", "updated_at": at}
    payload = {"action": "completed", "workflow_run": about, "repository": {"full_name": "acme/shop"}}
    assert bundle.send("github", payload, delivery=delivery, event_type="workflow_run").status == 202
    bundle.settle()


def test_a_body_whose_own_time_is_before_the_alert_ends_nothing_even_as_the_first_of_its_kind(bundle: Bundle) -> None:
    run(bundle, "failure", "d1", at="2026-11-20T08:59:30Z")
    run(bundle, "success", "d2", at="2026-11-20T08:58:00Z")
    assert state(bundle) == "firing"
    run(bundle, "success", "d3", at="2026-11-20T08:59:50Z")
    assert state(bundle) == "resolved"


def test_a_claim_costs_one_write(bundle: Bundle) -> None:
    before = Counter(bundle.store.billed)
    assert bundle.send("github", {"zen": "x"}, event_type="ping").status == 202
    claimed = bundle.store.billed - before
    bundle.configure(SOURCES.replace("scheme: github,", "scheme: github, repeat_window: 0s,"))
    before = Counter(bundle.store.billed)
    assert bundle.send("github", {"zen": "y"}, event_type="ping", delivery="d2").status == 202
    assert claimed - (bundle.store.billed - before) == CLAIM
