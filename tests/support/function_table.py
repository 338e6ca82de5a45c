"""The table of the functions in docs/architecture.md: what it says, and what the rows and the code say."""

import re
import subprocess
import sys

from shared.ports.topology import ROWS, Caller
from tests.support.project import ROOT

Cells = tuple[str, str, str, str]
HEAVY = (
    "apprise", "cbor2", "cryptography", "google.cloud.firestore_v1", "google.pubsub_v1", "grpc", "jmespath", "jwt",
    "mmh3", "opentelemetry", "prometheus_client", "pydantic", "re2", "sqlite3", "structlog", "yaml",
)  # fmt: skip
"""The packages that make a cold start slow. flask, jinja2 and cloudevents belong to functions-framework itself."""
CALLERS: dict[Caller, str] = {
    "anyone": "anyone",
    "pubsub": "Pub/Sub",
    "deployer": "the deployer",
    "monitoring": "Cloud Monitoring",
    "operators": "the operators",
}


def in_the_docs(text: str) -> dict[str, Cells]:
    """The rows of the table in *text*, by function: topics, collections, imports and callers."""
    section = text.partition("\n## Functions\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:3] == "| `"]
    return {name.strip("`"): (topics, writes, imports, callers) for name, topics, writes, imports, callers in rows}


def in_the_code() -> dict[str, Cells]:
    """The rows as the topology and the imports have them."""
    return {
        row.name: (
            _code(row.topics), _code(row.writes), _code(heavy_imports(row.name)),
            ", ".join(CALLERS[caller] for caller in row.called_by),
        )
        for row in ROWS
    }  # fmt: skip


def heavy_imports(function: str) -> tuple[str, ...]:
    """The heavy packages that a process has imported when the main module of *function* is loaded."""
    script = f"import sys, functions.{function}.main; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return tuple(done.stdout.split())


def drift(text: str, code: dict[str, Cells]) -> list[str]:
    """Each difference between the table in *text* and *code*."""
    docs = in_the_docs(text)
    return [
        f"{name}: expected {code.get(name)}, found {docs.get(name)}"
        for name in sorted({*docs, *code})
        if docs.get(name) != code.get(name)
    ]


def tables_about_functions(text: str) -> int:
    """How many tables of *text* have a row for each function."""
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    return sum(all(re.search(rf"^\| `{row.name}` \|", table, re.MULTILINE) for row in ROWS) for table in tables)


def as_markdown(code: dict[str, Cells]) -> str:
    head = "| function | subscribes to | writes | heaviest imports | called by |\n|---|---|---|---|---|\n"
    return head + "".join(f"| `{name}` | {' | '.join(cells)} |\n" for name, cells in code.items())


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"
