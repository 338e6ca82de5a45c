"""`opos init` in a folder that has an opos.yaml: it shows the present values, and changes only what was asked."""

import os
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opos.commands.init import command
from opos.init import dotenv
from shared.verification import verify
from tests.support.receivers import Posted, Verdict, ntfy, receiving

CONFIG = """\
# My shop.
owner: me@x.org   # that is me
timezone:   Europe/Berlin

sources:
  github:   {scheme: github, secrets: [GITHUB_WEBHOOK_SECRET]}   # the code
  # sentry comes later

channels: {desk: {console: true}, phone: {ntfy: PHONE_URL}}
route:
  channel: phone
digest: {channel: desk, window: 5m, size: 5}
"""
ENV = "# mine\nexport GITHUB_WEBHOOK_SECRET=kept-secret\nexport PHONE_URL='http://127.0.0.1:1/kept-topic'\n"


def init(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(command, list(arguments), input=typed)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.endswith(("_SECRET", "_URL", "_TOKEN"))]:
        monkeypatch.delenv(name)
    (tmp_path / "opos.yaml").write_text(CONFIG)
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    (tmp_path / ".env").write_text(ENV)
    (tmp_path / ".gitignore").write_text("build/")
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}


def test_adding_a_sender_adds_its_line_its_secret_and_its_steps_and_nothing_else(folder: Path) -> None:
    done = init("--add", "grafana", "--yes", "--public-url", "https://ops.example.com")
    assert done.exit_code == 0, done.output
    after = contents(folder)
    lines = "  grafana: {scheme: bearer, secrets: [GRAFANA_TOKEN]}\n"
    github = next(line for line in CONFIG.splitlines(keepends=True) if "github:" in line)
    berlin = "timezone:   Europe/Berlin\n"
    assert after["opos.yaml"] == CONFIG.replace(github, github + lines).replace(
        berlin, f"{berlin}public_url: https://ops.example.com\n"
    )
    assert after[".env"].startswith(ENV)
    assert after["flags.yaml"] == "flags: {}\n"
    assert after[".gitignore"] == "build/\n.env\n.opos/\n"
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert verify(folder / "opos.yaml", folder / "flags.yaml", dotenv.values(folder)) == []
    assert "https://ops.example.com/webhooks/grafana" in done.stdout
    assert "https://ops.example.com/webhooks/grafana" in after["senders.md"]
    secrets = dotenv.values(folder).values()
    assert [secret for secret in secrets if secret in done.output] == []


def test_the_same_command_again_changes_nothing(folder: Path) -> None:
    assert init("--add", "stripe", "--yes").exit_code == 0
    before = contents(folder)
    done = init("--add", "stripe", "--yes")
    assert (done.exit_code, done.stdout.splitlines()[0], contents(folder)) == (0, "Nothing to change.", before)


def test_an_unfilled_secret_is_named_until_it_is_set(folder: Path) -> None:
    done = init("--add", "stripe", "--yes")
    assert "set STRIPE_WEBHOOK_SECRET in .env" in done.stdout
    assert "export STRIPE_WEBHOOK_SECRET=\n" in (folder / ".env").read_text()


def test_the_changes_are_shown_first_and_no_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    done = init("--add", "stripe", typed="n\n")
    assert (done.exit_code, contents(folder)) == (1, before)
    assert "+  stripe: {scheme: stripe, secrets: [STRIPE_WEBHOOK_SECRET]}" in done.stderr
    assert ".env: STRIPE_WEBHOOK_SECRET added" in done.stderr
    assert done.stderr.endswith("Nothing was changed.\n")
    assert "kept-" not in done.output
    assert init("--add", "stripe", typed="y\n").exit_code == 0
    assert "stripe" in (folder / "opos.yaml").read_text()


def test_a_closed_stdin_changes_nothing_and_says_so(folder: Path) -> None:
    before = contents(folder)
    for arguments in (["--add", "stripe"], []):
        done = init(*arguments)
        assert (done.exit_code, contents(folder)) == (2, before)
        assert "Nothing was changed." in done.stderr


def test_the_present_values_are_the_defaults_and_enter_keeps_them(folder: Path) -> None:
    before = contents(folder)
    done = init(typed="\n" * 9)
    assert done.exit_code == 0, done.output
    assert re.findall(r"^\d\. .*\[(.*?)\]:", done.stderr, re.MULTILINE) == [
        "me@x.org", "Europe/Berlin", "phone", "none", "github", "none", "5m", "here",
    ]  # fmt: skip
    assert {**contents(folder), ".gitignore": "build/"} == before


