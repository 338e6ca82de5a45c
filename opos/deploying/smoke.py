"""Does a new revision work? Each is asked, at its own address, to do what it is for, before it takes any traffic."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from opos.cloud import declared
from opos.cloud.services import running
from opos.deploying.ground import Ground
from opos.sending import signed_headers
from shared.acceptance import announcement
from shared.deployments import Deployment
from shared.errors import OposError
from shared.events import DigestDue, Message, Tick
from shared.loading import load_flags
from shared.ports import Doc
from shared.reading import read_again

TIMEOUT = 15.0
PAUSE = 2.0
"""Seconds between two tries: a new revision starts, and a new right takes a while to be known everywhere."""
Headers = Mapping[str, str]


class NotWorking(OposError):
    """A new revision does not do what it is for."""

    code = "smoke"


@dataclass
class Smoke:
    deployment: Deployment
    ground: Ground
    _event: str = ""
    """The id of the synthetic event, once it was accepted."""
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    _urls: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Try the functions of the deployment. Raises NotWorking with what the first that does not work answered."""
        try:
            for function in TESTS:
                if function in self.deployment.after:
                    self._patiently(function)
        finally:
            self._resolve()

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
        answer = self.ask("health", "/livez")
        self.must(answer.status == 200, "200 from /livez", answer)  # noqa: PLR2004
        report, expected = self.ask("health", "/health"), self.deployment.after["health"]  # 503 is a report too
        self.must(_content(report).get("releaseId") == expected, f"a report of the release {expected}", report)
        if new := set(failing(_content(report))) - set(self.deployment.failing):
            raise NotWorking(f"the health report has a new failure: {', '.join(sorted(new))}")

    def report(self) -> dict[str, Any]:
        """What the new revision of health says. Raises NotWorking where it says nothing, asked three times."""
        for _ in range(3):
            if "checks" in (said := _content(answer := self.ask("health", "/health"))):
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
        self.must(_content(answer).get("value") == expected, f"{key} to be {expected!r}", answer)

    def intake(self) -> None:
        """A webhook with a wrong signature is refused, and one that is signed is kept."""
        answer = self._post(b"{}", {"content-type": "application/json"})
        self.must(answer.status == 401, "401 for a webhook without a signature", answer)  # noqa: PLR2004
        self._event = self._send("firing")

    def router(self) -> None:
        """It decides on the synthetic event, under a nonce of its own: the one that runs may have, too."""
        self._event = self._event or self._send("firing")
        self._decide(self._event)
        if f"alert_router_{self._nonce}" not in self._stored(self._event).data["handled"]:
            raise NotWorking(f"expected a decision on the event {self._event}, found none")

    def _decide(self, id: str) -> None:
        doc = self._stored(id)
        event, signals = read_again(doc, self.ground.config)
        self._push("alert_router", announcement(event, signals, version=doc.version, nonce=self._nonce))

    @property
    def _nonce(self) -> str:
        return f"d{self.deployment.number}"

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

    def must(self, holds: bool, expected: str, found: "Answer") -> None:  # noqa: FBT001
        if not holds:
            raise NotWorking(f"expected {expected}, found {found}")

    def ask(self, function: str, path: str, body: Any = None, token: str | None = None) -> "Answer":
        """Asks the new revision, as who may."""
        headers = {"content-type": "application/json", **self._identity(function, token)}
        return _open(self._url(function) + path, None if body is None else json.dumps(body).encode(), headers)

    def _identity(self, function: str, audience: str | None = None) -> dict[str, str]:
        if function in self.ground.deploy.public:
            return {}
        account = declared.PUSHER if function in declared.PUSHED else declared.DEPLOYER
        return {"authorization": f"Bearer {self._token(account, audience or declared.audience(function))}"}

    def _token(self, account: str, audience: str) -> str:
        if (account, audience) not in self._tokens:
            self._tokens[account, audience] = self.ground.gcloud.text(
                "auth", "print-identity-token", "--include-email", f"--audiences={audience}",
                f"--impersonate-service-account={declared.account(account, self.ground.target.project)}",
            ).strip()  # fmt: skip
        return self._tokens[account, audience]

    def _url(self, function: str) -> str:
        """The new revision's; of a function that is not deployed, the address of the one that runs."""
        if function not in self._urls:
            service = running(function, self.ground.gcloud)
            tagged = service.tagged if service and function in self.deployment.after else None
            self._urls[function] = tagged or (service.url if service else "")
        return self._urls[function]

    @property
    def _title(self) -> str:
        return f"Deployment {self.deployment.number} of {self.ground.name} was tried"

    def _send(self, status: str) -> str:
        now = self.ground.clock.now()
        data = {"title": self._title, "id": f"deploy-{self.deployment.id}", "severity": "critical", "status": status}
        body = json.dumps({"type": "deploy.smoke", "timestamp": now.isoformat(), "data": data}).encode()
        source, key = self.ground.config.sources[self.ground.deploy.smoke], self._secret
        delivery = f"deploy-{self.deployment.id}-{status}-{now.timestamp():.0f}"
        headers = signed_headers(source, key, body, now=now, delivery=delivery, event_type="deploy.smoke")
        answer = self._post(body, headers)
        self.must(answer.status in {200, 202}, "a signed webhook to be accepted", answer)
        return str(_content(answer)["id"])

    def _resolve(self) -> None:
        """Whatever came of it, no alert is left open. Before a first deployment nobody else would route it."""
        if self._event:
            with suppress(OposError):
                self._decide(self._send("resolved"))

    def _post(self, body: bytes, headers: Headers) -> "Answer":
        url = f"{self._url('webhook_intake')}/webhooks/{self.ground.deploy.smoke}"
        return _open(url, body, {**headers, **self._identity("webhook_intake")})

    @cached_property
    def _secret(self) -> str:
        name = self.ground.config.sources[self.ground.deploy.smoke].secrets[0]
        return self.ground.gcloud.text("secrets", "versions", "access", "latest", f"--secret={name}")

    def _stored(self, id: str) -> Doc:
        doc = self.ground.store.get(f"events/{id}")
        if doc is None:
            raise NotWorking(f"expected the event {id} in the store, found none")
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


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    """0 where there was none."""
    body: bytes

    def __str__(self) -> str:
        return f"{self.status or 'no answer'}: {self.body[:300].decode('utf-8', 'replace')}"


def failing(report: Mapping[str, Any]) -> list[str]:
    """What a health report says has failed, by name."""
    checks = [check for many in report.get("checks", {}).values() for check in many]
    return sorted({check.get("failure", "unknown") for check in checks if check["status"] == "fail"})


def _content(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _open(url: str, body: bytes | None, headers: Headers) -> Answer:
    request = urllib.request.Request(url, data=body, headers=dict(headers))  # noqa: S310  (Cloud Run told it)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as answer:
        with answer:
            return Answer(answer.code, answer.read())
    except (urllib.error.URLError, OSError, ValueError) as fault:
        return Answer(0, str(getattr(fault, "reason", fault)).encode())
