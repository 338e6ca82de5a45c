"""The functions of a deployment over HTTP: their addresses, the identity that may call them, and what they answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opos.cloud import declared
from opos.cloud.cloud_run import running
from opos.deploy.target import Ground
from opos.deploy.tokens import identity_token
from opos.terminal.http import Answer, Headers, get, post
from shared.deployments import Deployment
from shared.errors import OposError, Unavailable
from shared.ports.topology import PUBLIC, PUSHED
from shared.values.http import SERVERLESS_AUTHORIZATION

TIMEOUT = 15.0
NO_ANSWER = 0


class NotWorking(OposError):
    """A new revision failed its smoke test."""

    code = "smoke"


@dataclass
class Endpoints:
    """Calls a function at the address of its new revision, or of its service if this deployment does not include it."""

    deployment: Deployment
    ground: Ground
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    _urls: dict[str, str] = field(default_factory=dict)

    def ask(self, function: str, path: str, content: Any = None, audience: str | None = None) -> Answer:
        """The answer to a GET, or to a POST of *content* as JSON, with a token for *audience*."""
        headers = {"content-type": "application/json"}
        body = None if content is None else json.dumps(content).encode()
        return self.send(function, path, body, headers, audience)

    def send(
        self, function: str, path: str, body: bytes | None, headers: Headers, audience: str | None = None
    ) -> Answer:
        """The answer; NO_ANSWER as its status if there is none, because a new revision may still be starting."""
        url, all_headers = self._url(function) + path, {**headers, **self._identity(function, audience)}
        try:
            if body is None:
                return get(url, all_headers, timeout=TIMEOUT)
            return post(url, body, all_headers, timeout=TIMEOUT)
        except Unavailable as fault:
            return Answer(NO_ANSWER, fault.message)

    def _identity(self, function: str, audience: str | None) -> dict[str, str]:
        if function in PUBLIC:
            return {}
        account = declared.PUSHER if function in PUSHED else declared.DEPLOYER
        token = f"Bearer {self._token(account, audience or declared.audience(function))}"
        return {"authorization": token, SERVERLESS_AUTHORIZATION: token}  # one for the function, one for Cloud Run

    def _token(self, account: str, audience: str) -> str:
        if (account, audience) not in self._tokens:
            self._tokens[account, audience] = identity_token(account, audience, self.ground)
        return self._tokens[account, audience]

    def _url(self, function: str) -> str:
        if function not in self._urls:
            service, new = running(function, self.ground.gcloud), self.deployment.after.get(function)
            if service is None or (new and (service.newest != new or not service.tagged)):
                raise NotWorking(f"expected an address of {new or function} without traffic, found none")
            self._urls[function] = str(service.tagged) if new else service.url
        return self._urls[function]


def require(expected: str, answer: Answer, *, passed: bool) -> None:
    """Raises NotWorking with what was expected and what the revision answered, unless *passed*."""
    if not passed:
        raise NotWorking(f"expected {expected}, found {described(answer)}")


def described(answer: Answer) -> str:
    return f"{answer.status or 'no answer'}: {answer.text[:300]}"


def fields(answer: Answer) -> dict[str, Any]:
    """The JSON object that *answer* holds; empty if it holds none."""
    body = answer.body
    return body if isinstance(body, dict) else {}


def failures(report: Mapping[str, Any]) -> list[str]:
    """The failures that a health report names."""
    checks = [check for measured in report.get("checks", {}).values() for check in measured]
    return sorted({check.get("failure", "unknown") for check in checks if check["status"] == "fail"})
