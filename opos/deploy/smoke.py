"""Does a new revision work? Each is asked, at its own address, to do what it is for, before it takes any traffic."""

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

from opos.cloud import declared
from opos.cloud.cloud_run import running
from opos.deploy.http import Answer, Headers, ask, content, failing
from opos.deploy.target import Ground
from opos.deploy.tokens import identity_token
from opos.senders.signed_request import signed_headers
from shared.alerting.decision import with_alert_ids
from shared.alerting.state_machine import OPEN
from shared.config.files.loader import load_flags
from shared.deployments import Deployment
from shared.errors import OposError
from shared.events import DigestDue, EventAccepted, Message, Tick
from shared.intake.webhook import read_again
from shared.ports import Doc
from shared.ports.topology import PUBLIC, PUSHED
from shared.runtime.entry import retry_conflicts
from shared.services.alerting.acknowledgement import act_on_alert
from shared.services.intake.acceptance import announcement
from shared.values.http import SERVERLESS_AUTHORIZATION

ROUTED = timedelta(seconds=15)
"""How long the router that runs may take to decide on the synthetic event, before it is closed."""
PAUSE = 2.0
"""Seconds between two tries: a new revision starts, and a new right takes a while to be known everywhere."""


class NotWorking(OposError):
    """A new revision does not do what it is for."""

    code = "smoke"


