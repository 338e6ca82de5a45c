"""n8n: a workflow that is a Webhook node alone, on SQLite; each execution is saved, which is what keeps a delivery.

Three packages that it asks for are replaced by other releases: one comes from no registry, one wants a newer node than
Debian's, and one is of a release that n8n cannot load. The second evaluates expressions for n8n's default engine; its
legacy engine does without, is some eight times as fast here, and is what is measured.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.peers import npm
from bench.rivals.contestant import Contestant
from bench.rivals.group import PATIENCE, wait_for
from bench.serving import Server, running
from opos.bundle.ports import free_port

VERSION = "1.123.81"
INSTEAD = {"xlsx": "0.18.5", "isolated-vm": "5.0.4", "@langchain/langgraph-checkpoint": "1.0.0"}
WORKFLOW, ADDRESS = "benchbenchbench1", "/webhook/keep"
WEBHOOK = {
    "id": "1", "name": "Webhook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": [0, 0],
    "webhookId": "keep",
    "parameters": {"httpMethod": "POST", "path": "keep", "responseMode": "onReceived", "options": {}},
}  # fmt: skip
SETTINGS = {
    "N8N_LISTEN_ADDRESS": "127.0.0.1", "N8N_DIAGNOSTICS_ENABLED": "false", "N8N_TEMPLATES_ENABLED": "false",
    "N8N_VERSION_NOTIFICATIONS_ENABLED": "false", "N8N_PERSONALIZATION_ENABLED": "false",
    "N8N_HIRING_BANNER_ENABLED": "false", "N8N_COMMUNITY_PACKAGES_ENABLED": "false", "N8N_DISABLE_UI": "true",
    "N8N_EXPRESSION_ENGINE": "legacy", "N8N_RUNNERS_ENABLED": "false", "N8N_GRACEFUL_SHUTDOWN_TIMEOUT": "5",
    "N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS": "true",
    "DB_SQLITE_POOL_SIZE": "4", "EXECUTIONS_DATA_PRUNE": "false", "EXECUTIONS_DATA_SAVE_ON_SUCCESS": "all",
    "EXECUTIONS_DATA_SAVE_ON_ERROR": "all",
}  # fmt: skip
"""Nothing is asked of the outside; SQLite writes ahead, as n8n advises."""


def contestants() -> list[Contestant]:
    """Raises Missing."""
    _program()
    return [Contestant("n8n", ADDRESS, _start, 0.1, _kept, {"n8n": VERSION})]


def _program() -> str:
    return str(npm("n8n", VERSION, "n8n", instead=INSTEAD, build=("sqlite3", "isolated-vm")))


@contextmanager
def _start(folder: Path) -> Iterator[Server]:
    port = free_port()
    if not _database(folder).exists():
        shutil.copytree(_imported(), folder / ".n8n")
    with running([_program(), "start"], _environment(folder, port), port) as server:
        wait_for(server, "POST", ADDRESS, 200, b"Workflow was started")
        yield server


def _imported() -> Path:
    """n8n's own folder with the workflow in it, and nothing else; made once, since that takes n8n some ten seconds."""
    home = Path(_program()).parents[2] / "home"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        _import(home)
        (home / "complete").touch()
    return home / ".n8n"


def _import(home: Path) -> None:
    file = home / "workflow.json"
    workflow = {"id": WORKFLOW, "name": "keep", "nodes": [WEBHOOK], "connections": {}, "settings": {}}
    file.write_text(json.dumps([workflow]))
    for command in (["import:workflow", f"--input={file}"], ["update:workflow", f"--id={WORKFLOW}", "--active=true"]):
        environment = _environment(home, free_port())
        subprocess.run([_program(), *command], env=environment, check=True, capture_output=True, timeout=PATIENCE)


def _environment(folder: Path, port: int) -> dict[str, str]:
    own = {"HOME": str(folder), "N8N_USER_FOLDER": str(folder), "N8N_PORT": str(port)}
    return {"PATH": os.environ["PATH"], **SETTINGS, **own}


def _kept(folder: Path) -> set[str]:
    """The ids in what the executions were given: a whole one has its id in the body, twice."""
    with closing(sqlite3.connect(_database(folder))) as db:
        rows = db.execute("SELECT data FROM execution_data JOIN execution_entity ON id = executionId")
        return {id for (data,) in rows for id in re.findall(r'"([a-z0-9]+-[0-9]+)"', data)}


def _database(folder: Path) -> Path:
    return folder / ".n8n" / "database.sqlite"
