import pytest

from shared.workflows.expressions import is_expression, mixed, source


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("${ .a }", ".a"),
        ("${.a}", ".a"),
        ("  ${ .a }\n", ".a"),
        ("${\n  .a |\n  .b\n}", ".a |\n  .b"),
        ("${ {a: {b: 1}} }", "{a: {b: 1}}"),
        ('${ "Hello \\(.name)" }', '"Hello \\(.name)"'),
        ('${ "a } and ${ b" }', '"a } and ${ b"'),
        ("${ .a # }\n}", ".a # }"),
        ('${ "never closed }', '"never closed'),
    ],
)
def test_a_text_that_is_wholly_in_braces_is_an_expression(text: str, inside: str) -> None:
    assert is_expression(text)
    assert source(text) == inside
    assert not mixed(text)


@pytest.mark.parametrize(
    "text", ["Hello ${ .name }", "${ .a } and ${ .b }", "${ .a }!", "${", "${}", "cost: ${5", '${ "\\(.a)" } ${ .b }']
)
def test_a_text_that_only_contains_an_expression_is_mixed(text: str) -> None:
    assert not is_expression(text)
    assert mixed(text)


@pytest.mark.parametrize("text", ["", "hello", "$.a", "{ .a }", "$ {.a}", ".a"])
def test_a_text_without_braces_is_neither_and_is_its_own_source(text: str) -> None:
    assert not is_expression(text)
    assert not mixed(text)
    assert source(text) == text
