"""Any workflow: every pointer names its task, the digest is that of the content, and no file is too broken to judge."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.config.files.located_yaml import Located
from shared.workflows.checked import checked
from shared.workflows.definition import canonical
from shared.workflows.nodes import nodes
from shared.workflows.pointers import pointer, resolve
from tests.support.workflows import FakeEvaluator, definition

DOCUMENT = {"dsl": "1.0.3", "namespace": "shop", "name": "order", "version": "1.0.0"}
NAMES = st.text("abc/~ é", min_size=1, max_size=4)
LENGTHS = st.sampled_from(["PT1S", {"minutes": 5}, "P1D"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["red", "${ .x }", "${ $context.y }"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
GET = {"call": "http", "with": {"method": "get", "endpoint": "https://x.example/{id}"}}


def named(task: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[list[dict[str, Any]]]:
    tasks = st.lists(st.tuples(NAMES, task), min_size=least, max_size=3, unique_by=lambda pair: pair[0])
    return tasks.map(lambda pairs: [{name: task} for name, task in pairs])


def around(task: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists, one_or_more = named(task), named(task, 1)
    return (
        lists.map(lambda tasks: {"do": tasks})
        | lists.map(lambda tasks: {"for": {"in": ".items", "each": "pet"}, "while": ".x", "do": tasks})
        | one_or_more.map(lambda tasks: {"fork": {"branches": tasks}})
        | st.tuples(one_or_more, lists).map(lambda both: {"try": both[0], "catch": {"as": "fault", "do": both[1]}})
        | lists.map(lambda tasks: {"listen": {"to": {"one": {"with": {"type": "x"}}}}, "foreach": {"do": tasks}})
    )


SIMPLE = (
    st.dictionaries(NAMES, VALUES, min_size=1, max_size=2).map(lambda values: {"set": values})
    | LENGTHS.map(lambda length: {"wait": length})
    | st.sampled_from([GET, {"call": "f", "with": {"x": 1}}, {"raise": {"error": "gone"}}, {"set": "${ . }"}])
)
TASKS = named(st.recursive(SIMPLE, around, max_leaves=6))
USE = {
    "functions": {"f": {"do": [{"g": {"call": "h", "timeout": "short"}}]}, "h": GET},
    "errors": {"gone": {"type": "https://x.example/gone", "status": 410}},
    "timeouts": {"short": {"after": "PT1S"}},
}
DEFINITIONS = TASKS.map(lambda tasks: {"document": DOCUMENT, "use": USE, "do": tasks})


def turned(value: Any) -> Any:
    """*value* with the keys of its mappings in the other order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


@given(DEFINITIONS)
def test_every_pointer_names_its_task_and_has_its_line(content: Any) -> None:
    order = definition(json.dumps(content, indent=1))
    for task in order.tasks.values():
        raw = resolve(order.document, task.pointer)
        assert task.model == type(task.model).model_validate(raw)
        assert order.lines[task.pointer] > 1
        assert order.target(task.pointer) in {*order.tasks, "exit", "end"}
    assert set(order.lines) == set(pointers(order.document))


@given(DEFINITIONS)
def test_the_models_keep_all_that_a_definition_says(content: Any) -> None:
    order = definition(json.dumps(content))
    kept = order.workflow.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert canonical(kept) == canonical(order.document)


def pointers(value: Any, where: tuple[str | int, ...] = ()) -> list[str]:
    """The pointers of all that is in *value*, but of itself."""
    inner = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    return [text for step, item in inner for text in (pointer((*where, step)), *pointers(item, (*where, step)))]


@given(DEFINITIONS, DEFINITIONS)
def test_the_digest_is_that_of_the_content_whatever_its_order_and_layout(content: Any, other: Any) -> None:
    layouts = (json.dumps(content, indent=2), json.dumps(turned(content)), json.dumps(other))
    first, second, third = (definition(text).digest for text in layouts)
    assert first == second
    assert (first == third) is (canonical(content) == canonical(other))


@given(DEFINITIONS, st.data())
def test_no_mistake_makes_the_check_fail_or_stay_silent(content: Any, data: st.DataObject) -> None:
    places = list(dict.fromkeys(node.where[:length] for node in nodes(content) for length in range(1, len(node.where))))
    where = data.draw(st.sampled_from(places))
    broken = json.loads(json.dumps(content))
    container = broken
    for step in where[:-1]:
        container = container[step]
    container[where[-1]] = data.draw(st.sampled_from([None, 5, [], [5], {}, {"nonsense": 1}, "a ${ .b }", "${ (.a }"]))
    result = checked(Located("order.yaml", broken, {(): 1}), FakeEvaluator())
    assert bool(result.faults) is (result.definition is None)
