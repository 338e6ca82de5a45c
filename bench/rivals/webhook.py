"""Debian's `webhook` (adnanh): verifies the body's HMAC and runs a command, which is what keeps a delivery."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.peers import debian, debian_version
from bench.rivals.contestant import Contestant
from bench.rivals.group import wait_for
from bench.serving import SECRET, Server, running
from opos.bundle.ports import free_port

KEEP = """#!/bin/sh
set -C
printf %s "$BODY" > "$KEPT/$ID" && exec sync "$KEPT/$ID"
"""
"""A file for each delivery, which must not exist, and is on the disk before the answer."""


def contestants() -> list[Contestant]:
    """With the command that keeps, and with one that does nothing: what the program alone does. Raises Missing."""
    versions = {"webhook": debian_version(debian("webhook"))}
    return [
        Contestant("webhook, keeps", "/hooks/keep", _start, 0.15, _kept, versions),
        Contestant("webhook, /bin/true", "/hooks/true", _start, 0.15),
    ]


@contextmanager
def _start(folder: Path) -> Iterator[Server]:
    kept, script, hooks = folder / "kept", folder / "keep.sh", folder / "hooks.json"
    kept.mkdir(exist_ok=True)
    script.write_text(KEEP)
    script.chmod(0o755)
    hooks.write_text(json.dumps([_hook("keep", str(script), kept), _hook("true", "/bin/true", kept)]))
    port = free_port()
    command = [str(debian("webhook") / "usr/bin/webhook"), "-hooks", str(hooks), "-ip", "127.0.0.1", "-port", str(port)]
    with running(command, {"PATH": "/usr/bin:/bin"}, port) as server:
        wait_for(server, "GET", "/", 200)
        yield server


def _hook(id: str, command: str, kept: Path) -> dict[str, Any]:
    """Answers when the command has ended, and 500 where it failed or the signature does not hold."""
    signature = {"source": "header", "name": "X-Signature"}
    return {
        "id": id, "execute-command": command, "include-command-output-in-response": True,
        "trigger-rule": {"match": {"type": "payload-hmac-sha256", "secret": SECRET, "parameter": signature}},
        "pass-environment-to-command": [
            {"envname": "BODY", "source": "raw-request-body"},
            {"envname": "ID", "source": "header", "name": "Webhook-Id"},
            {"envname": "KEPT", "source": "string", "name": str(kept)},
        ],
    }  # fmt: skip


def _kept(folder: Path) -> set[str]:
    """A file that is empty, or that holds half of a body, keeps nothing."""
    return {file.name for file in (folder / "kept").iterdir() if _is_whole(file.read_bytes())}


def _is_whole(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
