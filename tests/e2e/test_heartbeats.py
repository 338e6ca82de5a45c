"""Heartbeats as jobs and their operator see them, over HTTP on both backends."""

import re
import subprocess
from contextlib import chdir
from http.client import HTTPConnection
from uuid import uuid4

import pytest
from click.testing import CliRunner

from opos.cli import main
from shared.services.intake.ping_log import KEPT, last_pings
from shared.services.intake.pings import beat_of
from tests.support.bundle import SECRETS, Answer, Bundle
from tests.support.project import ROOT

PING = "/webhooks/ping/backup"
HOURLY = "heartbeats: {backup: {every: 1h, grace: 10m}}\n"


def ping(bundle: Bundle, word: str = "", body: bytes = b"", *, at: str = PING) -> Answer:
    answer = bundle.request("POST", f"{at}{word}", body)
    bundle.settle()
    return answer


def pass_minutes(bundle: Bundle, count: int) -> None:
    """Tick as rarely as no outage does."""
    for begin in range(0, count, 3):
        bundle.tick(minutes=min(3, count - begin))


def alerts(bundle: Bundle) -> dict[str, str]:
    return {doc.data["title"]: doc.data["state"] for doc in bundle.docs("alerts")}


def command(bundle: Bundle, *words: str) -> str:
    with chdir(bundle.folder):
        done = CliRunner().invoke(main, ["heartbeat", *words, *bundle.place], env=SECRETS)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_failing_job_pages_at_once_with_its_last_lines_and_a_success_closes_it(bundle: Bundle) -> None:
    bundle.configure(HOURLY)
    bundle.tick(minutes=1)
    ping(bundle, "/start")
    bundle.clock.advance(minutes=3)
    assert ping(bundle, "/3", b"copying\n\ntar: No space left on device\n").json == {"id": "backup", "status": "ok"}
    ((_, page),) = bundle.desk.sent
    assert page.title == "Heartbeat failed: backup (exit code 3)"
    assert "copying | tar: No space left on device" in page.text
    assert bundle.doc("heartbeats/backup")["took"] == 180
    assert bundle.request("GET", "/health").json["checks"]["heartbeats:missed"][0]["observedValue"] == 1
    ping(bundle, "/log", b"cleaning up")
    assert alerts(bundle) == {page.title: "firing"}
    ping(bundle)
    assert alerts(bundle) == {page.title: "resolved"}
    assert bundle.request("GET", "/health").json["checks"]["heartbeats:missed"][0]["observedValue"] == 0


def test_a_run_that_does_not_end_within_the_grace_pages_and_its_success_closes_it(embedded: Bundle) -> None:
    bundle = embedded
    bundle.configure("heartbeats: {backup: {grace: 5m}}\n")
    bundle.tick(minutes=1)
    run = f"?rid={uuid4()}"
    ping(bundle, f"/start{run}")
    pass_minutes(bundle, 4)
    assert bundle.pages() == []
    pass_minutes(bundle, 1)
    assert bundle.pages() == ["Heartbeat ran too long: backup (started 10:01)"]
    ping(bundle, run)
    assert set(alerts(bundle).values()) == {"resolved"}
    ping(bundle, f"/start{run}")  # it was overtaken by the success of its run
    pass_minutes(bundle, 10)
    assert len(bundle.pages()) == 1


def test_a_changed_schedule_is_in_force_with_the_next_tick_in_both_directions(embedded: Bundle) -> None:
    bundle = embedded
    bundle.configure("heartbeats: {backup: {every: 3d, grace: 5m}}\n")
    ping(bundle)
    pass_minutes(bundle, 20)
    bundle.configure("heartbeats: {backup: {every: 10m, grace: 5m}}\n")
    pass_minutes(bundle, 1)
    assert bundle.pages() == ["Heartbeat missed: backup (last ping 10:00)"]
    bundle.configure("heartbeats: {backup: {cron: '0 20 * * *', grace: 5m}}\n")
    pass_minutes(bundle, 1)
    (alert,) = bundle.docs("alerts")
    assert (alert.data["state"], bundle.doc("heartbeats/backup")["due_at"]) == (
        "resolved",
        "2026-11-20T19:05:00.000000Z",
    )
    said = [doc.data["body"] for doc in bundle.docs("events")]
    assert any("Its schedule has changed: the next ping is due by 20:05." in body for body in said)


@pytest.mark.slow
def test_a_heartbeat_that_is_removed_is_forgotten_and_put_back_its_time_starts_anew(embedded: Bundle) -> None:
    bundle = embedded
    bundle.configure("heartbeats: {backup: {every: 10m, grace: 5m}}\n")
    ping(bundle)
    pass_minutes(bundle, 15)
    bundle.configure("heartbeats: {}\n")
    pass_minutes(bundle, 1)
    assert (set(alerts(bundle).values()), bundle.docs("heartbeats")) == ({"resolved"}, [])
    pass_minutes(bundle, 30)
    bundle.configure("heartbeats: {backup: {every: 10m, grace: 5m}}\n")
    pass_minutes(bundle, 1)
    pass_minutes(bundle, 14)
    assert len(bundle.pages()) == 1
    pass_minutes(bundle, 1)
    assert bundle.pages()[-1].startswith("Heartbeat missed: backup (no ping yet)")


