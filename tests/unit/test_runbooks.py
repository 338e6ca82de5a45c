"""The runbooks: a page for each failure that opos can name, and commands that exist."""

import ast
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import click
import pytest

from opos.cli import main
from shared.config.health import Thresholds
from shared.health.failures import FAILURES
from shared.ports.topology import FUNCTIONS, SUBSCRIPTIONS, TOPICS
from shared.services.health.checks.registry import WATCHED, all_checks, external_checks
from tests.support.configuration import parse_config
from tests.support.fakes import FakeContext
from tests.support.project import ROOT

RUNBOOKS = ROOT / "docs/runbooks"
README = RUNBOOKS / "README.md"
PAGES = {path.stem: path.read_text() for path in sorted(RUNBOOKS.glob("*.md")) if path != README}
EVERY = {**PAGES, "README": README.read_text()}
SECTIONS = ["Symptom", "Check", "Fix", "Verify"]
CONFIG = """
owner: me@example.com
sources: {}
channels: {desk: {console: true}}
route: {channel: desk}
digest: {channel: desk}
flags: {identity: [{issuer: https://auth.example, audience: shop, jwks: https://auth.example/jwks.json}]}
"""


def test_each_failure_has_a_runbook_and_each_runbook_a_failure() -> None:
    assert set(PAGES) == set(FAILURES)


@pytest.mark.parametrize("name", PAGES)
def test_a_runbook_has_the_title_of_its_failure(name: str) -> None:
    assert PAGES[name].splitlines()[0] == f"# {FAILURES[name].title}"


@pytest.mark.parametrize("name", PAGES)
def test_a_runbook_says_what_is_seen_and_how_to_check_fix_and_verify_it(name: str) -> None:
    parts = re.split(r"^#+ +(.*)$", without_code(PAGES[name]), flags=re.MULTILINE)
    assert parts[3::2] == SECTIONS
    full = re.split(r"^## .*$", PAGES[name], flags=re.MULTILINE)[1:]
    assert all(section.strip() for section in full)


@pytest.mark.parametrize("name", PAGES)
def test_a_runbook_is_read_in_a_minute(name: str) -> None:
    assert 25 <= len(PAGES[name].splitlines()) <= 60


