"""What `opos init` writes is accepted by what reads it, whatever was answered."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from opos.bundle.ports import free_port
from opos.bundle.processes import end, start
from opos.commands.init import command
from opos.company import SHIPPED
from opos.init import dotenv as secrets_file
from opos.init import revision
from opos.init import templates as writing
from opos.init.questions import NO_SENDERS, Answers
from opos.init.receivers import kinds
from opos.senders.catalogue import known, own_app
from shared.config.files.loader import parse_flags
from shared.config.files.located_yaml import parse_yaml
from shared.config.sources import FormatName, SchemeName
from shared.sources import format_name, scheme
from shared.verification import verify
from tests.support.configuration import parse_config
from tests.support.project import ROOT
from tests.torture.senders import until

ADDRESSES = (
    "ntfy://topic", "https://ntfy.sh/topic", "https://hooks.slack.com/services/T/B/x", "smtps://me:pw@mail.example.com",
)  # fmt: skip
NAMES = st.sampled_from([*known(), "shop", "my-app", "billing_2", "no", "007"])
TARGETS = st.sampled_from(
    [{}, {"production": "my-co-prod"}, {"staging": "my-co-stg"}, {"staging": "my-co-stg", "production": "my-co-prod"}]
)
ANSWERS = st.builds(
    Answers,
    email=st.from_regex(r"[a-z0-9+._#&*{-]{1,12}@[a-z0-9-]{1,9}\.[a-z]{2,3}", fullmatch=True),
    timezone=st.sampled_from(["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"]),
    senders=st.lists(NAMES, max_size=6, unique=True).map(tuple),
    page=st.sampled_from([*kinds(), *ADDRESSES]),
    targets=TARGETS,
    region=st.sampled_from(["europe-west1", "us-central1"]),
    public_url=st.sampled_from(["", "https://ops.example.com", "http://localhost:8080/opos"]),
    quiet=st.sampled_from(["", "22:00-07:00"]),
    digest=st.sampled_from(["5m", "2h", "08:00", "23:59"]),
)


@given(ANSWERS)
def test_every_combination_of_answers_is_a_good_configuration_that_says_them(answers: Answers) -> None:
    config = parse_config(writing.config(answers))
    assert (config.owner, config.timezone) == (answers.email, answers.timezone)
    assert (config.public_url or "") == answers.public_url
    assert revision.present(parse_yaml(writing.config(answers), "opos.yaml")) == replace(
        answers, page=config.route.channel or "", region=answers.region if answers.targets else ""
    )
    assert set(config.sources) == {*answers.senders, *(["smoke"] if answers.targets else [])}
    assert {
        name: target.project for name, target in (config.deploy.targets if config.deploy else {}).items()
    } == answers.targets
    named = {secret for source in config.sources.values() for secret in source.secrets}
    named |= {channel.secret for channel in config.channels.values() if hasattr(channel, "secret")}
    assert named == {one.name for one in secrets_file.wanted(answers)}


@given(ANSWERS.filter(lambda answers: answers.targets))
def test_what_tries_a_revision_pages_the_console_alone(answers: Answers) -> None:
    config = parse_config(writing.config(answers))
    assert config.deploy is not None
    (route,) = config.route.routes
    assert [(one.name, one.operator, one.value) for one in route.matchers] == [("source", "=", config.deploy.smoke)]
    assert config.channels[str(route.channel)].model_dump().get("console") is True


def test_the_flags_it_writes_are_good() -> None:
    assert parse_flags(writing.FLAGS).definitions


def test_every_secret_made_is_fit_for_its_scheme_and_no_other_of_it() -> None:
    answers = Answers("me@x.org", "UTC", tuple(known()), "console", {"staging": "my-co-stg"}, "europe-west1")
    one, other = ({each.name: each.value for each in secrets_file.wanted(answers)} for _ in range(2))
    assert [name for name in one if one[name] and one[name] == other[name]] == []
    made = {name for name, value in one.items() if value}
    assert made == {each.secret for each in known().values() if each.made_by == "you"} | {"OPOS_SMOKE_SECRET"}


@pytest.mark.parametrize("name", ["github", "stripe"])
def test_the_guide_to_senders_says_the_same(name: str) -> None:
    guide = " ".join((ROOT / "docs/senders.md").read_text().split())
    assert known()[name].where in guide


def test_each_known_sender_is_one_that_opos_verifies_and_understands() -> None:
    config = parse_config(writing.config(Answers("me@x.org", "UTC", tuple(known()), "console", {}, "")))
    for name, source in config.sources.items():
        assert scheme(source).verify
        assert format_name(name, source) in {name, source.scheme}
        assert known()[name].where.endswith((".", "`"))


def test_init_knows_or_refuses_every_scheme_and_format(folder: Path) -> None:
    unknown = {*get_args(SchemeName), *get_args(FormatName)} - {*known(), own_app("shop").scheme}
    assert unknown == NO_SENDERS
    for name in unknown:
        done = init(*QUIET, "--senders", name)
        assert (done.exit_code, "expected the name of a sender or of your own app" in done.stderr) == (2, True)
    assert list(folder.iterdir()) == []


def init(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(command, list(arguments), input=typed)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


QUIET = ("--yes", "--email", "me@x.org", "--timezone", "Europe/Berlin")


def test_each_question_is_asked_in_one_line_explained_and_asked_again_after_a_wrong_answer(folder: Path) -> None:
    typed = ["me", "me@x.org", "Mars/Base", "Europe/Berlin", "?", "pigeon", "telegramm", "ntfy", "a topic", "my-topic",
             "example.com", "https://ops.example.com/", "?", "githb", "github, shop", "y", "night", "22-7", "noon", "8:00",
             "moon", "cloud", "X", "my-co-prod", "", "nowhere", "us-central1", "n"]  # fmt: skip
    done = init(typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert re.findall(r"Error: (expected [^,;\n]*)", done.stderr) == [
        "expected an e-mail address such as me@example.com", "expected an IANA time zone such as Europe/Berlin",
        "expected ntfy", "expected ntfy", "expected a topic of letters", "expected an address such as https://opos.example.com",
        "expected github", "expected two times such as 22:00-07:00", "expected a duration such as 5m",
        "expected here or cloud", "expected a Google Cloud project ID such as my-company-prod",
        "expected a Google Cloud region such as europe-west1",
    ]  # fmt: skip
    assert "did you mean telegram?" in done.stderr
    assert "google-monitoring" in done.stderr
    written = yaml.safe_load((folder / "opos.yaml").read_text())
    assert written["deploy"]["targets"] == {"production": {"project": "my-co-prod", "region": "us-central1"}}
    assert list(written["sources"]) == ["github", "shop", "smoke"]
    assert written["public_url"] == "https://ops.example.com"
    assert written["digest"] == {"channel": "desk", "cron": "0 8 * * *"}
    assert written["focus"]["blocks"] == [{"name": "quiet hours", "from": "22:00", "to": "07:00"}]
    assert secrets_file.values(folder)["PHONE_URL"] == "https://ntfy.sh/my-topic"


def test_a_name_that_opos_does_not_know_is_confirmed_or_typed_again(folder: Path) -> None:
    typed = ["", "shopif", "shop", "", "shopify", "", "", "", ""]
    done = init("--email", "me@x.org", "--timezone", "UTC", "--page", "console", typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert "shop is new to opos (did you mean shopify?)" in done.stderr
    assert list(yaml.safe_load((folder / "opos.yaml").read_text())["sources"]) == ["shopify"]


def test_the_secrets_are_in_a_file_for_its_owner_alone_and_nowhere_else(folder: Path) -> None:
    done = init(*QUIET, "--senders", "github,alertmanager,shop", "--page", "ntfy")
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    values = secrets_file.values(folder)
    assert verify(folder / "opos.yaml", folder / "flags.yaml", values) == []
    elsewhere = done.output + "".join((folder / name).read_text() for name in ("opos.yaml", "senders.md", "flags.yaml"))
    assert [name for name, value in values.items() if value in elsewhere] == []


def test_what_only_the_sender_knows_is_left_to_fill_in_and_named(folder: Path) -> None:
    done = init(*QUIET, "--senders", "stripe,slack", "--page", "email")
    assert "set STRIPE_WEBHOOK_SECRET, SLACK_SIGNING_SECRET, SMTP_URL in .env" in done.output
    faults = verify(folder / "opos.yaml", folder / "flags.yaml", secrets_file.values(folder))
    assert [fault.expected for fault in faults] == [
        f"the secret {name} to be set" for name in ("STRIPE_WEBHOOK_SECRET", "SLACK_SIGNING_SECRET", "SMTP_URL")
    ]


def test_what_is_there_is_not_overwritten_and_says_how_it_could_be(folder: Path) -> None:
    (folder / "opos.yaml").write_text("mine")
    done = init(*QUIET)
    assert done.exit_code == 2
    assert "opos init --force" in done.stderr
    assert {file.name: file.read_text() for file in folder.iterdir()} == {"opos.yaml": "mine"}


def test_force_keeps_each_version_that_was_there_and_every_secret(folder: Path) -> None:
    (folder / "opos.yaml").write_text("mine")
    assert init(*QUIET, "--force", "--senders", "github").exit_code == 0
    secrets = secrets_file.values(folder)
    assert init(*QUIET, "--force", "--senders", "github,grafana").exit_code == 0
    assert (folder / "opos.yaml.bak").read_text() == "mine"
    assert "grafana" not in (folder / "opos.yaml.bak1").read_text()
    assert secrets_file.values(folder).items() > secrets.items()


def test_a_new_folder_gets_the_kinds_that_opos_ships_and_no_company_is_ever_replaced(folder: Path) -> None:
    assert init(*QUIET, "--senders", "github").exit_code == 0
    for name in ("records.py", "schema.json"):
        assert (folder / "company" / name).read_bytes() == (SHIPPED / name).read_bytes()
    (folder / "company/records.py").write_text("mine")
    (folder / "company/schema.json").unlink()
    assert init(*QUIET, "--force", "--senders", "github").exit_code == 0
    assert [(file.name, file.read_text()) for file in (folder / "company").iterdir()] == [("records.py", "mine")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--email", "me"], "expected an e-mail address"),
        (["--senders", "stripes"], "expected stripe"),
        (["--page", "nonsense://secret"], "'nonsense'"),
        (["--staging", "UPPER"], "expected a Google Cloud project ID"),
        (["--runs", "mars"], "expected here or cloud"),
        (["--yes", "--email", "me@x.org", "--runs", "cloud"], "expected --production"),
        (["--email", "me@x.org"], "or --timezone"),
        (["--yes", "--email", "me@x.org", "--page", "ntfy", "--page-url", "a b"], "--page-url: expected a topic"),
        (["--yes", "--email", "me@x.org", "--page-url", "https://x.org"], "expected no address"),
        (["--quiet", "9-9"], "expected an end other than the start"),
        (["--digest", "25:00"], "expected a time from 00:00 to 23:59"),
        (["--add", "stripe"], "expected opos.yaml in this folder, found none"),
    ],
)
def test_a_wrong_option_or_no_answer_is_wrong_usage_that_says_what_was_expected(
    folder: Path, arguments: list[str], said: str
) -> None:
    done = init(*arguments)
    assert (done.exit_code, said in done.stderr, "://secret" in done.stderr) == (2, True, False), done.output
    assert list(folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers",
    [
        ["--senders", "github,stripe,alertmanager,shop", "--page", "https://ntfy.sh/x"],
        [
            "--senders",
            "my-app",
            "--page",
            "smtps://me:pw@127.0.0.1",
            "--staging",
            "my-co-stg",
            "--production",
            "my-co-prod",
        ],
        ["--senders", ",".join(known())],
    ],
    ids=["some", "in the cloud", "all"],
)
def test_opos_verifies_what_it_wrote_starts_with_it_and_takes_a_webhook(folder: Path, answers: list[str]) -> None:
    base = {name: value for name, value in os.environ.items() if not name.startswith("OPOS_")}

    def opos(*arguments: str, shell: dict[str, str]) -> subprocess.CompletedProcess[str]:
        environment = {**base, "PYTHONPATH": str(ROOT), **shell}
        command = [sys.executable, "-m", "opos", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)

    begun = opos("init", *QUIET, *answers, "--json", shell={})
    assert (begun.returncode, begun.stderr) == (0, "")
    missing = dict.fromkeys(json.loads(begun.stdout)["missing"], "whsec_typed-in")
    shell = {**secrets_file.values(folder), **missing}
    assert opos("verify", shell=shell).returncode == 0
    name = answers[1].split(",")[-1]
    port = free_port()
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "opos", "up", "--port", str(port)]
        process = start(command, environment={**base, "PYTHONPATH": str(ROOT), **shell}, output=log)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: listens(port), seconds=60, what="the bundle to listen")
        (folder / "body.json").write_text('{"type": "order.stuck", "data": {"title": "Stuck", "severity": "warning"}}')
        sent = opos("send", name, "body.json", "--url", url, shell=shell)
        assert sent.stdout.startswith("202"), sent.stdout + sent.stderr
    finally:
        end(process)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
