"""`opos events` and `opos event`: what came in, what became of it, and the payload as it was sent."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import chdir
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from shared.sources import scheme
from tests.support.bundle import SECRETS, Bundle
from tests.support.hostile import controls
from tests.support.project import ROOT

DISPUTE = {
    "id": "evt_1", "type": "charge.dispute.created", "livemode": True,
    "data": {"object": {"id": "dp_1", "amount": 1500, "currency": "jpy", "reason": "fraudulent", "customer": "jo@x.example"}},
}  # fmt: skip


def called(bundle: Bundle, *words: str) -> Result:
    with chdir(bundle.folder):
        return CliRunner().invoke(main, [*words, *bundle.place], env=SECRETS)


def opos(bundle: Bundle, *words: str) -> str:
    done = called(bundle, *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def send(bundle: Bundle, source: str, payload: Any, **more: str) -> str:
    bundle.clock.moment = max(datetime.now(UTC), bundle.clock.moment)  # the commands have the time of the machine
    answer = bundle.send(source, payload, **more)
    assert answer.status == 202
    bundle.settle()
    return str(answer.json["id"])


def test_events_are_listed_newest_first_with_what_became_of_them(bundle: Bundle) -> None:
    old = send(bundle, "github", {"ref": "refs/heads/main"}, event_type="push")
    bad = send(bundle, "app", b"no json", delivery="d2")
    new = send(bundle, "stripe", DISPUTE)
    listed = json.loads(opos(bundle, "events", "--json"))
    assert [event["id"] for event in listed] == [new, bad, old]
    assert [event["verdicts"] for event in listed] == [["page"], ["digest"], []]
    (first, second, third) = opos(bundle, "events").splitlines()
    assert re.fullmatch(rf"\d\d:\d\d  {new[:8]}  page         stripe charge.dispute.created: Payment of .*", first)
    assert f"{bad[:8]}  quarantined  app quarantined: " in second
    assert f"{old[:8]}  record       github push: " in third
    for words, ids in (
        (["--source", "app"], [bad]),
        (["--state", "quarantined"], [bad]),
        (["--type", "charge.*"], [new]),
    ):
        assert [event["id"] for event in json.loads(opos(bundle, "events", "--json", *words))] == ids
    assert len(opos(bundle, "events", "--limit", "2").splitlines()) == 2


def test_an_empty_list_says_so_and_names_the_sources_if_there_is_no_such_source(embedded: Bundle) -> None:
    assert opos(embedded, "events", "--source", "stripe") == "No event matches.\n"
    assert "opos.yaml has no source 'strpe', only github, stripe," in opos(embedded, "events", "--source", "strpe")
    assert json.loads(opos(embedded, "events", "--json")) == []
    following = called(embedded, "events", "--follow", "--source", "strpe")  # else it would wait for ever
    assert (following.exit_code, "opos.yaml has no source 'strpe'" in following.stderr) == (2, True)


def test_a_broken_configuration_does_not_hide_the_events(embedded: Bundle) -> None:
    id = send(embedded, "stripe", DISPUTE)
    (embedded.folder / "opos.yaml").write_text("sources: [")
    assert id[:8] in opos(embedded, "events")
    assert '"reason": "fraudulent"' in opos(embedded, "event", id)
    assert opos(embedded, "events", "--source", "x") == "No event matches.\n"


def test_an_event_is_shown_with_its_payload_by_the_beginning_of_its_id(bundle: Bundle) -> None:
    id = send(bundle, "stripe", DISPUTE)
    shown = opos(bundle, "event", id[:8])
    for part in (
        id,
        "headers   content-type: application/json",
        "decided   page: ",
        "bytes, JSON",
        '  "type": "charge.',
    ):
        assert part in shown
    assert re.search(rf"`opos trace {id[:8]} .*--data {bundle.folder}` shows what followed", shown)
    view = json.loads(opos(bundle, "event", id, "--json"))
    assert (view["payload"], view["format"], view["verdicts"]) == (DISPUTE, "json", ["page"])


def test_an_unknown_event_is_one_clear_error(embedded: Bundle) -> None:
    done = called(embedded, "event", "0a1b")
    assert (done.exit_code, done.stderr.splitlines()[0]) == (1, 'No event matches "0a1b".')


def test_a_redacted_event_has_its_keys_and_none_of_its_values(embedded: Bundle) -> None:
    id = send(embedded, "stripe", DISPUTE)
    for words in ([], ["--json"]):
        shown = opos(embedded, "event", id, "--redact", *words)
        for value in ("jo@x.example", "fraudulent", "dp_1", "1500", "1,500", "evt_1"):
            assert value not in shown
        assert "<email, 12 characters>" in shown
        assert '"type": "charge.dispute.created"' in shown


def test_a_type_or_a_header_in_the_words_of_the_sender_does_not_stay(embedded: Bundle) -> None:
    body = json.dumps({"type": "Jane.Doe", "data": {"name": "Jane", "whole": "Jane.Doe"}}).encode()
    declared = embedded.runtime.config.sources["app"]
    signed = scheme(declared).sign(
        body, SECRETS["APP_SECRET"], now=embedded.clock.now(), delivery="d1", event_type="Jane.Doe"
    )
    assert embedded.request("POST", "/webhooks/app", body, {"user-agent": "JaneDoe/1", **signed}).status == 202
    embedded.settle()
    (event,) = embedded.docs("events")
    assert "JaneDoe/1" in opos(embedded, "event", event.id)
    for words in ([], ["--json"]):
        assert "Jane" not in opos(embedded, "event", event.id, "--redact", *words)


@pytest.mark.parametrize(
    "body", [b'{"type": "x",\r\n "data": {"a": 1.0}} \n', b"\x00\xff\x1b[2J", "Plain \N{SNOWMAN}".encode()]
)
def test_raw_is_the_body_byte_for_byte(embedded: Bundle, body: bytes) -> None:
    id = send(embedded, "app", body)
    assert called(embedded, "event", id, "--raw").stdout_bytes == body
    assert called(embedded, "event", id, "--raw", "--json").exit_code == 2


@pytest.mark.parametrize("body", [b"\x9b2J", b'{"a": "\xff"}', b"\x1b[2J", "\x9b2J".encode()])
def test_a_terminal_gets_no_raw_body_that_may_control_it(
    embedded: Bundle, body: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    id = send(embedded, "app", body)
    reader, terminal = os.openpty()
    monkeypatch.chdir(embedded.folder)
    with os.fdopen(terminal, "w") as stdout:
        monkeypatch.setattr("sys.stdout", stdout)
        with pytest.raises(SystemExit) as ended:
            main(["event", id, "--raw", *embedded.place])
    os.close(reader)
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("expected a body that is plain text")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"\x00\xff\x1b[2J and", "  00000000  00 ff 1b 5b 32 4a 20 61 6e 64                    ...[2J and"),
        (b"a \x1b[2J line\r\nanother", "  a  [2J line\n  another"),
        (b"[" * 900 + b"]" * 900, "[[[["),
        (b"", "0 bytes, no JSON"),
    ],
)
def test_a_body_that_is_no_json_is_shown_and_controls_nothing(embedded: Bundle, body: bytes, shown: str) -> None:
    id = send(embedded, "app", body)
    printed = opos(embedded, "event", id)
    assert shown in printed
    assert controls(printed, except_for="\n") == []
    assert controls(opos(embedded, "event", id, "--json"), except_for="\n") == []
    assert called(embedded, "event", id, "--redact").exit_code == 0


def following(bundle: Bundle, *words: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "opos", "events", "--follow", *words, *bundle.place]
    return subprocess.Popen(command, cwd=bundle.folder, env=environment, stdout=stdout, stderr=subprocess.PIPE)


def read(process: subprocess.Popen[bytes]) -> Any:
    assert process.stdout
    return json.loads(process.stdout.readline())


@pytest.mark.slow
def test_new_events_follow_each_on_a_line_until_ctrl_c(embedded: Bundle) -> None:
    known = send(embedded, "stripe", DISPUTE)
    process = following(embedded, "--json", "--source", "app")
    other = following(embedded, "--json")
    assert read(other)["id"] == known
    first = send(embedded, "app", {"type": "x", "data": {"title": "One"}}, delivery="d1")
    second = send(embedded, "app", {"type": "x", "data": {"title": "Two"}}, delivery="d2")
    assert [read(process)["id"], read(process)["id"]] == [first, second]
    assert [read(other)["id"], read(other)["id"]] == [first, second]
    for ended in (process, other):
        ended.send_signal(signal.SIGINT)
        out, err = ended.communicate(timeout=300)
        assert (ended.returncode, out, err) == (0, b"", b"")


@pytest.mark.slow
def test_following_ends_when_the_reader_of_its_output_ends(embedded: Bundle) -> None:
    send(embedded, "stripe", DISPUTE)
    read_end, write_end = os.pipe()
    process = following(embedded, stdout=write_end)
    os.close(write_end)
    assert b"charge.dispute.created" in os.read(read_end, 1000)
    os.close(read_end)  # as `head -1` does, although no new event comes
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, b"")
