"""The types of tasks, told from the keys of a task, and what is wrong with one that is of no type."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic_core import PydanticCustomError

from shared.config.files.faults import nearest
from shared.config.files.validation import shown
from shared.workflows.refusals import CALLS, RUNS, ruled

Kind = Literal[
    "do", "set", "switch", "for", "fork", "try", "raise", "wait", "listen", "emit", "run.workflow", "call.http",
    "call.openapi", "call.mcp", "call.function",
]  # fmt: skip
REFUSED = "<refused>"
_KEYS = ("call", "do", "emit", "for", "fork", "listen", "raise", "run", "set", "switch", "try", "wait")
"""The keys that say of what type a task is."""
CALLED = ("http", "openapi", "mcp")
"""What `call` names besides functions."""


def tag(kind: str) -> str:
    """The tag of *kind* in the union of all tasks."""
    return f"<{kind}>"


def kind_of(task: Any) -> Kind | None:
    """The type of the unchecked *task*; None if it has none, or one that the profile refuses."""
    keys = _type_keys(task)
    if len(keys) != 1:
        return None
    if keys == ["call"]:
        return _call(task["call"])
    if keys == ["run"]:
        return None if _process(task) else "run.workflow"
    return keys[0]  # type: ignore[return-value]


def refusal(task: Any) -> PydanticCustomError:
    """Why *task*, of which `kind_of` knows no type, is none."""
    keys = _type_keys(task)
    if keys == ["call"]:
        return CALLS[task["call"]].error()
    if keys == ["run"]:
        return RUNS[_process(task)].error()
    expected = f"a task with one of {', '.join(_KEYS)}"
    if len(keys) > 1:
        return ruled(expected, " and ".join(keys), "make each of them a task of its own")
    if not isinstance(task, dict):
        return ruled("a mapping of keys to values", shown(task))
    hints = (nearest(key, _KEYS) for key in task)
    return ruled(expected, f"only {', '.join(task)}" if task else "none", next(filter(None, hints), ""))


def _type_keys(task: Any) -> list[str]:
    keys = [key for key in _KEYS if isinstance(task, Mapping) and key in task]
    return [key for key in keys if key != "do"] if "for" in keys else keys


def _call(called: Any) -> Kind | None:
    if not isinstance(called, str):
        return "call.function"
    if called in CALLS:
        return None
    return f"call.{called}" if called in CALLED else "call.function"  # type: ignore[return-value]


def _process(task: Mapping[str, Any]) -> str:
    """The kind of process that `run` of *task* starts and the profile refuses; empty for a workflow."""
    run = task["run"]
    return next((name for name in RUNS if isinstance(run, dict) and name in run), "")
