"""The log: the format of its lines and their allowed fields."""

import ast
import json
import logging
import re
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Unavailable
from shared.process.facts import version
from shared.telemetry import setup as telemetry
from shared.telemetry import tracing
from shared.telemetry.allowed_fields import ATTRIBUTES, FIELDS, TERMINAL_ONLY, allowed, attributes
from shared.telemetry.log_record import line
from shared.telemetry.stack_traces import stack_trace
from tests.support.project import ROOT

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOGLE = "logging.googleapis.com"
SECRET = "hunter2-hunter2"


def logged(message: str = "accepted", *, method: str = "info", **fields: Any) -> dict[str, Any]:
    return line(None, method, {"event": message, **fields})


def test_a_line_has_the_fields_that_cloud_logging_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo-opos")
    with tracing.serving("webhook_intake", f"00-{TRACE}-{SPAN}-01") as span:
        entry = logged(event_id="e1", source="app", quarantine=None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", entry.pop("time"))
    assert entry.pop(f"{GOOGLE}/sourceLocation")["function"] == "logged"
    assert entry == {
        "severity": "INFO",
        "message": "accepted",
        "event_id": "e1",
        "source": "app",
        "quarantine": False,
        f"{GOOGLE}/trace": f"projects/demo-opos/traces/{TRACE}",
        f"{GOOGLE}/spanId": span.place.span,
        f"{GOOGLE}/trace_sampled": True,
        f"{GOOGLE}/labels": {"function": "webhook_intake", "version": version()},
    }


def test_without_a_project_the_trace_is_its_bare_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    with tracing.serving("health", f"00-{TRACE}-{SPAN}-00"):
        entry = logged()
    assert (entry[f"{GOOGLE}/trace"], entry[f"{GOOGLE}/trace_sampled"]) == (TRACE, False)


def test_a_line_outside_of_any_work_has_no_trace() -> None:
    entry = logged()
    assert [name for name in entry if "trace" in name or "span" in name] == []
    assert set(entry[f"{GOOGLE}/labels"]) == {"function", "version"}


def test_the_place_in_the_source_is_that_of_who_logged() -> None:
    place = logged()[f"{GOOGLE}/sourceLocation"]
    assert place == {"file": __file__, "line": place["line"], "function": "logged"}
    assert 'return line(None, method, {"event"' in Path(__file__).read_text().splitlines()[int(place["line"]) - 1]


def failing(depth: int) -> None:
    if depth:
        failing(depth - 1)
    raise ValueError(f"could not send to https://x.example/?token={SECRET}")


def caught(depth: int = 1) -> Exception:
    try:
        try:
            failing(depth)
        except ValueError as fault:
            raise Unavailable(f"no store, said {SECRET}", hint=SECRET) from fault
    except Unavailable as fault:
        return fault


def test_an_exception_is_as_error_reporting_expects_it_and_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K_SERVICE", "webhook-intake")
    fault = caught()
    entry = logged("crashed", method="error", exc_info=fault, error="Unavailable")
    assert entry["@type"] == "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
    assert entry["serviceContext"] == {"service": "webhook-intake", "version": version()}
    assert entry["context"]["reportLocation"]["functionName"] == "caught"
    assert entry["context"]["reportLocation"]["filePath"] == __file__
    assert SECRET not in json.dumps(entry)


def test_a_stack_trace_is_as_python_writes_it_but_for_texts_and_lines_of_source() -> None:
    shown = re.sub(r"line \d+", "line N", stack_trace(caught()))
    assert shown == (
        "Traceback (most recent call last):\n"
        f'  File "{__file__}", line N, in caught\n'
        f'  File "{__file__}", line N, in failing\n'
        f'  File "{__file__}", line N, in failing\n'
        "ValueError\n"
        "\nThe above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\n"
        f'  File "{__file__}", line N, in caught\n'
        "shared.errors.Unavailable"
    )


def test_a_deep_stack_is_cut_to_its_innermost_frames() -> None:
    assert stack_trace(caught(400)).count("in failing") == 50


def test_a_loop_of_causes_ends() -> None:
    fault, other = ValueError(), KeyError()
    fault.__cause__, other.__cause__ = other, fault
    assert stack_trace(fault).count("Traceback") == 8


def test_a_field_that_is_not_listed_is_dropped_and_named() -> None:
    entry = logged(event_id="e1", headers={"authorization": SECRET}, body=SECRET, url=f"https://x.example/{SECRET}")
    assert entry["dropped"] == ["headers", "body", "url"]
    assert SECRET not in json.dumps(entry)


@pytest.mark.parametrize("value", [{"token": SECRET}, [SECRET], SECRET.encode(), ValueError(SECRET), object()])
@pytest.mark.parametrize("name", ["path", "attempts", "fault"])
def test_a_value_of_a_kind_that_its_field_does_not_hold_is_dropped(name: str, value: object) -> None:
    assert allowed({name: value}) == {"dropped": [name]}


def test_numbers_that_json_does_not_know_are_dropped() -> None:
    assert allowed({"attempts": float("nan"), "members": float("inf")}) == {"dropped": ["attempts", "members"]}


def test_texts_are_one_line_short_and_steer_no_terminal() -> None:
    assert allowed({"path": "a\x1b[2J\nb\u202ec\ud800"}) == {"path": "a [2J b c "}
    assert len(allowed({"path": "x" * 5000})["path"]) == 200
    assert len(allowed({"fault": "x" * 5000})["fault"]) == 1000
    assert len(logged("x" * 5000)["message"]) == 100


def test_of_an_address_only_its_scheme_is_said() -> None:
    said_of = allowed({"fault": f"GET https://u:{SECRET}@x.example/hook?token={SECRET} and tgram://{SECRET}/1 failed"})
    assert said_of == {"fault": "GET https://… and tgram://… failed"}


def test_a_reason_for_quarantine_quotes_the_sender_so_only_that_there_is_one_is_said() -> None:
    assert allowed({"quarantine": f"ValueError: {SECRET}"}) == {"quarantine": True}


def test_of_decisions_their_parts_are_said_and_no_more_than_twenty() -> None:
    decision = {"alert": "a1", "path": "page", "reason": "critical", "title": SECRET}
    decisions = allowed({"decisions": [decision] * 30})["decisions"]
    assert decisions == [{"alert": "a1", "path": "page", "reason": "critical"}] * 20


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "body", "x"]), anything, max_size=6))
def test_whatever_is_logged_becomes_one_line_of_json(fields: dict[str, Any]) -> None:
    text = json.dumps(line(None, "info", {"event": "said", **fields}), allow_nan=False)
    assert text.isascii()
    assert text.isprintable()


