"""Uses Debian's `amtool config routes test` as the oracle for our route tree: same receivers, same order.

Alertmanager notifies each of those receivers that has an integration, and so does the verdict on an alert.
"""

import json
import random
import string
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from opos.importers.alertmanager.conversion import import_alertmanager
from shared.alerting.routes import route
from shared.alerting.verdict import judge_by_route
from shared.config.files.located_yaml import read_yaml
from tests.support import requirements as needs
from tests.support.alerts import SomeRules, fired, situation

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


def notified(rules: SomeRules, asked: dict[str, str]) -> list[str]:
    """The channels that a critical alert with these labels notifies now."""
    alert = {**fired(), "labels": asked}
    verdicts = judge_by_route(alert, route(rules.routes, asked), situation(rules=rules)).by_route  # type: ignore[arg-type]
    return [node.settings.channel for node, verdict in verdicts if verdict.path == "page"]


def test_three_thousand_random_questions_to_random_trees_are_answered_as_amtool_answers(tmp_path: Path) -> None:
    rng = random.Random(4)
    questions = []
    for number in range(TREES):
        receivers: list[str] = []
        root = tree(rng, receivers)
        silent = {name for name in receivers[1:] if rng.random() < 0.3}
        webhook = {"webhook_configs": [{"url": "http://127.0.0.1:1"}]}
        config = {
            "route": root,
            "receivers": [{"name": name, **({} if name in silent else webhook)} for name in receivers],
        }
        file = tmp_path / f"{number}.yml"
        file.write_text(json.dumps(config))
        imported = import_alertmanager(read_yaml(file, as_text=True)).sections["route"]
        rules = SomeRules({**imported, "group_wait": "0s"})
        questions += [(file, rules, silent, labels(rng)) for _ in range(ASKED)]

    def differs(question: Any) -> Any:
        file, rules, silent, asked = question
        channels, expected = [node.settings.channel for node in route(rules.routes, asked)], amtool(file, asked)
        told, told_there = notified(rules, asked), [name for name in expected if name not in silent]
        same = channels == expected and told == told_there
        return None if same else (file.read_text(), asked, channels, expected, told, told_there)

    with ThreadPoolExecutor(4) as pool:
        differences = [difference for difference in pool.map(differs, questions) if difference]
    assert len(questions) >= 3000
    assert len({tuple(node.path for node in route(rules.routes, asked)) for _, rules, _, asked in questions}) > 100
    assert differences == []