def without_code(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def snippets(text: str) -> Iterator[str]:
    """Each line of each block of code, and each piece of code within a text."""
    for block in re.findall(r"^ *```[a-z]*\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()
    yield from (code.replace(r"\|", "|") for code in re.findall(r"`([^`\n]+)`", without_code(text)))


def commands(text: str, program: str) -> Iterator[list[str]]:
    """The words of each call of *program*, alone or within a pipe, a list or a substitution."""
    for snippet in snippets(text):
        if program in re.findall(r"[\w.-]+", snippet):
            words = shlex.shlex(snippet.replace("$(", "("), posix=True, punctuation_chars="();|&")
            words.whitespace_split = True
            yield from calls(list(words), program)


def calls(words: list[str], program: str) -> Iterator[list[str]]:
    ends = [-1, *(place for place, word in enumerate(words) if set(word) <= set("();|&")), len(words)]
    simple = [words[before + 1 : end] for before, end in pairwise(ends)]
    yield from (command[1:] for command in simple if command and command[0] == program)


CALLS = sorted({(name, tuple(words)) for name, text in EVERY.items() for words in commands(text, "opos")})


@pytest.mark.parametrize(("page", "words"), CALLS, ids=[f"{page}: opos {' '.join(words)}" for page, words in CALLS])
def test_a_command_of_a_runbook_is_one_that_opos_knows(page: str, words: tuple[str, ...]) -> None:  # noqa: ARG001
    assert unknown_to_opos(words) == []


def unknown_to_opos(words: Sequence[str]) -> list[str]:
    """What opos does not know in a command of these *words*. Raises click.UsageError."""
    command: click.Command = main
    left = list(words)
    while isinstance(command, click.Group) and left:
        found = command.get_command(click.Context(command), left.pop(0))
        if found is None:
            return ["no such command"]
        command = found
    given, superfluous, _ = command.make_parser(click.Context(command)).parse_args(left)
    for one in command.params:
        for value in chosen(one, given):
            one.type.convert(value, one, None)
    return superfluous


def chosen(parameter: click.Parameter, given: Mapping[str, object]) -> list[object]:
    """The values of *parameter*, if it takes one of a list."""
    value = given.get(str(parameter.name)) if isinstance(parameter.type, click.Choice) else None
    return value if isinstance(value, list) else [value] if value is not None else []


@pytest.mark.parametrize("name", EVERY)
def test_topics_subscriptions_and_services_are_called_as_the_topology_says(name: str) -> None:
    assert misnamed(EVERY[name]) == []


def misnamed(text: str) -> list[str]:
    """The calls of gcloud in *text* that speak of a topic, a subscription or a service that there is not."""
    services = {one.replace("_", "-") for one in FUNCTIONS}
    known = {
        r"pubsub topics (?:create|publish|list-subscriptions|add-iam-policy-binding)": set(TOPICS),
        r"pubsub subscriptions (?:create|delete|describe|add-iam-policy-binding)": {one.name for one in SUBSCRIPTIONS},
        r"run services (?:describe|update|update-traffic|get-iam-policy)": services,
        r"run revisions list": services,
    }
    lines = [" ".join(words) for words in commands(text, "gcloud")]
    spoken_of = [
        (re.match(rf"{call} (?:--service=)?(\S+)", line), names) for line in lines for call, names in known.items()
    ]
    return [found[0] for found, names in spoken_of if found and found[1] not in names]


def rows() -> list[tuple[str, str, str, str]]:
    """Number, failure, meaning, and how it reaches you."""
    return re.findall(r"^\| (\d+) \| \[([a-z-]+)\]\(\2\.md\) \| (.+?) \| (.+?) \|$", EVERY["README"], re.MULTILINE)


def test_the_readme_lists_all_failures_in_the_order_to_act() -> None:
    assert [(int(number), name) for number, name, *_ in rows()] == list(enumerate(FAILURES, start=1))


def test_the_readme_says_how_each_failure_reaches_you() -> None:
    assert {name: said for _, name, _, said in rows() if said not in ways(name)} == {}


def ways(name: str) -> set[str]:
    """How the failure may reach you."""
    failure = FAILURES[name]
    if name in asked_only():
        return {"report"}
    if failure.severity is None:
        return {"dead man's switch"} if failure.blocks_alerts else {"own alert", "report"}
    loud = {"critical": "notification", "warning": "digest"}[failure.severity]
    return {f"{loud}, dead man's switch" if failure.blocks_alerts else loud}


def asked_only() -> set[str]:
    """The failures of checks that only the report runs: the sweeper does not, so they raise no alert."""
    context = FakeContext(config=parse_config(CONFIG))
    asked = {check.failure for check in all_checks(context)}
    return asked - {check.failure for check in (*WATCHED, *external_checks(context))}


def spoken(number: str, unit: str) -> timedelta | int:
    count = 1 if number == "a" else int(number)
    if unit == "MiB":
        return count
    names = {"ms": "milliseconds", "s": "seconds", "minutes": "minutes", "days": "days", "day": "days"}
    return timedelta(**{names[unit]: count})


def test_the_thresholds_that_the_runbooks_name_are_the_defaults() -> None:
    said = re.compile(r"(\d+|a) (MiB|ms|s|minutes|days?)(?: or more)? \(`(?:health\.thresholds\.)?(\w+)`")
    found = {(name, spoken(number, unit)) for text in PAGES.values() for number, unit, name in said.findall(text)}
    assert found == set(Thresholds().model_dump().items())


@pytest.mark.parametrize("name", EVERY)
def test_each_link_of_a_runbook_leads_somewhere(name: str) -> None:
    assert dead_links(EVERY[name], RUNBOOKS) == []


def dead_links(text: str, folder: Path) -> list[str]:
    """The links in *text*, of a page in *folder*, to a page or a heading that there is not."""
    links = re.findall(r"\]\(([^)#:]*)(?:#([a-z-]+))?\)", text)
    return [f"{file}#{anchor}" for file, anchor in links if not leads_somewhere(text, folder / file, anchor)]


def leads_somewhere(text: str, target: Path, anchor: str) -> bool:
    if target.is_file():
        text = target.read_text()
    headings = re.findall(r"^#+ (.*)$", without_code(text), re.MULTILINE)
    named = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    return target.exists() and (not anchor or anchor in named)


def named_by_the_checks() -> set[str]:
    """Every text in the code of the checks that is spelled like the name of a failure."""
    files = [*(ROOT / "shared/services/health").rglob("*.py"), ROOT / "shared/services/health/checks/backlogs.py"]
    trees = [ast.parse(path.read_text()) for path in files if path.name != "failures.py"]
    texts = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {one for one in texts if isinstance(one, str) and re.fullmatch(r"[a-z]+(-[a-z]+)+", one)}


def test_the_checks_name_no_failure_that_is_not_in_the_table() -> None:
    assert named_by_the_checks() - FAILURES.keys() == set()


def test_each_failure_in_the_table_is_named_by_a_check() -> None:
    assert FAILURES.keys() - named_by_the_checks() == set()