def test_a_span_bears_only_what_it_may() -> None:
    labels = {"event_id": "e1", "status": 202, "method": "GET", "query": SECRET, "path": "alerts/a", "body": SECRET}
    assert attributes(labels) == {
        "opos.event.id": "e1", "http.response.status_code": 202, "http.request.method": "GET",
    }  # fmt: skip
    assert attributes({"method": SECRET}) == {"http.request.method": "_OTHER"}
    assert set(ATTRIBUTES) <= set(FIELDS)


@cache
def log_calls() -> list[tuple[str, ast.Call]]:
    paths = [path for room in ("shared", "functions", "opos") for path in (ROOT / room).rglob("*.py")]
    sources = {path: text for path in paths if "_log." in (text := path.read_text()) or "telemetry.span" in text}
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("_log.", "telemetry.span"))
    ]


def test_every_field_that_the_source_logs_is_listed() -> None:
    inside = {"exc_info", "at", *TERMINAL_ONLY}
    named = [(place, keyword.arg) for place, call in log_calls() for keyword in call.keywords]
    assert len(named) > 50
    assert [(place, name) for place, name in named if name is None or name not in FIELDS.keys() | inside] == []


def test_what_is_logged_is_called_by_a_word_and_not_by_a_text_made_of_values() -> None:
    """A message is no field, so nothing checks it: it has to stand in the source."""
    made = [
        (place, ast.unparse(call.args[0]))
        for place, call in log_calls()
        if call.args and isinstance(call.args[0], ast.JoinedStr | ast.BinOp) and "span" not in ast.unparse(call.func)
    ]
    assert made == []


def run(program: str, **environment: str) -> list[str]:
    """The lines that *program* writes in a process of its own, to either stream."""
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, timeout=300,
    )  # fmt: skip
    return done.stdout.splitlines()


