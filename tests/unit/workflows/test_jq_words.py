import pytest

from shared.workflows.jq_words import FORBIDDEN, forbidden


@pytest.mark.parametrize("word", FORBIDDEN)
@pytest.mark.parametrize(
    "form",
    [
        "{}", "[.a, {}]", ".a | {}", '"\\({})"', '@base32 "x\\({})"', '"a\\("b\\({})")"', "{{a: {}}}", "{{({}): 1}}",
        "def f: {}; f", "reduce {} as $x (0; 1)", "{{a: (1, {}, 2)}}", "try {} catch .", "# a\n{}", ". | {} # b", "{}|keys",
        "{{a: if . then 1, {}, 2 else 3 end}}", ".[{}:2]", "path({})", '"\\\\" | {}', "{{{}}}", "..|{}", "1|{}",
    ],
)  # fmt: skip
def test_a_forbidden_word_is_seen_wherever_code_stands(word: str, form: str) -> None:
    assert f"`{word}`" in (forbidden(form.format(word)) or "")


@pytest.mark.parametrize(
    "source",
    [
        ".env", ".a.env", '."env"', '.["env"]', "{env: 1}", "{input : 1, halt: 2} | .halt", ". as {env: $e} | $e", "$env",
        '"env"', '"halt \\(.env) input"', "# env", ".a # halt\n| .b", "@text", "environment", "env_", "now", "$input",
        '"\\"env"', 'getpath(["env"])', '"a" # "\n| .b',
    ],
)  # fmt: skip
def test_a_field_a_key_a_variable_a_text_or_a_comment_of_that_name_is_allowed(source: str) -> None:
    assert forbidden(source) is None


@pytest.mark.parametrize("source", ["# a \\\nenv", '# a \\\n"\nenv # "', ". # \\"])
def test_a_comment_that_goes_on_in_the_next_line_could_hide_code(source: str) -> None:
    assert "backslash" in (forbidden(source) or "")


def test_a_nul_could_hide_the_rest() -> None:
    assert "NUL" in (forbidden(".a\0| env") or "")


@pytest.mark.parametrize("source", ['"', '"\\(', ")", "}}", "(" * 1000, '"\\(' * 1000, "\\", "\ud800", "é"])
def test_what_is_no_program_is_left_to_the_parser(source: str) -> None:
    assert forbidden(source) is None
