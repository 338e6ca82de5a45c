"""What the intake rejects is seen: in the log, health, doctor, console and metrics, and in a digest while it lasts."""

import json
import re
from contextlib import chdir
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from opos.cli import main
from shared.events import iso
from shared.intake.rejections import OTHER_PATHS, OTHER_PINGS
from shared.security.ping_addresses import ping_url
from shared.services.intake.rejections import PATH
from shared.services.slo.indicators import last_accepted, reported
from shared.sources import scheme
from tests.support.bundle import SECRETS, Answer, Bundle

BODY = b'{"type": "thing", "card": "4242 4242 4242 4242"}'
FORGED = {"x-forwarded-for": "10.9.8.7, 203.0.113.77"}
"""The last entry comes from the proxy on this machine; the one before it from whoever called."""


def late(bundle: Bundle, seconds: float) -> Answer:
    declared, at = bundle.runtime.config.sources["stripe"], bundle.clock.now() - timedelta(seconds=seconds)
    signed = scheme(declared).sign(BODY, SECRETS["STRIPE_SECRET"], now=at, delivery="d", event_type="")
    return bundle.request("POST", "/webhooks/stripe", BODY, signed)


def six(bundle: Bundle) -> list[int]:
    """The statuses of six deliveries that are rejected for six reasons."""
    large = BODY + b" " * 1024 * 1024
    return [
        bundle.send("github", BODY, secret="another").status,
        bundle.request("POST", "/webhooks/alertmanager", BODY, FORGED).status,
        late(bundle, 3600).status,
        bundle.request("POST", "/webhooks/githbu", BODY).status,
        bundle.request("POST", "/webhooks/lemon", large, FORGED).status,
        bundle.request("PUT", "/webhooks/slack", BODY).status,
    ]


EXPECTED = {
    "github": "wrong signature", "alertmanager": "missing header authorization", "stripe": "timestamp 3,600 s old",
    "githbu": "no such source", "lemon": "larger than 1 MiB", "slack": "method PUT",
}  # fmt: skip


def doctor(bundle: Bundle) -> tuple[str, dict[str, Any]]:
    with chdir(bundle.folder):
        texts = [CliRunner().invoke(main, ["doctor", *bundle.place, *more]).output for more in ([], ["--json"])]
    return texts[0], {row["source"]: row for row in json.loads(texts[1])["intake"]}


