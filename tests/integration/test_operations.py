"""The pages of operations: complete, short, and of commands that opos and gcloud really take."""

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from opos.cloud.declared import PUSHER, audience
from opos.terminal.options import Place
from shared.ports import Create
from shared.ports.indexes import COLLECTIONS
from shared.ports.topology import MAX_ATTEMPTS, SUBSCRIPTIONS, Subscription
from tests.support import emulators
from tests.support import requirements as needs
from tests.support.events import accepted, disk_full
from tests.support.fakes import FakeClock, FakeContext
from tests.unit.test_runbooks import (
    CONFIG,
    EVERY,
    ROOT,
    commands,
    dead_links,
    misnamed,
    unknown_to_opos,
    without_code,
)

FOLDER = ROOT / "docs/operations"
INDEX = FOLDER / "README.md"
PAGES = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.md")) if path != INDEX}
ALL = {**PAGES, "README": INDEX.read_text()}
RUNBOOKS = {f"runbooks/{name}": text for name, text in EVERY.items()}
SECTIONS = ["When", "Before you start", "Steps", "Verify", "Undo"]
OTHERS = {
    "monthly-review": ["When", "Before you start", "Steps", "Verify"],
    "region-down": [*SECTIONS, "Rehearse"],
    "restore-from-export": [*SECTIONS, "Rehearse"],
}
SHELL = {
    "PROJECT": "my-project", "REGION": "europe-west1", "OLD_PROJECT": "my-old-project", "OLD_REGION": "europe-west4",
}  # fmt: skip
"""What the variables of the pages hold; of any other, its own name."""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_when_what_has_to_be_so_what_to_do_how_to_see_it_and_how_to_undo_it(name: str) -> None:
    assert re.findall(r"^## (.*)$", without_code(PAGES[name]), re.MULTILINE) == OTHERS.get(name, SECTIONS)
    assert all(one.strip() for one in re.split(r"^## .*$", PAGES[name], flags=re.MULTILINE)[1:])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_in_two_minutes(name: str) -> None:
    assert 25 <= len(PAGES[name].splitlines()) <= 80
    assert len(PAGES[name].split()) <= 850


def test_the_index_names_every_page_once() -> None:
    assert sorted(re.findall(r"^\| \[([a-z-]+)\]\(\1\.md\) \|", ALL["README"], re.MULTILINE)) == sorted(PAGES)


@pytest.mark.parametrize("name", ALL)
def test_each_link_leads_somewhere(name: str) -> None:
    assert dead_links(ALL[name], FOLDER) == []


def test_a_link_that_leads_nowhere_is_seen() -> None:
    text = "## Here\n[a](#here) [b](deploy.md#before-you-start) [c](deploy.md#nowhere) [d](none.md) [e](#there)"
    assert dead_links(text, FOLDER) == ["deploy.md#nowhere", "none.md#", "#there"]


CALLS = sorted({(name, tuple(words)) for name, text in ALL.items() for words in commands(text, "opos")})


@pytest.mark.parametrize(("page", "words"), CALLS, ids=[f"{page}: opos {' '.join(words)}" for page, words in CALLS])
def test_a_command_of_opos_is_one_that_it_knows(page: str, words: tuple[str, ...]) -> None:  # noqa: ARG001
    assert unknown_to_opos(words) == []


def called(text: str) -> list[str]:
    """The calls of gcloud in *text*, as a shell would make them."""
    return [shlex.join(["gcloud", *map(filled, words)]) for words in commands(text, "gcloud")]


def filled(word: str) -> str:
    return re.sub(r"\$(\w+)", lambda found: SHELL.get(found[1], found[1].lower()), word)


GCLOUD = {name: called(text) for name, text in {**ALL, **RUNBOOKS}.items()}
WRONG = [
    "gcloud run services list --colour=red",
    "gcloud run revisions undo",
    "gcloud firestore backups list --limit=x",
]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What gcloud's own parser objects to, of every call at once: one start of it takes seconds, a call none."""
    folder = tmp_path_factory.mktemp("gcloud")
    every = sorted({*WRONG, *(call for calls in GCLOUD.values() for call in calls)})
    (folder / "calls.json").write_text(json.dumps([{"command_string": call} for call in every]))
    environment = {"CLOUDSDK_CONFIG": str(folder / "config"), "CLOUDSDK_CORE_PROJECT": SHELL["PROJECT"]}
    answer = run("meta", "lint-gcloud-commands", f"--commands-file={folder / 'calls.json'}", **environment)
    found = json.loads(answer)
    assert len(found) == len(every)
    return {one["command_string"].strip(): one["error_message"] for one in found if not one["success"]}


def run(*words: str, **environment: str) -> str:
    return subprocess.run(
        ["gcloud", "--quiet", *words],
        env={**os.environ, **environment}, check=True, capture_output=True, text=True, timeout=600,
    ).stdout  # fmt: skip


@needs.gcloud
@pytest.mark.parametrize("page", GCLOUD)
def test_a_command_of_gcloud_is_one_that_its_own_parser_takes(page: str, refused: dict[str, str]) -> None:
    assert {call: refused[call] for call in GCLOUD[page] if call in refused} == {}


@needs.gcloud
def test_a_wrong_command_of_gcloud_is_seen(refused: dict[str, str]) -> None:
    assert refused.keys() >= set(WRONG)


def test_the_pages_speak_to_gcloud_at_all() -> None:
    many = {name for name, calls in GCLOUD.items() if len(calls) >= 3}
    assert many >= {"roll-back", "restore-from-export", "lost-subscription", "quota-reached", "monthly-review"}