def test_after_an_outage_each_heartbeat_has_its_grace_once_before_it_pages(embedded: Bundle) -> None:
    bundle = embedded
    bundle.configure(HOURLY)
    ping(bundle)
    bundle.tick(minutes=1)
    bundle.tick(hours=5)
    pass_minutes(bundle, 9)
    assert bundle.pages() == []
    pass_minutes(bundle, 1)
    assert bundle.pages() == ["Heartbeat missed: backup (last ping 10:00)"]


def test_each_method_pings_and_any_other_method_or_name_says_what_to_do_without_naming_a_heartbeat(
    embedded: Bundle,
) -> None:
    bundle = embedded
    bundle.configure("heartbeats: {backup: {}, secretive: {secrets: [VAULT_TOKEN]}}\n")
    for method in ("GET", "HEAD", "POST"):
        assert bundle.request(method, f"{PING}/start").status == 200
    assert bundle.doc("heartbeats/backup")["pings"] == 3
    for path in (PING, "/webhooks/ping/unknown"):
        wrong = bundle.request("DELETE", path)
        assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    for name in ("unknown", str(uuid4())):
        missing = bundle.request("POST", f"/webhooks/ping/{name}/fail")
        assert missing.status == 404
        assert "Declare it under heartbeats in opos.yaml" in missing.json["error"]["hint"]
        assert "secretive" not in missing.text
    assert bundle.request("POST", "/webhooks/ping/backup/start/again").status == 404
    assert bundle.request("POST", f"{PING}?rid=7").status == 400
    connection = HTTPConnection("127.0.0.1", bundle.server.server_port, timeout=60)
    connection.request("POST", PING, headers={"content-length": str(2 * 1024 * 1024)})
    assert connection.getresponse().status == 413
    connection.close()
    assert bundle.doc("heartbeats/backup")["pings"] == 3


def test_the_address_that_nobody_can_guess_needs_no_token_and_another_opens_nothing(bundle: Bundle) -> None:
    address = command(bundle, "url", "vault", "--url", "https://opos.example/").strip()
    path = address.removeprefix("https://opos.example")
    assert path.startswith("/webhooks/ping/")
    assert "vault" not in path
    assert ping(bundle, "/fail", f"see {address}".encode(), at=path).json == {"id": "vault", "status": "ok"}
    assert bundle.request("GET", "/webhooks/ping/vault").status == 401
    last = "0" if path[-1] != "0" else "1"
    assert bundle.request("POST", path[:-1] + last).status == 404
    assert bundle.doc("heartbeats/vault")["pings"] == 1
    (page,) = bundle.desk.sent
    assert path.rpartition("/")[2] not in page[1].text


@pytest.mark.slow
def test_the_last_pings_are_kept_without_gaps_and_no_more_of_them(embedded: Bundle) -> None:
    bundle = embedded
    for number in range(KEPT + 7):
        bundle.request("POST", f"{PING}/log", str(number).encode())
    assert len(bundle.docs("pings")) == KEPT
    context, beat = bundle.runtime.context(), beat_of("backup", bundle.runtime.store.get("heartbeats/backup"))
    assert [ping["body"] for ping in last_pings(beat, context, limit=KEPT)] == [str(n) for n in range(KEPT + 6, 6, -1)]
    bundle.clock.advance(days=31)
    assert list(last_pings(beat, bundle.runtime.context(), limit=KEPT)) == []


@pytest.mark.slow
def test_the_cron_wrapper_of_the_guide_reports_the_start_the_exit_code_and_the_output(embedded: Bundle) -> None:
    (script,) = re.findall(r"```sh\n(#!.*?)```", (ROOT / "docs/heartbeats.md").read_text(), re.DOTALL)
    job = ["sh", "-c", script, "ping-opos", f"{embedded.url}{PING}", "sh", "-c", "echo copying; echo full >&2; exit 3"]
    done = subprocess.run(job, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (3, b"")
    start, end = (doc.data for doc in sorted(embedded.docs("pings"), key=lambda doc: doc.data["number"]))
    assert (start["kind"], end["exit_code"], end["body"]) == ("start", 3, "copying\nfull")
    assert (start["run"], end["took"]) == (end["run"], 0)


def test_the_console_and_the_command_line_show_the_same_state_and_what_the_job_wrote(embedded: Bundle) -> None:
    bundle = embedded
    bundle.configure(HOURLY)
    bundle.tick(minutes=1)
    operator = bundle.signed_in()
    assert "no ping yet" in bundle.request("GET", "/console/settings", headers=operator).text
    ping(bundle, f"/start?rid={uuid4()}")
    bundle.clock.advance(seconds=50)
    ping(bundle, "/fail", b"<script>alert(1)</script>\n\x1b[31mred" + b"x" * 10_000)
    settings = bundle.request("GET", "/console/settings", headers=operator).text
    assert '<a href="/heartbeat/backup">backup</a>' in settings
    assert 'aria-label="Failing"' in settings
    assert 'aria-label="backup: 1 failed"' in settings
    page = bundle.request("GET", "/heartbeat/backup", headers=operator).text
    assert "the last 10,000 of 10,034 bytes" in page
    ping(bundle, "/log", b"<script>alert(2)</script>\n\x1b[31mred")
    page = bundle.request("GET", "/heartbeat/backup", headers=operator).text
    assert "&lt;script&gt;alert(2)&lt;/script&gt;\n [31mred" in page
    assert "<script>" not in page
    assert bundle.request("GET", "/heartbeat/backup").status == 401
    assert bundle.request("GET", "/heartbeat/unknown", headers=operator).status == 404
    assert command(bundle, "list").startswith("backup           failing  failing since ")
