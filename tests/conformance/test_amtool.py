"""Uses Debian's `amtool config routes test` as the oracle for our route tree: same receivers, same order."""

import json
import random
import string
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from opos.importers.alertmanager.conversion import import_alertmanager
from shared.alerting.routes import Route, compile_routes, route
from shared.config.files.located_yaml import read_yaml
from tests.support import requirements as needs

pytestmark = needs.alertmanager

TREES, ASKED = 250, 12
NAMES = ("severity", "team", "env", "alertname", "a_b", "Xy")
VALUES = (
    "critical",
    "warning",
    "db",
    "web",
    "prod",
    "a.b",
    "a+b",
    "A",
    "",
    "ü",
    'q"t',
    "back\\slash",
    "a|b",
    "new\nline",
    "a,b",
    "{x}",
)
PATTERNS = (
    "db|web",
    "d.*",
    ".*",
    ".+",
    "",
    "(?i)CRIT.*",
    "[a-c]+",
    "a\\.b",
    "a.b",
    "prod?",
    "crit",
    "^db$",
    "w(eb)?",
    "ü",
    ".",
    "a|",
    "\\w+",
    "[^a]",
)


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def matcher(rng: random.Random) -> str:
    operator = rng.choice(("=", "!=", "=~", "!~"))
    value = rng.choice(PATTERNS if "~" in operator else VALUES)
    space = rng.choice(("", " "))
    plain = value and all(c in string.ascii_letters + ".+*" for c in value) and rng.random() < 0.3
    return f"{rng.choice(NAMES)}{space}{operator}{space}{value if plain else quoted(value)}"


def tree(rng: random.Random, receivers: list[str], depth: int = 0) -> dict[str, Any]:
    node: dict[str, Any] = {}
    if depth == 0 or rng.random() < 0.8:
        receivers.append(f"r{len(receivers)}")
        node["receiver"] = receivers[-1]
    if depth:
        node["matchers"] = [matcher(rng) for _ in range(rng.choice((1, 1, 1, 2, 0)))]
        if rng.random() < 0.1:
            node["match"] = {rng.choice(NAMES): rng.choice(VALUES)}
        if rng.random() < 0.1:
            node["match_re"] = {rng.choice(NAMES): rng.choice(PATTERNS)}
        node["continue"] = rng.random() < 0.4
    if depth < 4:
        node["routes"] = [
            tree(rng, receivers, depth + 1) for _ in range(rng.choice((0, 1, 2, 3) if depth else (1, 2, 3, 5)))
        ]
    return node


def labels(rng: random.Random) -> dict[str, str]:
    return {name: value for name in rng.sample(NAMES, rng.randrange(len(NAMES))) if (value := rng.choice(VALUES))}


def amtool(file: Path, asked: dict[str, str]) -> list[str]:
    said = [f"{name}={quoted(value)}" for name, value in asked.items()]
    done = subprocess.run(
        ["amtool", "config", "routes", "test", f"--config.file={file}", *said],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout, done.stderr, asked)
    return done.stdout.strip().split(",")


def test_three_thousand_random_questions_to_random_trees_are_answered_as_amtool_answers(tmp_path: Path) -> None:
    rng = random.Random(4)
    questions = []
    for number in range(TREES):
        receivers: list[str] = []
        root = tree(rng, receivers)
        config = {"route": root, "receivers": [{"name": name} for name in receivers]}
        file = tmp_path / f"{number}.yml"
        file.write_text(json.dumps(config))
        ours = compile_routes(
            Route.model_validate(import_alertmanager(read_yaml(file, as_text=True)).sections["route"])
        )
        questions += [(file, ours, labels(rng)) for _ in range(ASKED)]

    def differs(question: Any) -> Any:
        file, ours, asked = question
        channels, expected = [node.settings.channel for node in route(ours, asked)], amtool(file, asked)
        return None if channels == expected else (file.read_text(), asked, channels, expected)

    with ThreadPoolExecutor(4) as pool:
        differences = [difference for difference in pool.map(differs, questions) if difference]
    assert len(questions) >= 3000
    assert len({tuple(node.path for node in route(ours, asked)) for _, ours, asked in questions}) > 100
    assert differences == []