@pytest.mark.parametrize("name", ALL)
def test_topics_subscriptions_and_services_are_called_as_the_topology_says(name: str) -> None:
    assert misnamed(ALL[name]) == []


def test_each_subscription_can_be_made_again_by_its_row() -> None:
    rows = re.findall(r"^\| ([a-z-]+) \| ([a-z-]+) \| ([a-z-]+) \| (\d+)s", PAGES["lost-subscription"], re.MULTILINE)
    assert rows == [
        (one.name, one.topic, one.function.replace("_", "-"), f"{one.max_backoff.total_seconds():g}")
        for one in SUBSCRIPTIONS
    ]


def test_the_names_that_the_pages_use_are_those_that_infrastructure_makes() -> None:
    whole = "\n".join(ALL.values())
    assert set(re.findall(r"scheduler jobs \w+ (\S+)", whole)) == {"opos-tick"}
    assert 'name="opos-tick"' in (ROOT / "infra/schedule.py").read_text()
    assert f'ACCOUNT="{PUSHER}@$PROJECT.iam.gserviceaccount.com" AUDIENCE={audience("alert_router")}\n' in whole
    named = {one for found in re.findall(r"--collection-ids=(\S+)", whole) for one in found.split(",")}
    assert named - set(COLLECTIONS) == set()
    assert named


@pytest.fixture(scope="module")
def pubsub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which gcloud speaks to the emulator, of a project with the topics and nothing else."""
    address, project = emulators.running().pubsub, emulators.new_project()
    environment = {
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB": f"http://{address}/", "CLOUDSDK_CORE_PROJECT": project,
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true", "CLOUDSDK_CONFIG": str(tmp_path_factory.mktemp("config")),
    }  # fmt: skip
    run("pubsub", "topics", "create", "events", "dead-letters", **environment)
    yield environment


def of_emulator(name: str, environment: dict[str, str]) -> dict[str, Any]:
    address, project = environment["CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB"], environment["CLOUDSDK_CORE_PROJECT"]
    with urllib.request.urlopen(f"{address}v1/projects/{project}/subscriptions/{name}") as answer:
        found: dict[str, Any] = json.load(answer)
        return found


@needs.emulators
def test_the_lines_that_make_a_subscription_again_make_the_one_that_the_topology_declares(
    pubsub: dict[str, str],
) -> None:
    (words,) = [one for one in commands(PAGES["lost-subscription"], "gcloud") if one[:3] == MAKE]
    project = pubsub["CLOUDSDK_CORE_PROJECT"]
    values = {"URL": "https://router.example", "PROJECT": project, "ACCOUNT": "a@b.example", "AUDIENCE": "us"}
    run(*(re.sub(r"\$(\w+)", lambda found: values[found[1]], word) for word in words), **pubsub)
    assert of_emulator("alert-router", pubsub) == made_by(SUBSCRIPTIONS[0], values)


MAKE = ["pubsub", "subscriptions", "create"]


def made_by(one: Subscription, values: dict[str, str]) -> dict[str, Any]:
    project = f"projects/{values['PROJECT']}"
    return {
        "name": f"{project}/subscriptions/{one.name}",
        "topic": f"{project}/topics/{one.topic}",
        "ackDeadlineSeconds": 60,
        "messageRetentionDuration": "604800s",
        "expirationPolicy": {},
        "retryPolicy": {
            "minimumBackoff": f"{one.min_backoff.total_seconds():g}s",
            "maximumBackoff": f"{one.max_backoff.total_seconds():g}s",
        },
        "deadLetterPolicy": {"deadLetterTopic": f"{project}/topics/dead-letters", "maxDeliveryAttempts": MAX_ATTEMPTS},
        "pushConfig": {
            "pushEndpoint": f"{values['URL']}/{project}/topics/{one.topic}",
            "oidcToken": {"serviceAccountEmail": values["ACCOUNT"], "audience": values["AUDIENCE"]},
        },
    }


def test_the_monthly_review_is_a_list_to_tick_off() -> None:
    listed = re.findall(r"^- (.*)$", PAGES["monthly-review"], re.MULTILINE)
    assert len(listed) >= 15
    assert [one for one in listed if not one.startswith("[ ] ")] == []


@pytest.mark.slow
def test_the_rehearsal_of_a_restore_runs_as_it_is_written(tmp_path: Path) -> None:
    """In a real shell, on a bundle of two events."""
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    fill(Place(tmp_path / ".opos", tmp_path / "opos.yaml", tmp_path / "flags.yaml"))
    done = in_shell(PAGES["restore-from-export"].partition("## Rehearse")[2], tmp_path)
    assert done.stderr.splitlines() == ["2 events exported", "2 events exported"]
    assert done.stdout == "2 events restored, 0 already there\n"
    assert {path.name for path in tmp_path.iterdir()} == {".opos", "opos.yaml", "flags.yaml"}


def fill(place: Place) -> None:
    context = FakeContext(clock=FakeClock(datetime.now(UTC)))
    for delivery in ("first", "second"):
        accepted(context, delivery, disk_full())
    events = [Create(path, doc.data) for path, doc in context.store.docs.items() if path.startswith("events/")]
    place.new_runtime().store.commit(events)


def in_shell(page: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The blocks of *page*, run in *folder*."""
    lines = "\n".join(re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    script = f'set -e\nopos() {{ {shlex.quote(sys.executable)} -m opos "$@"; }}\n{lines}'
    done = subprocess.run(["sh", "-c", script], check=False, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done
