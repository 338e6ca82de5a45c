"""Debian's Alertmanager: each alert is a group of its own, told of at once; what is not critical tells nobody."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.load import http_request
from bench.peers import debian, debian_version
from bench.rivals.desk import Desk
from bench.rivals.group import wait_for
from bench.serving import Server, running
from opos.bundle.ports import free_port

NAME, ADDRESS, BATCH = "peer: Alertmanager", "/api/v2/alerts", 1000
PACKAGE = "prometheus-alertmanager"
CONFIG = """
global: {{resolve_timeout: 24h}}
route:
  receiver: desk
  group_by: ['...']
  group_wait: 0s
  group_interval: 5m
  routes: [{{matchers: ['severity!="critical"'], receiver: nobody}}]
receivers:
  - name: nobody
  - name: desk
    webhook_configs: [{{url: 'http://127.0.0.1:{port}/', send_resolved: false}}]
"""


@contextmanager
def alertmanager(folder: Path, receiver: int) -> Iterator[Desk]:
    """Raises Missing."""
    package, port = debian(PACKAGE), free_port()
    (folder / "alertmanager.yml").write_text(CONFIG.format(port=receiver))
    command = [str(package / "usr/bin" / PACKAGE), "--cluster.listen-address=", f"--storage.path={folder}"]
    command += [f"--config.file={folder}/alertmanager.yml", f"--web.listen-address=127.0.0.1:{port}"]
    with running(command, {"PATH": "/usr/bin:/bin"}, port) as server:
        wait_for(server, "GET", "/-/ready", 200)
        versions = {PACKAGE: debian_version(package)}
        fill = partial(_fill, server)
        yield Desk(NAME, server, _request, lambda: 0, fill, tells_waiting=False, versions=versions)


def _request(token: str, severity: str) -> bytes:
    body = json.dumps([_alert(token, severity)]).encode()
    return http_request("POST", ADDRESS, body, {"content-type": "application/json"})


def _alert(token: str, severity: str) -> dict[str, dict[str, str]]:
    return {"labels": {"alertname": token, "severity": severity}, "annotations": {"pad": "x" * 700}}


def _fill(server: Server, count: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for first in range(0, count, BATCH):
        alerts = [_alert(f"open-{n}", "info") for n in range(first, min(first + BATCH, count))]
        connection.request("POST", ADDRESS, json.dumps(alerts), {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"expected 200 from Alertmanager, found {answer.status}")
    connection.close()
