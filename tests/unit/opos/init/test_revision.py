"""An answer given to an existing opos.yaml changes what it says, and no other character."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from opos.init import revision
from opos.init.questions import Answers
from opos.senders.catalogue import known
from opos.yaml_entries import edited
from shared.config.files.faults import ConfigError
from shared.config.files.located_yaml import parse_yaml
from tests.support.configuration import parse_config

HEAD = ("# mine\n", "---\n", "\ufeff", "# é 😀\n\n")
PLAIN = "{scheme: github, secrets: [A]}"
SOURCES = (
    f"sources:\n  github: {PLAIN}\n",
    f"sources:\n  github: {PLAIN}   # the code\n  # sentry: {{scheme: sentry}}\n\n",
    f"sources:   # those who send\n    'github':   {PLAIN}\n\n\n",
    "sources:\n  github:\n    scheme: github\n    secrets:\n    - A   # old\n    # the last\n",
    "sources:\n  github:\n    scheme: github\n    secrets:\n      - A\n\n# what goes out\n",
    "sources:\n  github: &all {scheme: github, secrets: [A]}\n  code: *all   # the same\n",
    "sources:\n  github: &all {scheme: github, secrets: [A]}\n  code:\n    <<: *all\n    severity: {push: warning}\n",
    "sources:\n  app:\n    scheme: bearer\n    secrets: [A]\n    event:\n      title: |\n        title\n\n",
    "sources:\n  app:\n    scheme: bearer\n    secrets: [A]\n    event: {title:\n        title}   # two lines\n",
    "sources: {}   # none yet\n",
    f"sources: {{github: {PLAIN}}}\n",
    f"sources: {{\n  github: {PLAIN},   # a comma\n}}\n",
)
CHANNELS = (
    "channels: {desk: {console: true}}\n",
    "channels:\n  desk:\n    console: true   # here\n  # phone: {ntfy: X}\n",
)
ROUTES = ("route: {channel: desk}\n", "route:\n  channel: desk   # for now\n  group_by: [service]\n\n")
DIGESTS = (
    "digest: {channel: desk}", "digest: {channel: desk, window: 5m, size: 5}   # rest\n", "digest: {size: 5, channel: desk, window: 9m}\n",
    "digest:\n  size: 3\n  channel: desk\n  # not too late\n  window: 1h\n", 'digest: {channel: desk, cron: "0 8 * * *"}\n',
)  # fmt: skip
FOCUS = (
    "", "focus: {budget: {interruptions_per_day: 8}}\n", 'focus:\n  blocks:\n  - name: deep work   # mornings\n    from: "09:00"\n    to: "12:00"\n',
    'focus: {blocks: [{name: quiet hours, from: "23:00", to: "06:00"}]}\n',
)  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> str:
    """An opos.yaml as different hands write it: layouts, orders, comments, anchors and line ends."""
    rest = [draw(st.sampled_from(part)) for part in (SOURCES, CHANNELS, ROUTES, FOCUS)]
    rest += ["owner: me@x.org\n", draw(st.sampled_from(["", "timezone: UTC   # home\n", "timezone: 'Asia/Tokyo'\n"]))]
    text = draw(st.sampled_from(["", *HEAD])) + "".join(draw(st.permutations(rest))) + draw(st.sampled_from(DIGESTS))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def revised(text: str, **answers: Any) -> str:
    located = parse_yaml(text, "opos.yaml")
    return edited(text, "opos.yaml", revision.edits(replace(revision.present(located), **answers), located))


def said(text: str) -> Answers:
    return revision.present(parse_yaml(text, "opos.yaml"))


def subsequence(part: str, whole: str) -> bool:
    """Whether *whole* has all characters of *part* in their order."""
    rest: Iterator[str] = iter(whole)
    return all(character in rest for character in part)


NAMES = st.lists(st.sampled_from([*known(), "shop", "007", "no"]), min_size=1, max_size=3, unique=True)


@settings(max_examples=40)
@given(files(), NAMES)
def test_added_senders_are_lines_or_words_that_were_not_there_and_all_else_stays(text: str, names: list[str]) -> None:
    new = revised(text, senders=(*said(text).senders, *(name for name in names if name not in said(text).senders)))
    assert {*parse_config(new).sources} == {*parse_config(text).sources, *names}
    assert subsequence(text, new)
    if "sources: {" not in text:
        lines = new.splitlines(keepends=True)
        assert [line for line in text.splitlines(keepends=True) if line not in lines and line.endswith("\n")] == []
    before, after = parse_yaml(text, "").data, parse_yaml(new, "").data
    assert after == {
        **before,
        "sources": {
            **before["sources"],
            **{name: after["sources"][name] for name in names if name not in before["sources"]},
        },
    }


@settings(max_examples=15)
@given(
    files(),
    st.sampled_from(
        [
            {"email": "you@y.org"}, {"email": "007"}, {"timezone": "Europe/Berlin"}, {"public_url": "https://ops.example.com"},
            {"quiet": "22:00-07:00"}, {"digest": "2h"}, {"digest": "08:00"}, {"digest": "07:30", "quiet": "21:30-06:00"},
        ]
    ),
)  # fmt: skip
def test_a_changed_answer_is_said_by_the_file_and_no_comment_is_lost(text: str, change: dict[str, str]) -> None:
    new = revised(text, **change)
    parse_config(new)
    assert said(new) == replace(said(text), **change)
    assert [part for part in text.split("#")[1:] if f"#{part.splitlines()[0]}" not in new] == []
    assert revised(new, **change) == new


@settings(max_examples=15)
@given(files(), st.sampled_from(["ntfy", "telegram", "slack", "email", "https://ntfy.sh/x"]))
def test_another_channel_for_critical_alerts_is_added_once_and_the_others_stay(text: str, page: str) -> None:
    new = revised(text, page=page)
    config = parse_config(new)
    assert {*config.channels} > {*parse_config(text).channels}
    assert config.route.channel not in parse_config(text).channels
    assert revised(new, page=page) == new
    assert parse_config(revised(new, page="console")).route.channel == "desk"


@settings(max_examples=15)
@given(files())
def test_what_the_cloud_needs_is_added_to_any_file(text: str) -> None:
    new = revised(text, targets={"production": "my-co-prod"}, region="us-central1")
    config = parse_config(new)
    assert config.deploy
    assert config.sources[config.deploy.smoke].scheme == "standard-webhooks"
    more = revised(new, targets={"staging": "my-co-stg", "production": "my-co-live"}, region="us-central1")
    assert said(more).targets == {"staging": "my-co-stg", "production": "my-co-live"}


@settings(max_examples=15)
@given(files())
def test_the_same_answers_change_nothing(text: str) -> None:
    assert revised(text) == text


REST = "owner: me@x.org\nchannels: {desk: {console: true}}\nroute: {channel: desk}\n"
ODD = (
    ("digest: {channel: desk}\nsources: &s {}\nfoo: *s\n", {"senders": ("stripe",)}, "sources.stripe"),
    ("digest: {channel: desk}\nsources:\n  a: &s {scheme: github, secrets: [A]}\n  b: # why\n    *s\n", {"senders": ("a", "b", "c")}, "sources.c"),
    ("digest: {urgent: {channel: desk}, rest: {channel: desk}}\nsources: {}\n", {"digest": "08:00"}, "several"),
    ("digest: {channel: desk}\nsources: {}\npublic_url: https://x.org\n", {"public_url": ""}, "opos.yaml:6: public_url"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "answers", "place"), ODD)
def test_what_cannot_be_edited_alone_is_an_error_with_file_line_and_the_lines_to_write(
    text: str, answers: dict[str, Any], place: str
) -> None:
    with pytest.raises(ConfigError, match=r"^opos.yaml:\d+: ") as raised:
        revised(REST + text, **answers)
    assert place in str(raised.value)


def test_every_layout_of_the_sources_is_a_valid_file() -> None:
    for sources in SOURCES:
        assert yaml.safe_load(sources) is not None
        parse_config(REST + sources + "digest: {channel: desk}\n")
