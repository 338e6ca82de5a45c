"""The recording gcloud beside the installed one: it takes the same lines, refuses in the same words, does the same."""

import json
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.config.files.loader import load_config
from tests.support.project import ROOT
from tests.support.recording_gcloud import real, refusals, traffic
from tests.support.recording_gcloud.api import Api, api
from tests.support.recording_gcloud.arguments import EVERYWHERE
from tests.support.recording_gcloud.cloud import RecordedCloud
from tests.support.recording_gcloud.commands import COMMANDS
from tests.support.recording_gcloud.forms import ACCOUNT, FORMS, IMAGE, PLACE, PROJECT

pytestmark = real.needed
CONFIG = load_config(ROOT / "opos.yaml")
NEW = f"run deploy health --image={IMAGE}:a --no-traffic --tag=next {PLACE} --quiet"
MOVE = f"run services update-traffic health {PLACE} --quiet"


@pytest.fixture
def cloud(tmp_path: Path) -> RecordedCloud:
    made = RecordedCloud(tmp_path / "recorded", CONFIG)
    made.add_image(f"{IMAGE}:a", f"sha256:{'a' * 64}")
    return made


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Api]:
    """The API that the real gcloud asks, of another cloud that is just so."""
    made = RecordedCloud(tmp_path / "played", CONFIG)
    made.add_image(f"{IMAGE}:a", f"sha256:{'a' * 64}")
    with api(made, tmp_path / "sdk") as found:
        yield found


def test_the_real_parser_takes_every_form_that_we_take(tmp_path: Path) -> None:
    assert real.parsed(list(FORMS), tmp_path) == dict.fromkeys(FORMS, "")


def test_every_command_and_every_flag_is_in_a_form() -> None:
    for words, command in COMMANDS.items():
        lines = " ".join(f"{form} " for form in FORMS if form.startswith(f"{words} "))
        flags = {flag.rstrip("!") for flag in command.flags.split()}
        assert flags == {flag for flag in flags if re.search(rf"--{flag}[= ]", lines)}, words
    used = {name for name in EVERYWHERE.replace("!", "").split() if any(f"--{name}" in form for form in FORMS)}
    assert used == set(EVERYWHERE.replace("!", "").split())


def test_each_form_gets_past_our_parser(cloud: RecordedCloud) -> None:
    refused = [form for form in FORMS if real.gcloud(*form.split(), environment=cloud.environment).returncode == 2]
    assert refused == []


@pytest.mark.parametrize(
    "line",
    [
        f"run deploy health --image=a --xyzzy=1 {PLACE}",
        f"run services describe health --xyzzy --zyxxy {PLACE}",
        f"secrets versions add A_SECRET --xyzzy {PROJECT}",
        f"run services describe health {PLACE} xyzzy",
    ],
)
def test_an_unknown_flag_is_refused_in_the_same_words(line: str, cloud: RecordedCloud, tmp_path: Path) -> None:
    ours = real.gcloud(*line.split(), environment=cloud.environment)
    theirs = real.gcloud(*line.split(), environment=real.offline(tmp_path))
    assert (ours.returncode, _flat(ours.stderr)) == (2, _flat(theirs.stderr)) == (theirs.returncode, _flat(ours.stderr))


@pytest.mark.parametrize(
    "line",
    [
        f"run services describe health {PLACE}",
        f"secrets versions access latest --secret=A_SECRET {PROJECT}",
        "projects describe my-company-staging",
        "auth list --filter=status:ACTIVE --format=json",
        "services list --enabled",
        f"run services describe health {PROJECT}",
        f"{MOVE} --to-revisions=a=b",
        f"{MOVE} --to-revisions=a=101",
        f"artifacts docker images describe {IMAGE}:a {PROJECT}",
    ],
)
def test_who_is_not_signed_in_hears_the_same(line: str, cloud: RecordedCloud, tmp_path: Path) -> None:
    cloud.sign_out()
    ours = real.gcloud(*line.split(), environment=cloud.environment)
    theirs = real.gcloud(*line.split(), environment=real.offline(tmp_path))
    assert (ours.returncode, ours.stdout, _error(ours.stderr)) == (
        theirs.returncode, theirs.stdout, _error(theirs.stderr),
    )  # fmt: skip


def test_words_that_are_claimed_to_be_gclouds_own_are_in_its_source() -> None:
    source = _squeezed(real.source())
    claimed = [
        refusals.NO_SERVICE, refusals.NO_REVISION, refusals.SERVICE_GONE, refusals.NO_IMAGE, refusals.DARK_AND_NEW,
        refusals.NO_TRAFFIC_CHANGE, refusals.TOO_MUCH, refusals.TOO_LITTLE, refusals.NO_REGION,
        "You do not currently have an active account selected.", "The required property [",
        "completed with status", "is the subject of a conflict",
    ]  # fmt: skip
    assert [words for words in claimed if _squeezed(words) not in source] == []


def test_targets_change_as_the_real_ones_do() -> None:
    cases = [_case(random.Random(seed)) for seed in range(400)]
    assert [_ours(*case) for case in cases] == real.changed([_theirs(*case) for case in cases])