def test_six_deliveries_rejected_for_six_reasons_are_seen_everywhere(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert six(bundle) == [401, 401, 401, 404, 413, 405]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"webhook_rejected"' in line]
    assert {line["source"] for line in lines} == EXPECTED.keys()
    assert {line["network"] for line in lines} == {"127.0.0.0/24", "203.0.113.0/24"}

    health = bundle.request("GET", "/health").text  # not even a minute later
    output = json.loads(health)["checks"]["webhooks:rejected"][0]["output"]
    assert output == "alertmanager, github, lemon, stripe; `opos doctor` shows why"
    metrics = bundle.request("GET", "/metrics").text
    assert 'opos_webhooks_rejected_total{source="stripe",status="401"} 1.0' in metrics
    assert 'opos_webhooks_rejected_total{source="unknown",status="404"} 1.0' in metrics
    console = " ".join(bundle.request("GET", "/console/settings", headers=bundle.signed_in()).text.split())
    text, rows = doctor(bundle)
    assert {place: row["rejected"][0]["words"] for place, row in rows.items() if row["rejected"]} == EXPECTED
    for place, words in EXPECTED.items():
        assert f"<b>{place}</b>" in console
        assert f", {words}</span>" in console
        assert words in text
    assert rows["lemon"]["rejected"][0]["network"] == "203.0.113.0/24"
    for shown in (str(lines), health, metrics, console, text, str(rows), str(bundle.doc(PATH))):
        assert not re.search(r"4242 ?4242|203\.0\.113\.77|10\.9\.8\.7|whsec_|am-token|lemon-secret", shown)
    for public in (health, metrics):
        assert not re.search(r"3,600|timestamp|signature|missing header", public)


def test_the_answer_does_not_say_which_check_failed(bundle: Bundle) -> None:
    answers = [late(bundle, seconds) for seconds in (3600, -3600)]
    answers += [bundle.send("stripe", BODY, secret="another"), bundle.request("POST", "/webhooks/stripe", BODY)]
    assert len({(answer.status, answer.text, answer.headers["www-authenticate"]) for answer in answers}) == 1


def test_a_rejected_source_is_a_line_of_the_digest_until_a_webhook_of_it_is_accepted(bundle: Bundle) -> None:
    bundle.send("app", {"type": "t", "data": {"id": "1", "title": "Sale"}}, delivery="before")
    bundle.tick(minutes=1)
    bundle.send("app", BODY, secret="whsec_b3RoZXI=", delivery="rejected")
    for _ in range(3):
        bundle.tick(minutes=1)
    (alert,) = (doc.data for doc in bundle.docs("alerts") if doc.data["labels"].get("alertname") == "webhooks-rejected")
    assert (alert["state"], alert["severity"]) == ("firing", "warning")
    assert "webhooks:rejected is 1 source: app; `opos doctor` shows why." in alert["summary"]
    assert not bundle.pages()
    assert "app; `opos doctor`" in str(bundle.request("GET", "/health").json["checks"]["webhooks:rejected"])
    bundle.send("app", {"type": "t", "data": {"id": "2", "title": "Sale"}}, delivery="after")
    bundle.settle()
    bundle.tick(minutes=1)
    (alert,) = (doc.data for doc in bundle.docs("alerts") if doc.data["labels"].get("alertname") == "webhooks-rejected")
    assert alert["state"] == "resolved"
    accepted = last_accepted(reported(bundle.store, bundle.clock.now()))
    assert accepted["app"] == iso(bundle.clock.now() - timedelta(minutes=1))


def test_what_scanners_send_raises_no_warning(bundle: Bundle) -> None:
    for name in ("admin", "wp-login", ".env", "github"):
        bundle.request("GET", f"/webhooks/{name}")
    bundle.request("POST", "/webhooks/ping/nobody")
    bundle.request("POST", "/webhooks/v2/enqueue", b"not json")
    for _ in range(2):
        bundle.tick(minutes=1)
    assert bundle.request("GET", "/health").json["checks"]["webhooks:rejected"][0]["status"] == "pass"
    assert bundle.docs("alerts") == []
    counted = {(place, reason): times for place, reason, times, *_ in json.loads(bundle.doc(PATH)["rejected"])}
    assert counted == {
        ("admin", "unknown_source"): 1, ("wp-login", "unknown_source"): 1, (OTHER_PATHS, "unknown_source"): 1,
        ("github", "method"): 1, (OTHER_PINGS, "unknown_heartbeat"): 1, ("pagerduty", "malformed"): 1,
    }  # fmt: skip


def test_a_hostile_or_secret_name_is_neither_stored_nor_shown(embedded: Bundle) -> None:
    names = [
        "%3Cimg%20src=x%20onerror=alert(1)%3E",
        "%1b%5b2J",
        "a" * 2000,
        "sk_live_4eC39HqLyjWDarjtT1z",
        "%e2%80%aex",
    ]
    assert {embedded.request("POST", f"/webhooks/{name}", b"{}").status for name in names} == {404}
    embedded.tick(minutes=1)
    (row,) = json.loads(embedded.doc(PATH)["rejected"])
    assert row[:3] == [OTHER_PATHS, "unknown_source", len(names)]
    console = embedded.request("GET", "/console/settings", headers=embedded.signed_in()).text
    assert f"<b>{OTHER_PATHS}</b>" in console
    assert "onerror" not in console


def test_a_method_that_a_ping_does_not_allow_does_not_reveal_a_heartbeat(embedded: Bundle) -> None:
    """The first rejection of a place is stored within its request, so its time must not depend on the name."""
    for name in ("backup", "nobody"):
        embedded.request("DELETE", f"/webhooks/ping/{name}")
    embedded.tick(minutes=1)
    assert [row[:3] for row in json.loads(embedded.doc(PATH)["rejected"])] == [[OTHER_PINGS, "method", 2]]


def test_an_address_of_a_heartbeat_is_not_stored_with_a_rejection(embedded: Bundle) -> None:
    url = ping_url("vault", embedded.runtime.links)
    id = url.rpartition("/")[2]
    embedded.request("DELETE", f"/webhooks/ping/{id}")
    embedded.request("POST", f"/webhooks/{id}", b"")
    embedded.request("POST", f"/webhooks/ping/{id}x", b"")
    assert id[:13] not in str(embedded.doc(PATH))


def test_a_secret_from_a_file_with_windows_line_ends_is_named_and_never_shown(embedded: Bundle) -> None:
    environment: Any = embedded.runtime.settings.environment
    environment["STRIPE_SECRET"] += "\r"
    declared = embedded.runtime.config.sources["stripe"]
    signed = scheme(declared).sign(
        BODY, SECRETS["STRIPE_SECRET"], now=embedded.clock.now(), delivery="d", event_type=""
    )
    assert embedded.request("POST", "/webhooks/stripe", BODY, signed).status == 401
    output = embedded.request("GET", "/health").json["checks"]["secrets:malformed"][0]
    assert (output["status"], output["output"]) == ("warn", "STRIPE_SECRET ends in whitespace")
    text, rows = doctor(embedded)
    assert rows["stripe"]["rejected"][0]["words"] == "secret STRIPE_SECRET ends in whitespace"
    assert SECRETS["STRIPE_SECRET"] not in f"{text}{rows}{output}"


def test_a_rejection_costs_no_operation_of_the_store_except_the_first_of_its_kind(embedded: Bundle) -> None:
    embedded.send("github", BODY, secret="another")
    before = dict(embedded.store.billed)
    for _ in range(20):
        assert embedded.send("github", BODY, secret="another").status == 401
    assert dict(embedded.store.billed) == before
    embedded.tick(minutes=1)
    assert json.loads(embedded.doc(PATH)["rejected"])[0][:3] == ["github", "signature", 21]


def test_rejections_survive_a_store_that_does_not_answer(embedded: Bundle) -> None:
    class Down:
        def get(self, path: str) -> None:
            raise OSError(path)

    embedded.runtime.__dict__["store"] = Down()
    assert embedded.send("github", BODY, secret="another").status == 401
    embedded.runtime.__dict__["store"] = embedded.store
    embedded.tick(minutes=1)
    assert json.loads(embedded.doc(PATH)["rejected"])[0][:3] == ["github", "signature", 1]
