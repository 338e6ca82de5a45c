"""The synthetic event of a smoke test: a signed webhook that is processed like a real one, and then resolved."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial

from opos.deploy.endpoints import Endpoints, NotWorking, fields, require
from opos.deploy.target import Ground
from opos.senders.signed_request import signed_headers
from opos.terminal.http import Answer, Headers
from shared.alerting.decision import with_alert_ids
from shared.alerting.state_machine import OPEN
from shared.deployments import Deployment
from shared.errors import OposError
from shared.events import EventAccepted
from shared.intake.webhook import read_again
from shared.ports import Doc
from shared.runtime.entry import retry_conflicts
from shared.services.alerting.acknowledgement import act_on_alert
from shared.services.intake.acceptance import announcement

ROUTED = timedelta(seconds=15)
"""How long the running router may take to decide on the event before its alert is resolved."""


@dataclass
class ProbeEvent:
    deployment: Deployment
    ground: Ground
    endpoints: Endpoints
    keep: Callable[[str], None] = lambda _event: None
    """Receives the event's id once the intake accepts it, so that a later call can resolve its alert."""
    id: str = ""

    @property
    def title(self) -> str:
        return f"Smoke test of deployment {self.deployment.number} to {self.ground.name}"

    def send(self) -> None:
        """Sends the event, unless that has happened. Raises NotWorking if it is not accepted."""
        if not self.id:
            self.id = self._send()
            self.keep(self.id)

    def post(self, body: bytes, headers: Headers) -> Answer:
        return self.endpoints.send("webhook_intake", f"/webhooks/{self.ground.deploy.smoke}", body, headers)

    def stored(self) -> Doc:
        doc = self.ground.store.get(f"events/{self.id}")
        if doc is None:
            raise NotWorking(f"expected the event {self.id} in the store, found none")
        return doc

    def message(self, nonce: str = "") -> EventAccepted:
        """The message that announces the event to a router."""
        doc = self.stored()
        event, signals = read_again(doc, self.ground.config)
        return announcement(event, signals, version=doc.version, nonce=nonce)

    def close(self) -> None:
        """Resolves the event's alerts, so that none stays open and no digest mentions them. The running router
        receives the event too, and could make an alert fire again if its decision came later, so this waits for it.
        """
        if self.id:
            with suppress(OposError):
                self._wait_for_the_running_router()
                for alert, _ in with_alert_ids(self.message()):
                    retry_conflicts(partial(self._resolve, f"alerts/{alert}"))

    def _send(self) -> str:
        now, name = self.ground.clock.now(), f"deploy-{self.deployment.id}"
        data = {"title": self.title, "id": name, "severity": "critical", "status": "firing"}
        body = json.dumps({"type": "deploy.smoke", "timestamp": now.isoformat(), "data": data}).encode()
        delivery, smoke = f"{name}-{now.timestamp():.0f}", self.ground.deploy.smoke
        source = self.ground.config.sources[smoke]
        headers = signed_headers(
            smoke, source, self._secret, body, now=now, delivery=delivery, event_type="deploy.smoke"
        )
        answer = self.post(body, headers)
        require("a signed webhook to be accepted", answer, passed=answer.status in {200, 202})
        return str(fields(answer)["id"])

    @cached_property
    def _secret(self) -> str:
        name = self.ground.config.sources[self.ground.deploy.smoke].secrets[0]
        return self.ground.gcloud.text("secrets", "versions", "access", "latest", f"--secret={name}")

    def _wait_for_the_running_router(self) -> None:
        """Before the first deployment, no router is running."""
        until = self.ground.clock.now() + (ROUTED if self.deployment.number > 1 else timedelta())
        while "alert_router" not in self.stored().data["handled"] and self.ground.clock.now() < until:
            self.ground.sleep(1)

    def _resolve(self, path: str) -> None:
        if (alert := self.ground.store.get(path)) and alert.data["state"] in OPEN:
            act_on_alert(alert, "resolve", self.ground.context(), by="opos deploy")