def test_only_what_is_answered_differently_changes(folder: Path) -> None:
    typed = ["", "", "desk", "", "sentry", "23-6", "08:00", "", "y"]
    done = init(typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    github = "secrets: [GITHUB_WEBHOOK_SECRET]}   # the code\n"
    assert (folder / "opos.yaml").read_text() == (
        CONFIG.replace(github, f"{github}  sentry: {{scheme: sentry, secrets: [SENTRY_CLIENT_SECRET]}}\n")
        .replace("channel: phone", "channel: desk")
        .replace("window: 5m, size: 5}", 'cron: "0 8 * * *"}')
        + 'focus: {blocks: [{name: quiet hours, from: "23:00", to: "06:00"}]}\n'
    )


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("opos.yaml", "owner: me\n  sources: {\n", r"opos.yaml:2: expected valid YAML"),
        ("opos.yaml", CONFIG.replace("timezone: ", "timezoen: "), r"opos.yaml:3: timezoen: expected one of"),
        ("opos.yaml", CONFIG + "owner: you@y.org\n", r"opos.yaml:13: owner: expected each key once"),
        ("opos.yaml", "", r"opos.yaml:1: expected a mapping"),
        (".env", ENV + "export A='open\n", r"\.env:4: expected a closing '"),
    ],
)
def test_a_damaged_file_is_an_error_with_its_line_and_nothing_is_lost(
    folder: Path, file: str, text: str, said: str
) -> None:
    (folder / file).write_text(text)
    before = contents(folder)
    done = init("--add", "stripe", "--page", "slack", "--yes")
    assert (done.exit_code, type(done.exception), contents(folder)) == (2, SystemExit, before), done.output
    assert re.match(said, done.stderr), done.stderr


def test_bytes_that_are_no_text_are_an_error_with_their_line(folder: Path) -> None:
    for name, content in ((".env", b"export A=1\nexport B=\xff\n"), ("opos.yaml", CONFIG.encode() + b"# \xff\n")):
        former = (folder / name).read_bytes()
        (folder / name).write_bytes(content)
        done = init("--add", "stripe", "--yes")
        assert (done.exit_code, f"{name}:{content.count(10)}: expected UTF-8 text" in done.stderr) == (2, True)
        assert (folder / name).read_bytes() == content
        (folder / name).write_bytes(former)


def test_a_secret_that_is_set_is_never_replaced_and_an_empty_one_is_filled(folder: Path) -> None:
    refused = init("--page", "phone", "--page-url", "https://ntfy.sh/other", "--yes")
    assert (refused.exit_code, (folder / ".env").read_text()) == (2, ENV)
    assert re.match(r"\.env:3: PHONE_URL: expected no value yet; found another value", refused.stderr)
    assert "set CHAT_URL in .env" in init("--page", "slack", "--yes").stdout
    address = "https://hooks.slack.com/services/T/B/x"
    for page in ("slack", "chat"):
        assert init("--page", page, "--page-url", address, "--yes").exit_code == 0
    assert (folder / ".env").read_text().count("CHAT_URL") == 1
    assert dotenv.values(folder).items() > {"CHAT_URL": address, "GITHUB_WEBHOOK_SECRET": "kept-secret"}.items()


def telltale(posted: Posted) -> Verdict:
    return 403, {"error": f"no {posted.json['topic']}"}


@pytest.mark.parametrize(
    ("receiver", "code", "said"),
    [(ntfy, 0, "phone  delivered  HTTP 200."), (telltale, 1, "phone  not delivered  unauthorized: HTTP 403.")],
)
def test_a_test_notification_is_sent_and_its_outcome_is_told_in_words(
    folder: Path, receiver: Callable[[Posted], Verdict], code: int, said: str
) -> None:
    with receiving(receiver) as phone:
        (folder / ".env").write_text(ENV.replace("127.0.0.1:1", phone.address))
        done = init("--add", "grafana", "--yes", "--test")
        again = init("--test")
    assert (again.exit_code, again.stdout.splitlines()[0], said in again.stdout) == (code, "Nothing to change.", True)
    assert (done.exit_code, said in done.stdout) == (code, True), done.output
    assert "kept-topic" not in done.output
    assert "grafana" in (folder / "opos.yaml").read_text()


@pytest.mark.parametrize("tracked", [True, False])
def test_git_never_takes_the_secrets_into_a_commit(folder: Path, *, tracked: bool) -> None:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    if tracked:
        git("add", ".env")
    done = init("--add", "grafana", "--yes")
    assert ("git rm --cached .env" in done.stdout) is tracked
    assert init("--add", "sentry", "--yes").exit_code == 0
    assert (folder / ".gitignore").read_text() == "build/\n.env\n.opos/\n"
    git("add", ".")
    assert (".env" in git("ls-files").splitlines()) is tracked


def test_a_secret_in_an_unusual_line_is_kept_and_an_unreadable_one_stops_before_anything_changes(folder: Path) -> None:
    unusual = "export  GRAFANA_TOKEN='kept'\nGITHUB_WEBHOOK_SECRET = 'kept'\nPHONE_URL=http://127.0.0.1:1/x\n"
    (folder / ".env").write_text(unusual)
    assert init("--add", "grafana", "--yes").exit_code == 0
    assert (folder / ".env").read_text() == unusual
    (folder / ".env").write_text("STRIPE_WEBHOOK_SECRET=pa$$word\n")
    before = contents(folder)
    done = init("--add", "stripe", "--yes")
    assert (done.exit_code, contents(folder), ".env:1: expected" in done.stderr) == (2, before, True)
