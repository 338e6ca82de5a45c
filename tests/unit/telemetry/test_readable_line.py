"""The log at a terminal: the same events as the JSON log, in lines for a person."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shared.alerting.alert import HeldBy
from shared.errors import Unavailable
from shared.telemetry import readable_line
from shared.telemetry.log_record import line
from shared.telemetry.log_words import _HELD
from shared.telemetry.readable_line import ReadableLines, append
from shared.telemetry.terminal_fields import terminal_fields
from tests.support.hostile import HOSTILE, controls
from tests.support.project import ROOT

SECRET = "hunter2-hunter2"
BERLIN = ZoneInfo("Europe/Berlin")


def rendered(message: str, *, method: str = "info", traces: Path | None = None, **fields: Any) -> str:
    return ReadableLines(BERLIN, traces)(None, method, {"event": message, **fields})


def outcome(**decision: Any) -> str:
    member = {"alert": "a1", "path": "record", "reason": "why", "title": "Disk full", "channels": [], **decision}
    return re.split(r" {2,}", rendered("routed", source="app", decisions=[member]))[2]


def test_a_line_is_the_time_the_source_the_outcome_and_the_title() -> None:
    text = rendered("accepted", event_id="0a1b2c3d4e5f", source="github", title="CI failed", quarantine=None)
    assert re.fullmatch(r"\d\d:\d\d:\d\d  github          accepted              0a1b2c3d · CI failed", text)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        ({"path": "page", "channels": ["phone", "desk"]}, "interrupts phone, desk"),
        ({"path": "hold", "by": "silence"}, "silenced"),
        ({"path": "hold", "by": "inhibition"}, "inhibited"),
        ({"path": "digest"}, "digest"),
        ({"path": "digest", "status": "resolved"}, "resolved"),
        ({"path": "record", "status": "acknowledged"}, "acknowledged"),
        ({"path": "record", "status": "firing"}, "recorded"),
    ],
)
def test_each_decision_has_its_outcome(decision: dict[str, Any], expected: str) -> None:
    assert outcome(**decision) == expected


def test_every_reason_to_hold_an_alert_has_a_word_but_its_severity_which_never_holds() -> None:
    assert set(_HELD) == set(get_args(HeldBy)) - {"severity"}


def test_an_event_with_several_decisions_has_a_line_for_each() -> None:
    decisions = [
        {"alert": str(number), "path": "digest", "reason": "", "title": f"Alert {number}"} for number in (1, 2)
    ]
    assert [text.split()[-1] for text in rendered("routed", source="app", decisions=decisions).splitlines()] == [
        "1",
        "2",
    ]


def test_quarantine_rejections_and_deliveries_have_their_words() -> None:
    assert "  quarantined  " in rendered("accepted", event_id="e", source="app", quarantine="broken", title="x")
    rejection = rendered(
        "webhook_rejected", method="warning", source="app", status=401, reason="signature", title="wrong signature",
        network="203.0.113.0/24", hint="Compare the secret.",
    )  # fmt: skip
    assert rejection.splitlines()[0].endswith(
        "app             rejected 401          wrong signature · from 203.0.113.0/24"
    )
    assert rejection.splitlines()[1] == "          hint: Compare the secret."
    assert "sent to phone  " in rendered("delivery", path="outbox/a", channel="phone", state="sent", title="Disk")
    late = rendered("delivery", channel="phone", state="pending", title="Disk", last_fault="no answer within 10 s")
    assert re.search(r"phone: tries again +Disk · no answer within 10 s$", late)


def test_what_opos_only_does_again_is_quiet() -> None:
    with pytest.raises(structlog.DropEvent):
        rendered("conflict", path="alerts/a")


def test_a_time_within_a_reason_is_local() -> None:
    held = {"alert": "a", "path": "hold", "by": "silence", "reason": "silenced until 2026-11-20T14:00:00Z", "title": ""}
    assert "2026-11-20T" not in rendered("routed", source="app", decisions=[held])


def caught(fault: Exception) -> Exception:
    with pytest.raises(type(fault)) as raised:
        raise fault
    return raised.value


def test_a_failure_shows_its_message_and_its_hint_and_where_its_stack_trace_is(tmp_path: Path) -> None:
    traces, fault = tmp_path / "faults.jsonl", caught(Unavailable("The store is closed.", hint="Start it."))
    rendered("crashed", method="error", traces=traces, exc_info=caught(KeyError(SECRET)), error="KeyError")
    said = rendered("crashed", method="error", traces=traces, exc_info=fault, error="Unavailable")
    first, hint, trace = said.splitlines()
    assert first.endswith("crashed               The store is closed.")
    assert (hint.strip(), trace.strip()) == ("hint: Start it.", f"stack trace: {traces}:2")
    kept = [json.loads(text) for text in traces.read_text().splitlines()]
    assert "in caught" in kept[1]["stack_trace"]
    assert SECRET not in traces.read_text()
    assert stat.S_IMODE(traces.stat().st_mode) == 0o600


def test_the_text_of_a_foreign_exception_is_not_shown() -> None:
    assert SECRET not in rendered("crashed", method="error", exc_info=caught(KeyError(SECRET)), error="KeyError")
    assert terminal_fields({"cause": ValueError(SECRET)}) == {}


def test_a_folder_that_takes_no_trace_does_not_stop_the_line(tmp_path: Path) -> None:
    said = rendered(
        "crashed", method="error", traces=tmp_path / "gone" / "x", exc_info=caught(KeyError()), error="KeyError"
    )
    assert "not stored in" in said


def test_the_file_of_traces_begins_anew_when_it_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readable_line, "MOST_TRACES", 10)
    assert [append(tmp_path / "f", "x" * 8) for _ in range(3)] == [1, 2, 1]
    assert {file.name for file in tmp_path.iterdir()} == {"f", "f.1"}


@pytest.mark.parametrize("message", ["accepted", "delivery", "webhook_rejected", "crashed"])
def test_a_hostile_title_stays_on_its_line_and_controls_nothing(message: str) -> None:
    fields = {"source": "app", "title": HOSTILE, "hint": HOSTILE, "last_fault": HOSTILE, "channel": HOSTILE}
    said = rendered(message, **fields) + rendered(
        "routed", source="app", decisions=[{"path": "hold", "title": HOSTILE}]
    )
    assert controls(said, except_for="\n") == []
    assert not re.search(r"^\W*FORGED", said, re.MULTILINE)


anything = st.recursive(st.text(max_size=9) | st.none() | st.integers(), lambda inner: st.lists(inner, max_size=3))


@given(st.dictionaries(st.sampled_from(["title", "decisions", "hint", "source", "state", "body"]), anything))
def test_whatever_is_logged_is_rendered(fields: dict[str, Any]) -> None:
    for message in ("accepted", "routed", "delivery", "other"):
        try:
            assert controls(rendered(message, **fields), except_for="\n") == []
        except structlog.DropEvent:
            assert message == "routed"


def test_the_json_log_has_none_of_what_only_the_terminal_shows() -> None:
    decisions = [{"alert": "a", "path": "page", "reason": "new", "title": SECRET, "channels": [SECRET]}]
    entry = line(
        None, "info", {"event": "routed", "title": SECRET, "cause": ValueError(SECRET), "decisions": decisions}
    )
    assert SECRET not in json.dumps(entry)
    assert "dropped" not in entry


def test_a_line_that_cannot_be_written_fails_nothing() -> None:
    program = (
        "import sys; from shared.telemetry import setup; from shared.telemetry.logger import log; setup.configure();"
        "log.warning('x'); log.warning('y'); sys.stderr.write('went on')"
    )
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )
    assert done.stderr.startswith(b"went on")