STORY = (
    f"{NEW} --revision-suffix=d1 --service-account={ACCOUNT} --set-env-vars=^@^A=b@C=d,e --memory=1Gi --concurrency=16 "
    "--min-instances=1 --max-instances=10 --cpu-boost --timeout=60 --labels=commit=abc --set-custom-audiences=opos-health",
    f"{MOVE} --to-revisions=health-d1=10",
    f"{NEW} --revision-suffix=d1",
    f"{NEW} --revision-suffix=d2 --min-instances=0 --no-cpu-boost --set-secrets=GITHUB_WEBHOOK_SECRET=GITHUB_WEBHOOK_SECRET:latest",
    f"{MOVE} --to-revisions=health-d1=100",
    f"{MOVE} --to-revisions=health-d1=100 --remove-tags=next",
    f"{NEW} --revision-suffix=d3 --clear-secrets --ingress=internal --update-labels=commit=def",
    f"{MOVE} --to-revisions=health-d3=50,health-none=50",
    f"{MOVE} --to-latest",
    f"{MOVE} --to-revisions=LATEST=60",
    f"run deploy fresh --image={IMAGE}:a --no-traffic --no-allow-unauthenticated {PLACE}",
    f"run services describe fresh {PLACE}",
    f"run revisions describe fresh {PLACE}",
    f"run services update-traffic fresh --to-latest {PLACE}",
)


def test_a_story_told_to_both_ends_in_the_same_services(cloud: RecordedCloud, played: Api) -> None:
    """The second deploy takes a name that is taken; the third reads a secret that it may not; the sixth is repeated."""
    for line in STORY:
        words = [word for word in line.split() if word != "--no-allow-unauthenticated"]
        ours = real.gcloud(*words, environment=cloud.environment)
        theirs = real.gcloud(*line.split(), environment=played.environment)
        assert (ours.returncode, _error(ours.stderr)) == (theirs.returncode, _error(theirs.stderr)), line
        assert _comparable(cloud) == _comparable(played.cloud), line
    assert cloud.traffic("health") == {"health-d3": 100}


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (
            f"secrets versions access latest --secret=NONE {PROJECT}",
            refusals.NO_VERSION.format("projects/123456789012/secrets/NONE"),
        ),
        (f"secrets describe NONE {PROJECT}", refusals.NO_SECRET.format("projects/123456789012/secrets/NONE")),
        (
            f"secrets create GITHUB_WEBHOOK_SECRET --replication-policy=automatic {PROJECT}",
            "ALREADY_EXISTS: Secret [projects/123456789012/secrets/GITHUB_WEBHOOK_SECRET] already exists.",
        ),
        (f"pubsub topics get-iam-policy none {PROJECT}", refusals.NOT_FOUND.format("none", "topic")),
    ],
)
def test_what_an_api_refuses_is_told_in_the_same_words(
    line: str, refusal: str, cloud: RecordedCloud, played: Api
) -> None:
    played.refusal = refusal
    ours = real.gcloud(*line.split(), environment=cloud.environment)
    theirs = real.gcloud(*line.split(), environment=played.environment)
    assert (ours.returncode, _error(ours.stderr)) == (theirs.returncode, _error(theirs.stderr))


def test_the_real_one_reads_what_we_show(cloud: RecordedCloud, played: Api) -> None:
    for line in (f"run services describe health {PLACE} --format=json", f"run services list {PLACE} --format=json"):
        ours = real.gcloud(*line.split(), environment=cloud.environment)
        theirs = real.gcloud(*line.split(), environment=played.environment)
        assert _without_times(json.loads(ours.stdout)) == _without_times(json.loads(theirs.stdout))


def _flat(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _error(said: str) -> str:
    """From ERROR on, without what the real one adds about the worthless token."""
    found = said[said.index("ERROR:") :] if "ERROR:" in said else ""
    return re.sub(r"\.? This command is authenticated with an access token.*", "", found).strip().rstrip(".")


def _squeezed(text: str) -> str:
    """As one line, for a text that is broken over several strings of the source."""
    return re.sub(r"\s+", " ", re.sub(r"['\"]\s*\n\s*f?['\"]", "", text))


def _case(draw: random.Random) -> tuple[str, list[traffic.Target], Any]:
    """A deed of a list of targets that adds up to 100."""
    names = draw.sample(["a", "b", "c", "d", traffic.LATEST], draw.randint(1, 4))
    cuts = sorted(draw.choices(range(101), k=len(names) - 1))
    shares = [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]
    targets = [{**_target(name), "percent": share} for name, share in zip(names, shares, strict=True) if share]
    targets += [
        {**_target(draw.choice("abcz")), "tag": tag} for tag in draw.sample(["old", "next"], draw.randint(0, 2))
    ]
    deed = draw.choice(["share", "pin", "tag"])
    wanted = {name: draw.choice([0, 10, 33, 50, 100]) for name in draw.sample(["a", "b", "z", traffic.LATEST], 2)}
    return deed, targets, {"share": wanted, "pin": draw.choice("abz"), "tag": {"next": draw.choice("abz")}}[deed]


def _target(name: str) -> traffic.Target:
    return {"latestRevision": True} if name == traffic.LATEST else {"revisionName": name}


def _ours(deed: str, targets: list[traffic.Target], given: Any) -> Any:
    try:
        return getattr(traffic, deed)(targets, given)
    except refusals.Refused as refused:
        return refused.text


def _theirs(deed: str, targets: list[traffic.Target], given: Any) -> list[Any]:
    name = {"share": "UpdateTraffic", "pin": "ZeroLatestTraffic", "tag": "UpdateTags"}[deed]
    return [name, targets, given, [], False] if deed == "tag" else [name, targets, given]


def _comparable(cloud: RecordedCloud) -> Any:
    """Services and revisions without times, and without the versions and random names that gcloud puts in."""
    state = cloud.state
    return _without_times({name: state[name] for name in ("services", "revisions")})


def _without_times(thing: Any) -> Any:
    if isinstance(thing, Mapping):
        return {name: _without_times(value) for name, value in thing.items() if not _is_volatile(name)}
    return [_without_times(one) for one in thing] if isinstance(thing, list) else thing


def _is_volatile(name: str) -> bool:
    return name in {"lastTransitionTime", "creationTimestamp", "url"} or name.startswith("run.googleapis.com/client-")
