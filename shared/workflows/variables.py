"""Which variables an expression has, by its place."""

from collections.abc import Mapping
from typing import Any

from shared.config.files.located_yaml import Where
from shared.workflows.places import Place, around

_ANYWHERE = frozenset({"context", "input", "task", "workflow", "runtime"})
_DEFINITION = _ANYWHERE | {"authorization"}
_OF_TASK: Mapping[Where, frozenset[str]] = {
    ("if",): _ANYWHERE, ("input", "from"): _ANYWHERE - {"input"},
    ("output", "as"): _DEFINITION, ("foreach", "output", "as"): _DEFINITION,
    ("export", "as"): _DEFINITION | {"output"}, ("foreach", "export", "as"): _DEFINITION | {"output"},
}  # fmt: skip
_OF_WORKFLOW: Mapping[Where, frozenset[str]] = {
    ("input", "from"): frozenset({"workflow", "runtime"}),
    ("output", "as"): frozenset({"context", "workflow", "runtime"}),
    ("schedule",): frozenset({"workflow", "runtime"}),
    ("use", "retries"): _DEFINITION | {"error"},
    ("use", "authentications"): _DEFINITION | {"secrets"},
}  # fmt: skip
_SECRET_FIELDS: Mapping[str, tuple[Where, ...]] = {
    "call.http": (
        ("with", "headers"), ("with", "query"), ("with", "body"), ("with", "endpoint", "authentication"),
    ),
    "call.openapi": (("with", "authentication"), ("with", "document", "endpoint", "authentication")),
    "call.mcp": (
        ("with", "transport", "http", "headers"), ("with", "transport", "http", "endpoint", "authentication"),
    ),
}  # fmt: skip
"""Where a call reads secrets: they are put in when it is sent, and no history has them."""
_CATCH = ("when", "exceptWhen", "retry", "do")


def variables(where: Where, places: Mapping[Where, Place]) -> frozenset[str]:
    """The variables that the expression at *where* has, without the `$`."""
    tasks = around(where, places)
    if not tasks:
        return _longest(_OF_WORKFLOW, where, _DEFINITION)
    of_task = _longest(_OF_TASK, tasks[0].rest(where), _DEFINITION)
    secrets = {"secrets"} if reads_secrets(tasks[0], where) else set()
    return of_task.union(secrets, *(_of_block(task, task.rest(where)) for task in tasks))


def reads_secrets(task: Place, where: Where) -> bool:
    """Whether an expression at *where* in *task* may use `$secrets`."""
    return any(_begins(task.rest(where), field) for field in _SECRET_FIELDS.get(task.kind, ()))


def _longest(table: Mapping[Where, frozenset[str]], where: Where, otherwise: frozenset[str]) -> frozenset[str]:
    fitting = [start for start in table if _begins(where, start)]
    return table[max(fitting, key=len)] if fitting else otherwise


def _begins(where: Where, start: Where) -> bool:
    return where[: len(start)] == start


def _of_block(task: Place, rest: Where) -> set[str]:
    """The variables that *task* sets for what is in it at *rest*."""
    if task.kind == "for" and rest[:1] in {("do",), ("while",)}:
        loop = _section(task.task, "for")
        return {str(loop.get("each", "item")), str(loop.get("at", "index"))}
    if task.kind == "listen" and rest[:1] == ("foreach",):
        each = _section(task.task, "foreach")
        return {str(each.get("item", "item")), str(each.get("at", "index"))}
    if task.kind == "try" and rest[:1] == ("catch",) and rest[1:2] and rest[1] in _CATCH:
        return {"error", str(_section(task.task, "catch").get("as", "error"))}
    return set()


def _section(task: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = task.get(name)
    return section if isinstance(section, Mapping) else {}
