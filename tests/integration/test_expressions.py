"""The evaluator and its processes: what they answer, and what no expression can do to them."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.expressions.evaluator import MAX_BATCH, JaqEvaluator
from shared.errors import ExpressionError
from shared.ports.evaluator import Analysis, Evaluation, Evaluator
from shared.workflows.evaluator import MAX_SOURCE, CheckedEvaluator
from tests.support.project import ROOT

MEGABYTE = 1024 * 1024
ENDLESS = "def f: f; f"


@pytest.fixture(scope="module")
def jaq() -> Iterator[JaqEvaluator]:
    """With small limits, so that attacks end sooner."""
    evaluator = JaqEvaluator(memory=32 * MEGABYTE, deadline=1)
    yield evaluator
    evaluator.close()


@pytest.fixture(scope="module")
def checked(jaq: JaqEvaluator) -> CheckedEvaluator:
    return CheckedEvaluator(jaq)


def value(evaluator: Evaluator, source: str, data: Any = None, **variables: Any) -> Any:
    (result,) = evaluator.evaluate([Evaluation(source, data, variables)])
    return result


def failure(evaluator: Evaluator, source: str, data: Any = None, **variables: Any) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        value(evaluator, source, data, **variables)
    return caught.value


def still_works(evaluator: Evaluator) -> bool:
    return bool(value(evaluator, ".a + $x", {"a": 2**62}, x=1) == 2**62 + 1)


def test_a_batch_has_its_results_in_order(checked: CheckedEvaluator) -> None:
    batch = [Evaluation(source, {"a": 1}, {"x": [2]}) for source in (".a", ".a + 1", "$x[0]", "$x | length", '"t"')]
    assert checked.evaluate(batch) == [1, 2, 2, 1, "t"]
    assert checked.evaluate([]) == []


@pytest.mark.parametrize("failing", [".a + {}", ".a.b"])
def test_the_evaluation_that_failed_is_named_by_its_index(checked: CheckedEvaluator, failing: str) -> None:
    sources = (".a", ".a + 1", failing, ".a + 2")
    with pytest.raises(ExpressionError, match="cannot") as caught:
        checked.evaluate([Evaluation(source, {"a": 1}, {}) for source in sources])
    assert caught.value.index == 2
    assert still_works(checked)


@pytest.mark.slow
def test_the_evaluation_that_took_too_long_is_named_by_its_index(jaq: JaqEvaluator) -> None:
    with pytest.raises(ExpressionError) as caught:
        jaq.evaluate([Evaluation(source, None, {}) for source in ("1", "2", ENDLESS, "4")])
    assert (caught.value.index, caught.value.reason) == (2, "deadline")


@pytest.mark.parametrize(("source", "words"), [("empty", "none"), ("1, 2", "several"), (".[]", "several")])
def test_exactly_one_result_is_expected(jaq: JaqEvaluator, source: str, words: str) -> None:
    error = failure(jaq, source, [1, 2])
    assert error.message == f"expected one result, found {words}"
    assert "first(...)" in (error.hint or "")


@pytest.mark.parametrize(
    ("source", "data", "words"),
    [
        ("nan", None, "finite"), ("[infinite]", None, "finite"), ("1e1000", None, "finite"), ("{(1): 2}", None, "JSON"),
        ("tobytes", "x", "JSON"), (". + 1", 2**63 - 1, "64 bits"), ("[.]", 2**64, "64 bits"), (".", 2**64, "64 bits"),
        ("[.]", float("nan"), "JSON"), (".", float("nan"), "finite"), ("[.]", "\ud800", "surrogate"),
        ("[.]", {1}, "JSON"), ("\ud800", None, "character"), ("reduce range(100) as $i (1; [.])", None, "levels"),
    ],
)  # fmt: skip
def test_only_finite_json_goes_in_and_out(checked: CheckedEvaluator, source: str, data: Any, words: str) -> None:
    assert words in failure(checked, source, data).message
    assert still_works(checked)


def test_a_larger_integer_of_the_data_can_be_made_a_text(jaq: JaqEvaluator) -> None:
    assert value(jaq, ".id | tostring", {"id": 2**100}) == str(2**100)


def test_data_are_never_evaluated(checked: CheckedEvaluator) -> None:
    data = {"a": "${ halt }", "b": '"\\(env)"', "c": ") | halt | ("}
    assert value(checked, "{a: .a, b: .b, c: $c}", data, c=data["c"]) == data


def test_an_analysis_has_the_fault_or_the_free_variables(checked: CheckedEvaluator) -> None:
    sources = ("$a + $b.c | . as $d | $d", ".a", "1 +", ".a |\nfoo(1)", "halt", "1) | (2", "(" * 50_000)
    correct, simple, incomplete, undefined, denied, open_ended, deep = checked.analyse(sources)
    assert correct == Analysis(None, frozenset({"a", "b"}))
    assert simple == Analysis(None, frozenset())
    assert incomplete.fault == "expected term (unexpected end of input) in line 1: 1 +"
    assert undefined.fault == "undefined filter (undefined filter) in line 2: foo(1)"
    assert "`halt` is not allowed" in (denied.fault or "")
    assert "expected token" in (open_ended.fault or "")
    assert "recurses too deeply" in (deep.fault or "")
    assert still_works(checked)


def test_an_undefined_variable_is_an_error(checked: CheckedEvaluator) -> None:
    assert "undefined variable" in failure(checked, "$x + 1").message
    assert "found $x" in failure(checked, "$x").message


def test_what_is_too_large_is_not_sent(checked: CheckedEvaluator, jaq: JaqEvaluator) -> None:
    assert "65536 bytes" in failure(checked, f"{'1 + ' * MAX_SOURCE}1").message
    assert "at most 16 MB" in failure(jaq, "length", "x" * 17 * MEGABYTE).message
    with pytest.raises(ExpressionError, match="at most 1000 evaluations"):
        jaq.evaluate([Evaluation("1", None, {})] * (MAX_BATCH + 1))
    assert still_works(checked)


PROGRAMS = (ROOT / "tests/data/jq/programs.jsonl").read_text().splitlines()


@pytest.mark.slow
def test_programs_mean_what_they_mean_in_jq_except_the_differences_of_the_table(jaq: JaqEvaluator) -> None:
    """Each program has the outcome of jq 1.8.2 on the document of the first line; `opos`, where ours is another."""
    document, *rows = map(json.loads, PROGRAMS)
    assert len(rows) > 700
    outcomes = {row["program"]: outcome(jaq, row["program"], document) for row in rows}
    assert outcomes == {row["program"]: row.get("opos", row["jq"]) for row in rows}


def outcome(evaluator: Evaluator, source: str, data: Any) -> Any:
    try:
        return {"=": value(evaluator, source, data)}
    except ExpressionError as error:
        return "error" if error.reason == "expression" else error.reason


LIMITS = {"deadline", "memory"}
ATTACKS: list[tuple[str, Any]] = [
    (ENDLESS, {"deadline"}),
    ("until(false; .)", {"deadline"}),
    ("[range(1e9)]", LIMITS),
    ("[range(30)] | [combinations(20)]", LIMITS),
    ("def f(g): f(f(g)); f(1)", LIMITS),
    ("def f: 1 + f; f", LIMITS),
    ("reduce range(100000) as $i (1; [.])", LIMITS),
    ('("[" * 100000) | fromjson', LIMITS),
    ('reduce range(60) as $i ("x"; . + .) | length', LIMITS),
    ("reduce range(60) as $i ([1]; . + .) | length", LIMITS),
    ('"x" * 1e12 | length', {"expression"}),
    ("range(1e12)", {"expression"}),
    ("range(100000)", {"expression"}),
    (".[1e9] = 1", {"expression"}),
    ('error("x" * 1000000)', {"expression"}),
    ('"x" * 17000000', LIMITS | {"expression"}),
    ("halt", {"died"}),
    ("halt_error", {"died"}),
    ("env", {}),
    ("env.HOME", None),
    ("$ENV.HOME", {"expression"}),
    ("input", {"expression"}),
    ("debug", None),
    ("stderr", None),
    ('import "passwd" as $a {search: "/etc"}; $a', {"expression"}),
    ('include "a" {search: "/etc"}; f', {"expression"}),
    ('"/etc/passwd" | input_filename', {"expression"}),
    ("get_search_list", {"expression"}),
    ('"a" | modulemeta', {"expression"}),
    ('("a" * 40) + "!" | test("^(a+)+$")', False),
    ('"a" * 100000 | gsub("(a*)*b"; "c") | length', 100000),
    ('"a\0b" | length', 3),
    ("1\0 | halt", {"expression"}),
    ("(" * 20000 + "1" + ")" * 20000, LIMITS),
    ('"' + '\\("' * 5000, LIMITS | {"expression"}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("program", "expected"), ATTACKS, ids=[program[:40] for program, _ in ATTACKS])
def test_an_attack_ends_in_an_answer_or_an_error_and_the_next_evaluation_is_right(
    jaq: JaqEvaluator, program: str, expected: Any
) -> None:
    """Without the list of forbidden words: the process alone must keep an expression from everything."""
    os.environ["OPOS_TEST_SECRET"] = "in the environment of the parent"
    assert reason_or_value(jaq, program) in (expected if isinstance(expected, set) else [expected])
    assert still_works(jaq)


def reason_or_value(evaluator: Evaluator, program: str) -> Any:
    try:
        return value(evaluator, program)
    except ExpressionError as error:
        return error.reason if len(error.message) < 500 else error.message


@pytest.mark.slow
def test_an_input_that_needs_more_than_the_memory_is_an_error(jaq: JaqEvaluator) -> None:
    assert failure(jaq, "length", [{"a": 1}] * 300_000).reason in LIMITS
    assert still_works(jaq)


def test_a_child_has_no_environment_no_files_and_cannot_write(jaq: JaqEvaluator) -> None:
    assert still_works(jaq)
    child = Path("/proc") / str(jaq.pids[0])
    assert (child / "environ").read_bytes() == b""
    assert {entry.name for entry in (child / "fd").iterdir()} == {"0", "1", "2"}
    assert resource.prlimit(jaq.pids[0], resource.RLIMIT_FSIZE) == (0, 0)
    assert resource.prlimit(jaq.pids[0], resource.RLIMIT_NOFILE) == (3, 3)
    assert resource.prlimit(jaq.pids[0], resource.RLIMIT_CORE) == (0, 0)
    assert resource.prlimit(jaq.pids[0], resource.RLIMIT_NPROC) == (0, 0)


def test_the_parent_does_not_import_jaq() -> None:
    code = "import sys, shared.adapters.expressions.evaluator, shared.workflows.evaluator as e; sys.exit('jaq' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_an_expression_that_never_ends_does_not_stop_the_other_callers(jaq: JaqEvaluator) -> None:
    with ThreadPoolExecutor(3) as threads:
        endless = threads.submit(failure, jaq, ENDLESS)
        others = [threads.submit(value, jaq, ". + 1", number) for number in range(100)]
        assert [other.result() for other in others] == list(range(1, 101))
        assert endless.result().reason == "deadline"


class Interrupted(Exception):
    """What a signal raises in the middle of an evaluation."""


def test_an_interrupted_call_leaves_no_answer_to_the_next(jaq: JaqEvaluator) -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(Interrupted):
            value(jaq, ENDLESS)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert still_works(jaq)


def test_a_child_that_was_killed_while_idle_is_replaced_unnoticed(jaq: JaqEvaluator) -> None:
    assert still_works(jaq)
    for pid in jaq.pids:
        os.kill(pid, signal.SIGKILL)
        wait_for_the_end(pid)
    assert still_works(jaq)


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/true"])
def test_a_python_that_cannot_start_is_named(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = JaqEvaluator(children=1)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", program)
        error = failure(evaluator, "1 + 1")
        with pytest.raises(ExpressionError):
            evaluator.analyse(["1"])
    assert error.reason == "died"
    assert f"expected {program} to start an evaluator" in error.message
    assert still_works(evaluator)
    evaluator.close()


PARENT = """
from shared.adapters.expressions.evaluator import JaqEvaluator
from shared.ports.evaluator import Evaluation
jaq = JaqEvaluator(deadline=1.5)
jaq.evaluate([Evaluation("1 + 1", None, {})])
print(*jaq.pids, flush=True)
"""


@pytest.mark.parametrize(
    "then", ["input()", f"jaq.evaluate([Evaluation({ENDLESS!r}, None, {{}})])"], ids=["idle", "busy"]
)
@pytest.mark.slow
def test_a_child_ends_when_its_parent_is_killed(then: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT + then], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
        parent.wait()
        wait_for_the_end(pid)


def wait_for_the_end(pid: int) -> None:
    end = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < end, f"process {pid} has not ended"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it is more than an entry that nobody has read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
