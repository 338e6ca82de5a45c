"""`opos channels test` against real receivers, and what `opos verify` says about links that no phone can follow."""

import json
import re
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opos.cli import main
from shared.config.files.loader import load_config
from shared.config.files.local_links import local_links
from shared.config.files.located_yaml import read_yaml
from tests.support.bundle import CONFIG, SECRETS, Bundle
from tests.support.receivers import TOKEN, Posted, Receiver, Verdict, ntfy, receiving

PHONE = "channels: {desk: {console: true}, inbox: {console: true}, phone: {ntfy: PHONE_URL}}\n"


@pytest.fixture
def bundle(embedded: Bundle) -> Bundle:
    embedded.configure(PHONE)
    return embedded


def run(bundle: Bundle, receiver: Receiver, *words: str) -> Result:
    secrets = {**SECRETS, "PHONE_URL": f"http://:{TOKEN}@{receiver.address}/a-secret-topic"}
    with chdir(bundle.folder):
        return CliRunner().invoke(main, ["channels", "test", *words, "--url", bundle.url, "--data", "."], env=secrets)


def test_a_test_is_delivered_and_its_buttons_lead_to_a_page_that_says_so(bundle: Bundle) -> None:
    with receiving(ntfy) as receiver:
        result = run(bundle, receiver, "phone")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("phone  delivered  HTTP 200.")
    before = [doc for name in ("alerts", "outbox", "groups") for doc in bundle.docs(name)]
    (posted,) = receiver.accepted
    for action in posted.json["actions"]:
        method = "POST" if action["action"] == "http" else "GET"
        answer = bundle.request(method, action["url"].removeprefix(bundle.url))
        assert (answer.status, "This was a test of the channel phone" in answer.text) == (200, True), action
    assert [doc for name in ("alerts", "outbox", "groups") for doc in bundle.docs(name)] == before


def test_without_a_name_each_channel_is_tested(bundle: Bundle) -> None:
    with receiving(ntfy) as receiver:
        result = run(bundle, receiver, "--json")
    answers = {answer["channel"]: answer["delivered"] for answer in json.loads(result.output)}
    assert (result.exit_code, answers) == (0, {"desk": True, "inbox": True, "phone": True})


def telltale(posted: Posted) -> Verdict:
    """Quotes the secrets in its answer."""
    return 403, {"error": f"no {posted.json['topic']} for {posted.headers['authorization']}"}


def test_a_refusal_is_shown_with_its_reason_and_without_a_secret(bundle: Bundle) -> None:
    with receiving(telltale) as receiver:
        result = run(bundle, receiver, "phone")
    assert result.exit_code == 1
    assert "phone  not delivered  unauthorized: HTTP 403." in result.output
    assert "no *** for Bearer ***" in result.output
    assert not any(secret in result.output for secret in (TOKEN, "a-secret-topic"))


def wordy(posted: Posted) -> Verdict:
    """Quotes a secret where a short answer would be cut."""
    return 403, {"error": "x" * 170 + posted.headers["authorization"]}


def test_no_part_of_a_secret_is_left_where_an_answer_is_cut(bundle: Bundle) -> None:
    with receiving(wordy) as receiver:
        result = run(bundle, receiver, "phone")
    assert TOKEN[:6] not in result.output


def test_one_channel_that_cannot_be_read_keeps_no_other_from_its_test(bundle: Bundle) -> None:
    with receiving(ntfy) as receiver, chdir(bundle.folder):
        secrets = {**SECRETS, "PHONE_URL": "https://[x"}
        result = CliRunner().invoke(main, ["channels", "test", "--url", bundle.url, "--data", "."], env=secrets)
    assert (result.exit_code, len(result.output.splitlines()), receiver.accepted) == (1, 3, [])
    assert "phone  not delivered" in result.output


def test_each_addressee_of_a_channel_is_tested(bundle: Bundle) -> None:
    bundle.configure("channels: {desk: {console: true}, inbox: {console: true}, team: {apprise: TEAM_URLS}}\n")
    with receiving(lambda _: (200, {})) as receiver, chdir(bundle.folder):
        secrets = {**SECRETS, "TEAM_URLS": f"json://{receiver.address}/a json://127.0.0.1:9/b"}
        arguments = ["channels", "test", "team", "--url", bundle.url, "--data", "."]
        result = CliRunner().invoke(main, arguments, env=secrets)
    assert result.exit_code == 1
    assert "team (addressee 1 of 2)  delivered" in result.output
    assert "team (addressee 2 of 2)  not delivered" in result.output


def test_an_unknown_channel_is_named_with_those_that_exist(bundle: Bundle) -> None:
    result = run(bundle, Receiver("127.0.0.1:9"), "pohne")
    assert (result.exit_code, "desk, inbox, phone" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("url", "phone", "warned"),
    [
        ("http://127.0.0.1:8080", "https://ntfy.sh/t", True), ("http://localhost:8080", "https://ntfy.sh/t", True),
        ("http://[::1]:8080", "tgram://token/chat", True), ("https://opos.example", "https://ntfy.sh/t", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:9000/t", False), ("http://0.0.0.0:8080", "https://ntfy.sh/t", True),
        ("http://localhost.example", "https://ntfy.sh/t", False), ("http://127.0.0.1", "ntfys://localhost/t", False),
        ("http://127.0.0.1", "json://localhost/, tgram://token/chat", True),
    ],
)  # fmt: skip
def test_links_to_this_machine_are_warned_of_while_a_channel_leaves_it(
    tmp_path: Path, url: str, phone: str, *, warned: bool
) -> None:
    kept = [line for line in CONFIG.splitlines() if not line.startswith("channels:")]
    kind = "ntfy" if phone.startswith("http") else "apprise"
    (tmp_path / "opos.yaml").write_text("\n".join([*kept, PHONE.replace("ntfy", kind)]))
    file = tmp_path / "opos.yaml"
    warnings = [*local_links(load_config(file), read_yaml(file), url, {"PHONE_URL": phone})]
    assert [(warning.path, warning.actual, "on phone use it" in warning.expected) for warning in warnings] == (
        [("public_url", url, True)] if warned else []
    )


def test_verify_shows_the_warning_and_still_succeeds(tmp_path: Path) -> None:
    (tmp_path / "opos.yaml").write_text(CONFIG.replace("inbox: {console: true}", "inbox: {ntfy: PHONE_URL}"))
    (tmp_path / "flags.yaml").write_text("flags: {}\n")
    with chdir(tmp_path):
        result = CliRunner().invoke(main, ["verify"], env={**SECRETS, "PHONE_URL": "https://ntfy.sh/t"})
    assert result.exit_code == 0, result.output
    assert re.search(
        r"\nwarning: opos.yaml:\d+: public_url: expected an address that your phone can open", result.output
    )
    assert "on inbox use it; found http://127.0.0.1:8080" in result.output