@dataclass
class Smoke:
    deployment: Deployment
    ground: Ground
    keep: Callable[[str], None] = lambda _event: None
    """Called with the id of the synthetic event, once it was accepted: whoever goes on closes what it opened."""
    _event: str = ""
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    _urls: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Try the functions of the deployment. Raises NotWorking with what the first that does not work answered."""
        try:
            for function in TESTS:
                if function in self.deployment.after:
                    self._patiently(function)
        finally:
            self.close(self._event)

    def _patiently(self, function: str) -> None:
        clock, patience = self.ground.clock, self.ground.deploy.patience
        until = clock.now() + patience
        while True:
            try:
                return TESTS[function](self)
            except NotWorking as fault:
                if clock.now() >= until:
                    raise NotWorking(f"{self.deployment.after[function]} does not work: {fault.message}") from None
            self.ground.sleep(PAUSE)

    def health(self) -> None:
        report, expected = self.ask("health", "/health"), self.deployment.after["health"]  # 503 is a report too
        self.must(content(report).get("releaseId") == expected, f"a report of the release {expected}", report)
        if new := set(failing(content(report))) - set(self.deployment.failing):
            raise NotWorking(f"the health report has a new failure: {', '.join(sorted(new))}")

    def report(self) -> dict[str, Any]:
        """What the new revision of health says. Raises NotWorking where it says nothing, asked three times."""
        for _ in range(3):
            if "checks" in (said := content(answer := self.ask("health", "/health"))):
                return said
            self.ground.sleep(PAUSE)
        raise NotWorking(f"expected a health report, found {answer}")

    def flags(self) -> None:
        """A flag that nobody has overridden comes out as the flags of this checkout say."""
        found = load_flags(self.ground.place.flags_file, self.ground.name)
        key = next((one for one in found.definitions if self.ground.store.get(f"overrides/{one}") is None), None)
        if key is None:
            return
        who = {"targetingKey": f"deployment-{self.deployment.number}"}
        answer = self.ask("flag_evaluator", f"/ofrep/v1/evaluate/flags/{key}", {"context": who})
        self.must(answer.status == 200, "200 for a flag", answer)  # noqa: PLR2004
        expected = found.evaluate(key, who, int(self.ground.clock.now().timestamp())).value
        self.must(content(answer).get("value") == expected, f"{key} to be {expected!r}", answer)

    def intake(self) -> None:
        """A webhook with a wrong signature is refused, and one that is signed is kept."""
        answer = self._post(b"{}", {"content-type": "application/json"})
        self.must(answer.status == 401, "401 for a webhook without a signature", answer)  # noqa: PLR2004
        self._sent()

    def router(self) -> None:
        """It decides on the synthetic event, under a nonce of its own: the one that runs may have, too."""
        self._sent()
        nonce = f"d{self.deployment.number}"
        self._push("alert_router", self._message(nonce))
        if f"alert_router_{nonce}" not in self._stored().data["handled"]:
            raise NotWorking(f"expected a decision on the event {self._event}, found none")

    def _message(self, nonce: str = "") -> EventAccepted:
        doc = self._stored()
        event, signals = read_again(doc, self.ground.config)
        return announcement(event, signals, version=doc.version, nonce=nonce)

    def digests(self) -> None:
        for queue in self.ground.config.digests:
            self._push("digest_sender", DigestDue(queue=queue, reason="window"))

    def sweeper(self) -> None:
        self._push("sweeper", Tick())

    def console(self) -> None:
        """It shows the synthetic event to an operator, and nothing to anyone else."""
        refused = self.ask("console", "/", token=declared.audience("health"))
        self.must(refused.status in {401, 403}, "401 or 403 for a token of another audience", refused)
        page = self.ask("console", "/")
        self.must(page.status == 200, "200 for the console", page)  # noqa: PLR2004
        if self._event:
            self.must(self._title in page.body.decode("utf-8", "replace"), f"{self._title!r} on the console", page)

    def must(self, holds: bool, expected: str, found: Answer) -> None:  # noqa: FBT001
        if not holds:
            raise NotWorking(f"expected {expected}, found {found}")

    def ask(self, function: str, path: str, body: Any = None, token: str | None = None) -> Answer:
        """Asks the new revision, as who may."""
        headers = {"content-type": "application/json", **self._identity(function, token)}
        return ask(self._url(function) + path, None if body is None else json.dumps(body).encode(), headers)

    def _identity(self, function: str, audience: str | None = None) -> dict[str, str]:
        if function in PUBLIC:
            return {}
        account = declared.PUSHER if function in PUSHED else declared.DEPLOYER
        shown = f"Bearer {self._token(account, audience or declared.audience(function))}"
        return {"authorization": shown, SERVERLESS_AUTHORIZATION: shown}  # one for Cloud Run, and one for the function

    def _token(self, account: str, audience: str) -> str:
        if (account, audience) not in self._tokens:
            self._tokens[account, audience] = identity_token(account, audience, self.ground)
        return self._tokens[account, audience]

    def _url(self, function: str) -> str:
        """The new revision's; of a function that is not deployed, the address of the one that runs."""
        if function not in self._urls:
            service, new = running(function, self.ground.gcloud), self.deployment.after.get(function)
            if service is None or (new and (service.newest != new or not service.tagged)):
                raise NotWorking(f"expected an address of {new or function} without traffic, found none")
            self._urls[function] = str(service.tagged) if new else service.url
        return self._urls[function]

    @property
    def _title(self) -> str:
        return f"Deployment {self.deployment.number} of {self.ground.name} was tried"

    def _sent(self) -> None:
        if not self._event:
            self._event = self._send()
            self.keep(self._event)

    def _send(self) -> str:
        now = self.ground.clock.now()
        data = {"title": self._title, "id": f"deploy-{self.deployment.id}", "severity": "critical", "status": "firing"}
        body = json.dumps({"type": "deploy.smoke", "timestamp": now.isoformat(), "data": data}).encode()
        source, key = self.ground.config.sources[self.ground.deploy.smoke], self._secret
        delivery = f"deploy-{self.deployment.id}-{now.timestamp():.0f}"
        headers = signed_headers(source, key, body, now=now, delivery=delivery, event_type="deploy.smoke")
        answer = self._post(body, headers)
        self.must(answer.status in {200, 202}, "a signed webhook to be accepted", answer)
        return str(content(answer)["id"])

    def close(self, event: str) -> None:
        """Whatever came of it, no alert is left open, and no digest tells of it: it is resolved as by a person. The
        router that runs gets the event too, and might fire the alert again if it came later.
        """
        if event:
            self._event = event
            with suppress(OposError):
                self._wait_for_the_router_that_runs()
                for id, _ in with_alert_ids(self._message()):
                    retry_conflicts(partial(self._close, f"alerts/{id}"))

    def _wait_for_the_router_that_runs(self) -> None:
        """Before the first deployment there is none."""
        until = self.ground.clock.now() + (ROUTED if self.deployment.number > 1 else timedelta())
        while "alert_router" not in self._stored().data["handled"] and self.ground.clock.now() < until:
            self.ground.sleep(1)

    def _close(self, path: str) -> None:
        if (alert := self.ground.store.get(path)) and alert.data["state"] in OPEN:
            act_on_alert(alert, "resolve", self.ground.context(), by="opos deploy")

    def _post(self, body: bytes, headers: Headers) -> Answer:
        url = f"{self._url('webhook_intake')}/webhooks/{self.ground.deploy.smoke}"
        return ask(url, body, {**headers, **self._identity("webhook_intake")})

    @cached_property
    def _secret(self) -> str:
        name = self.ground.config.sources[self.ground.deploy.smoke].secrets[0]
        return self.ground.gcloud.text("secrets", "versions", "access", "latest", f"--secret={name}")

    def _stored(self) -> Doc:
        doc = self.ground.store.get(f"events/{self._event}")
        if doc is None:
            raise NotWorking(f"expected the event {self._event} in the store, found none")
        return doc

    def _push(self, function: str, message: Message) -> None:
        topic = f"projects/{self.ground.target.project}/topics/{message.topic}"
        data = base64.b64encode(message.model_dump_json().encode()).decode()
        envelope = {"message": {"data": data, "messageId": "1", "attributes": {}}, "subscription": "smoke"}
        answer = self.ask(function, f"/{topic}", envelope)
        self.must(answer.status < 300, f"{function} to take a message of {message.topic}", answer)  # noqa: PLR2004


TESTS: Mapping[str, Callable[[Smoke], None]] = {
    "flag_evaluator": Smoke.flags,
    "webhook_intake": Smoke.intake,
    "alert_router": Smoke.router,
    "digest_sender": Smoke.digests,
    "sweeper": Smoke.sweeper,
    "console": Smoke.console,
    "health": Smoke.health,
}
"""In this order: what comes later looks at what came before."""
