"""One vocabulary of options: what means the same has the same name in every command, and docs/commands.md lists it."""

import re
from collections import defaultdict
from collections.abc import Iterator

import click
import pytest

from tests.support.commands import all_commands
from tests.support.project import ROOT

OF_EVERY_COMMAND = {"--data", "--config", "--flags", "--backend", "--json"}
OTHER_WORDS = {
    "--reason": "--why", "--comment": "--why", "--because": "--why", "--author": "--as", "--who": "--as", "--by": "--as",
    "--user-name": "--as", "--duration": "--for", "--length": "--for", "--ends": "--until", "--end-at": "--until",
    "--expires": "--until", "--after": "--since", "--count": "--limit", "--max": "--limit",
    "--out": "--output", "--file": "--output", "--preview": "--dry-run", "--force-yes": "--yes",
}  # fmt: skip
"""What these options might also be called, and the name that they have."""


def options() -> Iterator[tuple[str, str, click.Option]]:
    for command, made in all_commands().items():
        for param in made.params:
            if isinstance(param, click.Option):
                yield from ((command, name, param) for name in param.opts if name.startswith("--"))


def listed() -> set[str]:
    text = (ROOT / "docs/commands.md").read_text()
    table = text.partition("| option | meaning |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `(--[a-z-]+)`", table, re.MULTILINE))


def test_no_command_has_another_word_for_an_option_of_the_vocabulary() -> None:
    assert [(command, name, OTHER_WORDS[name]) for command, name, _ in options() if name in OTHER_WORDS] == []


def test_what_commands_of_several_groups_share_is_in_the_docs() -> None:
    users = defaultdict(set)
    for command, name, _ in options():
        users[name].add(command.split()[0])
    shared = {name for name, groups in users.items() if len(groups) > 1}
    assert shared - OF_EVERY_COMMAND - listed() == set()


@pytest.mark.parametrize("name", ["--why", "--as", "--for", "--until"])
def test_a_word_of_the_vocabulary_takes_the_same_value_everywhere(name: str) -> None:
    forms = {(type(option.type), option.metavar, option.is_flag) for _, word, option in options() if word == name}
    assert len(forms) == 1


def test_every_command_with_a_reason_requires_it_unless_a_history_keeps_what_it_does() -> None:
    needless = {command.split()[0] for command, name, option in options() if name == "--why" and not option.required}
    assert needless == {"asks", "records"}


def test_what_can_end_takes_a_duration_and_a_time() -> None:
    words = defaultdict(set)
    for command, name, _ in options():
        words[command].add(name)
    assert [command for command, names in words.items() if ("--for" in names) != ("--until" in names)] == []
