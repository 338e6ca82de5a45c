"""What is deployed: the files of a release, the name of its image, the build that makes it, and the pipeline."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import yaml

from opos.cli import main
from opos.cloud.declared import BUILDER, DEPLOYER, TESTER, account
from opos.cloud.image_digests import CLI, Unpinned, look_up
from opos.cloud.packaging import KINDS, NotPackaged, Release, build_config, image, stage
from shared.config.deploy import TargetName
from shared.config.files import compiled_flags as compiled
from shared.config.files.faults import ConfigError
from shared.process.facts import version
from tests.support.bundle import CONFIG, FLAGS
from tests.support.project import ROOT

CODE = ("functions/__init__.py", "functions/a/main.py", "functions/a/templates/a.html", "shared/__init__.py")
TESTS, DEPLOY = "cloudbuild.yaml", "cloudbuild.deploy.yaml"
PIPELINES: dict[str, dict[str, Any]] = {name: yaml.safe_load((ROOT / name).read_text()) for name in (TESTS, DEPLOY)}


COMPILED = ("flags.compiled.json", "opos.compiled.json")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout in small."""
    written = {**dict.fromkeys(CODE, "x"), "requirements.txt": "x", "opos.yaml": CONFIG, "flags.yaml": FLAGS}
    for name, text in written.items():
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text(text)
    return tmp_path / "root"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Of this project as it is."""
    return stage(ROOT, tmp_path_factory.mktemp("stage"), "staging")


def test_a_release_holds_the_code_and_its_pages_and_what_it_is_configured_by(root: Path, tmp_path: Path) -> None:
    for superfluous in (
        "functions/a/__pycache__/main.pyc",
        "shared/.x.py.swp",
        "opos/cli.py",
        "tests/test_x.py",
        "x.py",
    ):
        (root / superfluous).parent.mkdir(parents=True, exist_ok=True)
        (root / superfluous).write_text("x")
    made = stage(root, tmp_path / "stage", "staging")
    assert made.files == tuple(sorted((*CODE, "requirements.txt", "opos.yaml", "flags.yaml", *COMPILED)))
    there = {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()}
    assert there == set(made.files)


def test_a_release_holds_all_of_the_company_except_hidden_and_compiled_files(root: Path, tmp_path: Path) -> None:
    own = ("company/records.py", "company/schema.json", "company/work/records.py", "company/work/prompts/a.md")
    for name in (*own, "company/.env", "company/.git/config", "company/__pycache__/records.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    made = stage(root, tmp_path / "stage", "staging")
    assert [name for name in made.files if name.startswith("company/")] == sorted(own)
    (root / "company/work/records.py").write_text("y")
    assert stage(root, tmp_path / "changed", "staging").tag != made.tag


def test_another_company_is_released_under_the_name_that_the_functions_look_for(root: Path, tmp_path: Path) -> None:
    for folder in (root / "company", tmp_path / "mine"):
        folder.mkdir()
        (folder / "records.py").write_text(f"# {folder.name}")
    made = stage(root, tmp_path / "stage", "staging", company=tmp_path / "mine")
    assert (made.folder / "company/records.py").read_text() == "# mine"


@pytest.mark.parametrize("package", ["functions", "shared"])
def test_every_kind_of_file_that_the_code_consists_of_is_released(package: str, release: Release) -> None:
    paths = (path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    names = {path.relative_to(ROOT).as_posix() for path in paths}
    assert names - set(release.files) == set(), f"add its suffix to KINDS ({', '.join(sorted(KINDS))}), or take it out"


def test_each_page_in_a_release_is_used(release: Release) -> None:
    texts = {name: (release.folder / name).read_text() for name in release.files if name.endswith((".py", ".html"))}
    pages = [name for name in release.files if "/templates/" in name]
    used = [name for name in pages if any(name.rpartition("/")[2] in text for text in texts.values())]
    assert used == pages != []


def test_the_code_of_a_release_needs_nothing_of_the_project_that_is_not_in_it(release: Release) -> None:
    trees = [ast.parse((release.folder / name).read_text()) for name in release.files if name.endswith(".py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    assert {name for name in names if name.partition(".")[0] in {"opos", "tests", "infra", "bench"}} == set()


def test_the_same_content_is_the_same_image_wherever_and_whenever_it_was_staged(root: Path, tmp_path: Path) -> None:
    first = stage(root, tmp_path / "first", "staging")
    other = shutil.copytree(root, tmp_path / "elsewhere")
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
    assert stage(other, tmp_path / "second", "staging").content == first.content


@pytest.mark.parametrize("changed", [*CODE, "requirements.txt", "opos.yaml", "flags.yaml"])
def test_any_change_makes_another_image(root: Path, tmp_path: Path, changed: str) -> None:
    before = stage(root, tmp_path / "before", "staging")
    (root / changed).write_text((root / changed).read_text() + "\n#\n")
    assert stage(root, tmp_path / "after", "staging").tag != before.tag


def test_a_file_of_another_name_makes_another_image(root: Path, tmp_path: Path) -> None:
    before = stage(root, tmp_path / "before", "staging")
    (root / CODE[1]).rename(root / "functions/a/other.py")
    assert stage(root, tmp_path / "after", "staging").tag != before.tag


def test_another_environment_and_another_build_make_another_image(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = [stage(root, tmp_path / name, name).tag for name in ("staging", "production")]
    monkeypatch.setattr("opos.cloud.packaging.BUILDER", "builder:newer")
    assert len({*tags, stage(root, tmp_path / "newer", "staging").tag}) == 3


def test_other_files_are_released_under_the_names_that_the_functions_look_for(root: Path, tmp_path: Path) -> None:
    config, flags = tmp_path / "mine.yaml", tmp_path / "theirs.yaml"
    config.write_text(CONFIG + "# mine\n")
    flags.write_text(FLAGS + "# theirs\n")
    folder = stage(root, tmp_path / "stage", "staging", config=config, flags=flags).folder
    assert (folder / "opos.yaml").read_text().endswith("# mine\n")
    assert (folder / "flags.yaml").read_text().endswith("# theirs\n")


@pytest.mark.parametrize(("environment", "used"), [("staging", True), ("production", False), ("", False)])
def test_the_compiled_flags_of_a_release_are_for_one_environment(
    release: Release, environment: str, *, used: bool
) -> None:
    flags = compiled.read(release.folder / "flags.yaml", release.folder / "opos.yaml", environment)
    assert (flags is not None) is used


def test_what_is_no_checkout_is_not_packaged(root: Path, tmp_path: Path) -> None:
    shutil.rmtree(root / "shared")
    (root / "requirements.txt").unlink()
    with pytest.raises(NotPackaged) as caught:
        stage(root, tmp_path / "stage", "staging")
    assert caught.value.message == f"expected requirements.txt, shared/__init__.py in {root}, found none"
    assert caught.value.hint


def test_a_release_is_not_mixed_with_what_is_there(root: Path, tmp_path: Path) -> None:
    with pytest.raises(NotPackaged, match=r"expected .*root to be empty, found"):
        stage(root, root, "staging")
    assert not list(tmp_path.rglob("flags.compiled.json"))


def test_faulty_flags_are_named_by_the_file_of_the_operator(root: Path, tmp_path: Path) -> None:
    (root / "flags.yaml").write_text("flags: {a: {enabled: maybe}}")
    with pytest.raises(ConfigError, match=re.escape(f"{root}/flags.yaml:1: flags.a.enabled: expected")):
        stage(root, tmp_path / "stage", "staging")
    assert not (tmp_path / "stage").exists()


def test_an_image_is_named_by_what_it_is_built_of(release: Release) -> None:
    name = image(release, project="my-company", region="europe-west1")
    assert name == f"europe-west1-docker.pkg.dev/my-company/opos/opos:{release.content[:16]}"


def test_the_build_is_one_that_cloud_build_knows(release: Release, tmp_path: Path) -> None:
    name = image(release, project="my-company", region="europe-west1")
    config = build_config(name, account(BUILDER, "my-company"), {})
    (tmp_path / "build.json").write_text(json.dumps(config))
    assert faults(tmp_path / "build.json") == ""
    assert config["images"] == [name]
    assert (
        config["serviceAccount"] == "projects/my-company/serviceAccounts/opos-build@my-company.iam.gserviceaccount.com"
    )
    words = config["steps"][0]["args"]
    variables = dict(words[place + 1].split("=") for place, word in enumerate(words) if word == "--env")
    source, target = variables["GOOGLE_FUNCTION_SOURCE"], variables["GOOGLE_FUNCTION_TARGET"]
    assert f"def {target}(" in (release.folder / source).read_text()


def faults(file: Path) -> str:
    """What is wrong in a configuration of Cloud Build."""
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.cloudbuild", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_the_schema_of_cloud_build_finds_a_fault(tmp_path: Path) -> None:
    (tmp_path / "build.json").write_text(json.dumps({**PIPELINES[TESTS], "timeout": 1200}))
    assert "$.timeout: 1200 is not of type 'string'" in faults(tmp_path / "build.json")


@pytest.mark.parametrize(("file", "who"), [(TESTS, TESTER), (DEPLOY, DEPLOYER)])
def test_a_pipeline_is_one_that_cloud_build_knows_and_has_its_own_account(file: str, who: str) -> None:
    assert faults(ROOT / file) == ""
    assert PIPELINES[file]["serviceAccount"] == f"projects/$PROJECT_ID/serviceAccounts/{account(who, '$PROJECT_ID')}"


def test_the_images_of_a_pipeline_are_named_by_digest() -> None:
    names = [step["name"] for pipeline in PIPELINES.values() for step in pipeline["steps"]]
    assert set(names) == {f"{CLI.rpartition(':')[0]}@$_CLI_DIGEST"}
    assert not any("_CLI_DIGEST" in pipeline.get("substitutions", {}) for pipeline in PIPELINES.values())


def lines(file: str) -> list[list[str]]:
    """Each line of the scripts of a pipeline, in words."""
    scripts = [step["script"] for step in PIPELINES[file]["steps"] if "gcloud" not in step["script"]]
    return [shlex.split(line) for script in scripts for line in script.splitlines()[1:]]


def test_the_first_pipeline_runs_the_tests() -> None:
    assert lines(TESTS)[-1] == [".ci/run"]


@pytest.mark.parametrize("target", get_args(TargetName))
def test_the_second_pipeline_ends_with_a_command_that_opos_knows(target: str) -> None:
    *before, (program, *module, name, given_target, wait) = lines(DEPLOY)
    assert (program, module) == (".venv/bin/python", ["-m", "opos"])
    command = main.get_command(click.Context(main), name)
    assert command is not None
    given = command.make_context(name, [given_target.replace("$TARGET", target), wait]).params
    assert given["target"] == target
    assert "TARGET=$_TARGET" in PIPELINES[DEPLOY]["steps"][-1]["env"]
    assert before[-1][1:] == ["-m", "opos.deploy.source"]


def test_the_second_pipeline_installs_wheels_with_known_hashes_and_nothing_else() -> None:
    """Nothing of a dependency runs with the permissions of a deploy until opos imports it."""
    (install,) = [line for line in lines(DEPLOY) if "install" in line and "pip" in line]
    assert {"--require-hashes", "--only-binary", ":all:", "-r", "requirements.txt"} <= set(install)
    assert not {"-e", "."} & set(install)
    assert not any(word in {"make", ".ci/run"} for line in lines(DEPLOY) for word in line)


GCLOUD = """#!/bin/sh
echo "$*" >> calls
head -1 statuses
sed -i 1d statuses
"""


@pytest.mark.parametrize(
    ("statuses", "code"), [("\nQUEUED\nWORKING\nSUCCESS\n", 0), ("WORKING\nFAILURE\n", 1), ("EXPIRED\n", 1)]
)
def test_the_deploy_waits_for_the_tests_of_its_commit(tmp_path: Path, statuses: str, code: int) -> None:
    (tmp_path / "statuses").write_text(statuses)
    for name, text in {"gcloud": GCLOUD, "sleep": "#!/bin/sh\n"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    gate = next(step for step in PIPELINES[DEPLOY]["steps"] if step["id"] == "wait for the tests")
    (tmp_path / "gate").write_text(gate["script"])
    given = {"TESTS": "t1", "COMMIT": "c1", "REGION": "europe-west1"}
    assert sorted(given) == sorted(variable.partition("=")[0] for variable in gate["env"])
    environment = {**given, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "gate"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, done.stderr if code else "")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == statuses.count("\n")
    assert all("buildTriggerId=t1 AND substitutions.COMMIT_SHA=c1" in call for call in calls)


def test_the_images_of_a_build_are_those_whose_digests_are_recorded(root: Path, tmp_path: Path) -> None:
    unpinned = stage(root, tmp_path / "unpinned", "staging")
    (root / "images.lock").write_text(look_up(lambda *words: f"sha256:{len(words[3]):064x}\n"))
    pinned = stage(root, tmp_path / "pinned", "staging")
    (step,) = build_config("image", account(BUILDER, "my-company"), pinned.digests)["steps"]
    assert re.fullmatch(r"gcr.io/k8s-skaffold/pack@sha256:[0-9a-f]{64}", step["name"])
    assert re.fullmatch(r"gcr.io/buildpacks/builder@sha256:[0-9a-f]{64}", step["args"][-1])
    assert pinned.tag != unpinned.tag


def test_what_gcloud_prints_is_recorded_if_it_is_a_digest() -> None:
    with pytest.raises(Unpinned, match="expected a sha256 digest from gcloud, found"):
        look_up(lambda *_: "latest")


def test_the_version_stands_where_the_installed_package_takes_it_from() -> None:
    setting = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["version"]
    read = re.search(setting["pattern"], (ROOT / setting["path"]).read_text(), re.MULTILINE)
    assert read
    assert read["version"] == version()
