"""An edit of a value in flags.yaml leaves every other character as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opos.yaml_edit import SharedValue, with_value
from shared.config.files.loader import flag_file
from shared.config.files.located_yaml import parse_yaml
from shared.errors import NotFound

TEXT = """# The flags of the shop.
flags:
  dark_mode:    {enabled: true}          # for everybody
  new_checkout: {enabled: true, rollout: 25, owner: "me"}   # a quarter

  beta:
    enabled: true      # since May
    # how many
    rollout: 50
  # the last
  rewrite: {enabled: false, environments: {staging: {enabled: true}}}
"""


@pytest.mark.parametrize(
    ("path", "value", "was", "becomes"),
    [
        (("new_checkout", "rollout"), "30", "rollout: 25", "rollout: 30"),
        (("dark_mode", "enabled"), "false", "dark_mode:    {enabled: true}", "dark_mode:    {enabled: false}"),
        (("dark_mode", "rollout"), "5", "dark_mode:    {enabled: true}", "dark_mode:    {enabled: true, rollout: 5}"),
        (("beta", "rollout"), "75", "    rollout: 50", "    rollout: 75"),
        (("beta", "requires_auth"), "true", "    rollout: 50", "    rollout: 50\n    requires_auth: true"),
        (("rewrite", "environments", "staging", "rollout"), "10", "{enabled: true}}}", "{enabled: true, rollout: 10}}}"),
        (("rewrite", "environments", "live", "enabled"), "true", "{enabled: true}}}", "{enabled: true}, live: {enabled: true}}}"),
        (("beta", "environments", "live", "enabled"), "false", "    rollout: 50", "    rollout: 50\n    environments: {live: {enabled: false}}"),
    ],
)  # fmt: skip
def test_only_the_value_changes(path: tuple[str, ...], value: str, was: str, becomes: str) -> None:
    assert with_value(TEXT, ("flags", *path), value) == TEXT.replace(was, becomes)


def test_a_key_can_be_added_to_a_file_without_a_final_line_break() -> None:
    assert with_value("flags:\n  a:\n    enabled: true", ("flags", "a", "rollout"), "5") == (
        "flags:\n  a:\n    enabled: true\n    rollout: 5"
    )


SHARED = "flags:\n  a: &d {enabled: true, rollout: 10, environments: {live: &e {rollout: 5}}}\n  b: *d\n  c: {enabled: true, environments: {live: *e}}\n  own: {enabled: true}\n"


@pytest.mark.parametrize(
    "path", [("a", "rollout"), ("b", "rollout"), ("b", "owner"), ("c", "environments", "live", "rollout")]
)
def test_a_value_that_other_flags_share_is_not_changed(path: tuple[str, ...]) -> None:
    with pytest.raises(SharedValue, match="to have a value of its own, found one that other places share \\(line 2\\)"):
        with_value(SHARED, ("flags", *path), "30")
    assert with_value(SHARED, ("flags", "own", "rollout"), "30") == SHARED.replace(
        "own: {enabled: true}", "own: {enabled: true, rollout: 30}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flags:\n  a: {\n    enabled: true  # yes\n  }\n", "flags:\n  a: {\n    enabled: true, rollout: 5  # yes\n  }\n"),
        ("flags:\n  a: {enabled: true,}\n", "flags:\n  a: {enabled: true, rollout: 5,}\n"),
        ("flags:\n  a: {}  # none yet\n", "flags:\n  a: {rollout: 5}  # none yet\n"),
        ("flags:\r\n  a:\r\n    enabled: true  # é\r\n\r\n", "flags:\r\n  a:\r\n    enabled: true  # é\r\n    rollout: 5\r\n\r\n"),
        ("flags:\r\n  a:\r\n    rollout: 10\r\n", "flags:\r\n  a:\r\n    rollout: 5\r\n"),
    ],
)  # fmt: skip
def test_comments_commas_and_line_ends_stay_as_they_are(text: str, expected: str) -> None:
    assert with_value(text, ("flags", "a", "rollout"), "5") == expected


@pytest.mark.parametrize("flag", ["unheard-of", "enabled"])
def test_a_missing_flag_is_not_created(flag: str) -> None:
    with pytest.raises(NotFound):
        with_value(TEXT, ("flags", flag, "enabled"), "true")


@given(st.sampled_from(["dark_mode", "new_checkout", "beta", "rewrite"]), st.integers(0, 100), st.booleans())
def test_the_edited_value_is_the_value_that_is_read(flag: str, rollout: int, enabled: bool) -> None:  # noqa: FBT001
    text = with_value(TEXT, ("flags", flag, "rollout"), str(rollout))
    text = with_value(text, ("flags", flag, "enabled"), str(enabled).lower())
    before, after = (flag_file(parse_yaml(content, "flags.yaml")).flags for content in (TEXT, text))
    assert (after[flag].rollout, after[flag].enabled) == (rollout, enabled)  # type: ignore[union-attr]
    assert {key: other for key, other in after.items() if key != flag} == {
        key: other for key, other in before.items() if key != flag
    }
    assert text.count("#") == TEXT.count("#")
