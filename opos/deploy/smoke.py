"""The smoke test: each new revision has to do its job, at an address of its own, before it gets traffic."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opos.cloud import declared
from opos.deploy.endpoints import Endpoints, NotWorking, described, failures, fields, require
from opos.deploy.probe_event import ProbeEvent
from opos.deploy.target import Ground
from opos.terminal.http import Answer
from shared.config.files.loader import load_flags
from shared.deployments import Deployment
from shared.events import DigestDue, Message, Tick

PAUSE = 2.0
"""Seconds between two attempts: a new revision takes time to start, and a new permission to take effect everywhere."""
REPORT_ATTEMPTS = 3


@dataclass
class Smoke:
    deployment: Deployment
    ground: Ground
    keep: Callable[[str], None] = lambda _event: None
    """Receives the id of the synthetic event once the intake accepts it."""

    def __post_init__(self) -> None:
        self.endpoints = Endpoints(self.deployment, self.ground)
        self.event = ProbeEvent(self.deployment, self.ground, self.endpoints, self.keep)

    def run(self) -> None:
        """Tests the functions of the deployment. Raises NotWorking with the answer of the first that fails."""
        try:
            for function in TESTS:
                if function in self.deployment.after:
                    self._patiently(function)
        finally:
            self.event.close()

    def close(self, event: str) -> None:
        """Resolves the alerts of *event*, the synthetic event of this deployment; nothing if it sent none."""
        if event:
            self.event.id = event
            self.event.close()

    def _patiently(self, function: str) -> None:
        clock, patience = self.ground.clock, self.ground.deploy.patience
        until = clock.now() + patience
        while True:
            try:
                return TESTS[function](self)
            except NotWorking as fault:
                if clock.now() >= until:
                    raise NotWorking(
                        f"{self.deployment.after[function]} failed its smoke test: {fault.message}"
                    ) from None
            self.ground.sleep(PAUSE)

    def health(self) -> None:
        answer, release = self._ask("health", "/health"), self.deployment.after["health"]  # 503 is a report too
        report = fields(answer)
        require(f"a report of the release {release}", answer, passed=report.get("releaseId") == release)
        if new := set(failures(report)) - set(self.deployment.failing):
            raise NotWorking(f"the health report has a new failure: {', '.join(sorted(new))}")

    def report(self) -> dict[str, Any]:
        """The report of the new revision of health. Raises NotWorking if it answers none in several attempts."""
        for _ in range(REPORT_ATTEMPTS):
            if "checks" in (report := fields(answer := self._ask("health", "/health"))):
                return report
            self.ground.sleep(PAUSE)
        raise NotWorking(f"expected a health report, found {described(answer)}")

    def flags(self) -> None:
        """A flag without an override must have the value that the flags of this checkout give it."""
        flags = load_flags(self.ground.place.flags_file, self.ground.name)
        key = next((name for name in flags.definitions if self.ground.store.get(f"overrides/{name}") is None), None)
        if key is None:
            return
        context = {"targetingKey": f"deployment-{self.deployment.number}"}
        answer = self._ask("flag_evaluator", f"/ofrep/v1/evaluate/flags/{key}", {"context": context})
        require("200 for a flag", answer, passed=answer.status == 200)  # noqa: PLR2004
        expected = flags.evaluate(key, context, int(self.ground.clock.now().timestamp())).value
        require(f"{key} to be {expected!r}", answer, passed=fields(answer).get("value") == expected)

    def intake(self) -> None:
        """An unsigned webhook must be rejected, and a signed one accepted."""
        answer = self.event.post(b"{}", {"content-type": "application/json"})
        require("401 for a webhook without a signature", answer, passed=answer.status == 401)  # noqa: PLR2004
        self.event.send()

    def router(self) -> None:
        """It must decide on the synthetic event. A nonce keeps its decision apart from that of the running router."""
        self.event.send()
        nonce = f"d{self.deployment.number}"
        self._push("alert_router", self.event.message(nonce))
        if f"alert_router_{nonce}" not in self.event.stored().data["handled"]:
            raise NotWorking(f"expected a decision on the event {self.event.id}, found none")

    def keeper(self) -> None:
        self.event.send()
        self._push("record_keeper", self.event.message(f"d{self.deployment.number}"))

    def digests(self) -> None:
        for queue in self.ground.config.digests:
            self._push("digest_sender", DigestDue(queue=queue, reason="window"))

    def sweeper(self) -> None:
        self._push("sweeper", Tick())

    def console(self) -> None:
        """It must show the synthetic event to an operator, and nothing to anyone else."""
        rejected = self._ask("console", "/", audience=declared.audience("health"))
        require("401 or 403 for a token of another audience", rejected, passed=rejected.status in {401, 403})
        page = self._ask("console", "/")
        require("200 for the console", page, passed=page.status == 200)  # noqa: PLR2004
        if self.event.id:
            require(f"{self.event.title!r} on the console", page, passed=self.event.title in page.text)

    def _ask(self, function: str, path: str, content: Any = None, audience: str | None = None) -> Answer:
        return self.endpoints.ask(function, path, content, audience)

    def _push(self, function: str, message: Message) -> None:
        topic = f"projects/{self.ground.target.project}/topics/{message.topic}"
        data = base64.b64encode(message.model_dump_json().encode()).decode()
        envelope = {"message": {"data": data, "messageId": "1", "attributes": {}}, "subscription": "smoke"}
        answer = self._ask(function, f"/{topic}", envelope)
        require(f"{function} to accept a message of {message.topic}", answer, passed=answer.status in range(200, 300))


TESTS: Mapping[str, Callable[[Smoke], None]] = {
    "flag_evaluator": Smoke.flags,
    "webhook_intake": Smoke.intake,
    "alert_router": Smoke.router,
    "record_keeper": Smoke.keeper,
    "digest_sender": Smoke.digests,
    "sweeper": Smoke.sweeper,
    "console": Smoke.console,
    "health": Smoke.health,
}
"""In this order, because the later tests depend on the effects of the earlier ones."""
