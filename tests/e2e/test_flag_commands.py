"""`opos flags`, on files in a folder."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.bundle import CONFIG
from tests.support.commands import opos

FLAGS = """
flags:
  quarter: {enabled: true, rollout: 25}
  members: {enabled: true, requires_auth: true, rollout: 50}
  everyone: {enabled: true, expires: 2026-01-31}
  banner:
    state: ENABLED
    variants: {none: {}, sale: {text: "20 % off"}}
    defaultVariant: none
    targeting: {if: [{sem_ver: [{var: version}, ">=", 2.1.0]}, sale]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flags.yaml").write_text(FLAGS)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "page.js").write_text("if (client.getBooleanValue('quarter', false)) banner('members')")
    return tmp_path


def test_a_flag_is_evaluated_for_a_user_and_a_context(folder: Path) -> None:
    assert opos("flags", "eval", "quarter", "--user", "u2", folder=folder).stdout == "true  (on, TARGETING_MATCH)\n"
    shown = json.loads(
        opos("flags", "eval", "banner", "--context", '{"version": "v2.1"}', "--json", folder=folder).stdout
    )
    assert shown == {"key": "banner", "value": {"text": "20 % off"}, "variant": "sale", "reason": "TARGETING_MATCH"}
    assert opos("flags", "eval", "unheard-of", folder=folder).returncode == 1
    assert opos("flags", "eval", "banner", "--context", "[", folder=folder).returncode == 2


def test_explain_shows_which_part_decides_and_the_users_bucket(folder: Path) -> None:
    output = opos(
        "flags", "explain", "members", "--user", "u1", "--context", '{"user": {"sub": "u1"}}', folder=folder
    ).stdout
    assert output.splitlines() == [
        'if {"!!": [{"var": "user"}]}: true, so yes',
        "  'u1' is in bucket 55047 of 100000: on 0 to 49999, off 50000 to 99999",
        "=> off",
    ]
    output = opos("flags", "explain", "quarter", folder=folder).stdout
    assert "but the context has no targetingKey" in output
    assert output.endswith("the rule returns no variant: the default applies, off\n=> off\n")
    output = opos("flags", "explain", "banner", "--context", '{"version": "1.0"}', folder=folder).stdout
    assert output.startswith('if {"sem_ver": [{"var": "version"}, ">=", "2.1.0"]}: false, so no\n')


def test_stale_lists_flags_that_expired_have_one_value_or_are_not_used(folder: Path) -> None:
    output = opos("flags", "stale", "--code", "code", folder=folder).stdout.splitlines()
    assert output == [
        "everyone: expired on 2026-01-31", "everyone: one value for everyone: on", "everyone: no file below code mentions it",
    ]  # fmt: skip


def test_a_flag_is_stale_when_it_has_had_one_value_for_longer_than_the_limit(folder: Path) -> None:
    def git(*words: str, day: str) -> None:
        moment = {"GIT_COMMITTER_DATE": f"{day}T12:00:00Z", "GIT_AUTHOR_DATE": f"{day}T12:00:00Z"}
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", *who, *words], cwd=folder, env={**os.environ, **moment}, check=True, capture_output=True)

    def stale(*words: str) -> list[str]:
        return opos("flags", "stale", *words, folder=folder).stdout.splitlines()

    old, file = str(datetime.now(UTC).date() - timedelta(days=40)), folder / "flags.yaml"
    file.write_text("flags:\n  old: {enabled: true}\n  young: {enabled: true, rollout: 50}\n")
    git("init", "-q", day=old)
    git("add", "flags.yaml", day=old)
    git("commit", "-qm", "first", day=old)
    file.write_text(file.read_text().replace("50", "100"))
    git("commit", "-qam", "second", day=str(datetime.now(UTC).date() - timedelta(days=5)))
    (line,) = stale()
    assert re.fullmatch(r"old: one value for everyone: on, since \d+ \w{3}( \d{4})? 12:00 \((39|40) days ago\)", line)
    (row,) = json.loads(opos("flags", "stale", "--json", folder=folder).stdout)
    assert row == {"flag": "old", "reason": f"one value for everyone: on, since {old}"}
    (folder / "opos.yaml").write_text(CONFIG.replace("Europe/Berlin", "Asia/Tokyo"))
    assert " 21:00 (" in stale()[0]
    assert len(stale("--settled", "3d")) == 2
    file.write_text(file.read_text().replace("old: {enabled: true}", "old: {enabled: false}"))
    assert stale() == ["No flag is stale."]
    assert opos("flags", "stale", "--settled", "soon", folder=folder).returncode == 2


def test_list_shows_every_flag_as_a_flagd_definition(folder: Path) -> None:
    flags = json.loads(opos("flags", "list", "--json", folder=folder).stdout)
    assert flags["quarter"]["targeting"] == {"fractional": [["on", 25000], ["off", 75000]]}
    assert "quarter" in opos("flags", "list", folder=folder).stdout


def test_the_commands_use_the_environment_of_the_process(folder: Path) -> None:
    (folder / "flags.yaml").write_text("flags: {a: {enabled: false, environments: {staging: {enabled: true}}}}\n")
    staging = {"OPOS_ENVIRONMENT": "staging"}
    assert opos("flags", "eval", "a", folder=folder).stdout == "false  (off, STATIC)\n"
    assert opos("flags", "eval", "a", folder=folder, secrets=staging).stdout == "true  (on, STATIC)\n"
    assert opos("flags", "list", folder=folder, secrets=staging).stdout.split() == [
        "a",
        "ENABLED",
        "on",
        "for",
        "everyone",
    ]
    assert opos("flags", "explain", "a", folder=folder, secrets=staging).stdout.endswith("=> on\n")


def test_the_first_names_of_the_fields_mean_the_same(folder: Path) -> None:
    (folder / "flags.yaml").write_text(
        "flags:\n  quarter: {enabled: true, rolloutPercentage: 25, requiresAuth: false}\n"
    )
    assert opos("flags", "eval", "quarter", "--user", "u2", folder=folder).stdout == "true  (on, TARGETING_MATCH)\n"
    assert opos("flags", "set", "quarter", "--rollout", "0", folder=folder).returncode == 0
    assert "rolloutPercentage: 0," in (folder / "flags.yaml").read_text()
    assert opos("flags", "eval", "quarter", "--user", "u2", folder=folder).stdout == "false  (off, STATIC)\n"


def test_the_manifest_is_printed_as_json(folder: Path) -> None:
    flags = json.loads(opos("flags", "manifest", folder=folder).stdout)["flags"]
    assert flags["quarter"] == {"flagType": "boolean", "defaultValue": False}
    assert flags["banner"]["flagType"] == "object"


def test_set_keeps_line_ends_links_and_modes(folder: Path) -> None:
    text = "flags:\r\n  a: {enabled: true, rollout: 10}   # c\r\n  b: {enabled: true}\r\n"
    (folder / "real.yaml").write_bytes(text.encode())
    (folder / "real.yaml").chmod(0o640)
    (folder / "flags.yaml").unlink()
    (folder / "flags.yaml").symlink_to("real.yaml")
    assert opos("flags", "set", "a", "--rollout", "30", folder=folder).returncode == 0
    assert (folder / "flags.yaml").is_symlink()
    assert (folder / "real.yaml").read_bytes() == text.replace("rollout: 10", "rollout: 30").encode()
    assert (folder / "real.yaml").stat().st_mode & 0o777 == 0o640


def test_set_edits_the_file_in_place_and_rejects_invalid_values(folder: Path) -> None:
    assert opos("flags", "set", "quarter", "--rollout", "30", folder=folder).stdout == "quarter: rollout: 30\n"
    assert (folder / "flags.yaml").read_text() == FLAGS.replace("rollout: 25", "rollout: 30")
    assert opos("flags", "set", "everyone", "--disabled", "--in", "staging", folder=folder).returncode == 0
    assert "environments: {staging: {enabled: false}}" in (folder / "flags.yaml").read_text()
    assert opos("flags", "eval", "everyone", "--environment", "staging", folder=folder).stdout.startswith("false")
    before = (folder / "flags.yaml").read_text()
    for wrong, code in ((("banner", "--rollout", "5"), 2), (("unheard-of", "--enabled"), 1), (("quarter",), 2)):
        assert opos("flags", "set", *wrong, folder=folder).returncode == code
    assert (folder / "flags.yaml").read_text() == before