LIBRARIES = f"""
import logging, threading
from shared.telemetry import setup as telemetry
telemetry.configure()
server = logging.getLogger("gunicorn.error")  # as the server sets it up
server.propagate = False
server.addHandler(logging.StreamHandler())
logging.getLogger("apprise").warning("Failed to send to https://ntfy.example/{SECRET}")
logging.getLogger("apprise").info("sent {SECRET}")
try:
    raise ValueError("{SECRET}")
except ValueError:
    logging.getLogger("webhook_intake").exception("Exception on /?token={SECRET}")
    server.exception("Error handling request /?token={SECRET}")
def die():
    raise RuntimeError("{SECRET}")
thread = threading.Thread(target=die)
thread.start()
thread.join()
"""


def test_what_libraries_and_dying_threads_say_is_told_without_its_text() -> None:
    lines = run(LIBRARIES)
    assert SECRET not in "\n".join(lines)
    entries = [json.loads(text) for text in lines]
    assert [(entry["severity"], entry["message"], entry.get("library")) for entry in entries] == [
        ("WARNING", "library", "apprise"),
        ("ERROR", "library", "webhook_intake"),
        ("ERROR", "library", "gunicorn.error"),
        ("ERROR", "thread_died", None),
    ]
    assert [entry["stack_trace"].splitlines()[-1] for entry in entries[1:]] == [
        "ValueError",
        "ValueError",
        "RuntimeError",
    ]
    assert entries[0][f"{GOOGLE}/sourceLocation"]["file"] == "<string>"


def test_a_plain_handler_that_would_write_texts_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [logging.StreamHandler(), *root.handlers])
    telemetry.configure()
    assert [handler for handler in root.handlers if type(handler) is logging.StreamHandler] == []


def test_a_hook_for_dying_threads_that_somebody_else_set_is_left_alone() -> None:
    before = threading.excepthook
    telemetry.configure()
    assert threading.excepthook is before


SPEAKING = """
from shared.telemetry.logger import log
from shared.telemetry import setup as telemetry
telemetry.configure()
for level in ("debug", "info", "warning", "error"):
    getattr(log, level)("said")
"""


def test_what_was_deployed_is_named_by_every_line() -> None:
    for named, expected in (
        ({"K_REVISION": "intake-7"}, "intake-7"),
        ({"OPOS_RELEASE": "v2", "K_REVISION": "x"}, "v2"),
    ):
        *_, last = run(SPEAKING, **named)
        assert json.loads(last)[f"{GOOGLE}/labels"] == {"function": "opos", "version": expected}


@pytest.mark.parametrize(("level", "count"), [("", 3), ("nonsense", 3), ("debug", 4), ("ERROR", 1), ("critical", 0)])
def test_the_environment_says_how_loud_the_log_is(level: str, count: int) -> None:
    assert len(run(SPEAKING, OPOS_LOG_LEVEL=level)) == count


SERVING = """
import sys
sys.path[:0] = %r
import flask
from shared.runtime import entry
from shared.values.http import HttpResponse
app = flask.Flask("x")
with app.test_request_context("/?token=x"):
    answer = entry.run_http(flask.request._get_current_object(), lambda request, context: HttpResponse(200))
print(answer.status_code, sorted(name for name in sys.modules if name.split(".")[0] == "opentelemetry"))
"""


def test_without_a_collector_nothing_of_opentelemetry_is_imported() -> None:
    assert run(SERVING % []) == ["200 []"]


def test_without_its_packages_a_configured_export_is_one_clear_line_and_the_function_serves(tmp_path: Path) -> None:
    (tmp_path / "opentelemetry.py").write_text("raise ModuleNotFoundError\n")
    *lines, answer = run(SERVING % [str(tmp_path)], OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    (entry,) = (json.loads(text) for text in lines)
    assert (entry["severity"], entry["message"], entry["reason"]) == ("ERROR", "spans_not_exported", "not installed")
    assert entry["remedy"] == "pip install 'one-person-os[otel]'"
    assert answer.startswith("200 ")


def test_a_setting_that_opentelemetry_does_not_understand_is_one_line_and_the_function_serves() -> None:
    *lines, answer = run(
        SERVING % [], OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="-1"
    )
    assert "spans_not_exported" in [json.loads(text)["message"] for text in lines]
    assert answer.startswith("200 ")


def test_of_a_collector_that_cannot_be_reached_neither_address_nor_headers_are_logged() -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://user:{SECRET}@127.0.0.1:1/{SECRET}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {SECRET}",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
    }
    lines = run(SERVING % [], **environment)
    assert SECRET not in "\n".join(lines)
    assert "opentelemetry" in "".join(json.loads(text).get("library", "") for text in lines if text.startswith("{"))
