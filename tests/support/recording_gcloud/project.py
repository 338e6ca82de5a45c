"""What gcloud tells about the project as a whole: who is signed in, which APIs are on, who may do what, the quotas."""

import base64
import json
import time
from typing import Any

from tests.support.recording_gcloud.arguments import Call
from tests.support.recording_gcloud.refusals import NOT_FOUND, Refused
from tests.support.recording_gcloud.state import State

CPU_QUOTA = "CpuAllocPerProjectRegion"
HOUR = 3600


def version(_: Call, state: State) -> Any:
    return {"Google Cloud SDK": state["version"], "beta": "2025.06.20", "core": "2025.06.20"}


def accounts(_: Call, state: State) -> Any:
    return [{"account": state["account"], "status": "ACTIVE"}] if state["account"] else []


def identity_token(call: Call, state: State) -> str:
    """One that was signed before, if the test gave one for this account and audience; else with a worthless signature."""
    email, audience = call.flag("impersonate-service-account") or state["account"], call.flag("audiences") or ""
    signed = state["tokens"].get(f"{email} {audience}")
    unsigned = ({"alg": "RS256", "typ": "JWT"}, _claims(email, audience), "none")
    return (signed or ".".join(_part(one) for one in unsigned)) + "\n"


def _claims(email: str, audience: str) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": "https://accounts.google.com", "aud": audience, "email": email, "email_verified": True, "sub": "1",
        "iat": now, "exp": now + HOUR,
    }  # fmt: skip


def _part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def describe(_: Call, state: State) -> Any:
    return {
        "createTime": state["created"], "lifecycleState": "ACTIVE", "name": state["project"],
        "projectId": state["project"], "projectNumber": state["number"],
    }  # fmt: skip


def apis(_: Call, state: State) -> Any:
    parent = f"projects/{state['number']}"
    return [
        {"config": {"name": name}, "name": f"{parent}/services/{name}", "parent": parent, "state": "ENABLED"}
        for name in state["apis"]
    ]


def policy(call: Call, state: State) -> Any:
    """Of the project, a service, a secret or a topic: the word before `get-iam-policy` says which."""
    kind, name = call.words.split()[-2], call.given[0]
    resource = "project" if kind == "projects" else f"{kind}/{name}"
    if resource not in state["policies"]:
        raise Refused(NOT_FOUND.format(name, kind.removesuffix("s")))
    return state["policies"][resource]


def logs(call: Call, state: State) -> Any:
    """As many entries as the test says that there are for a revision that the filter names."""
    named = [count for beginning, count in state.get("logs", {}).items() if beginning in call.given[0]]
    return [{"httpRequest": {"status": 500}} for _ in range(sum(named))]


def quotas(_: Call, state: State) -> Any:
    parent = f"projects/{state['number']}/locations/global/services/run.googleapis.com"
    places = {"applicableLocations": [state["region"]], "dimensions": {"region": state["region"]}}
    return [
        {
            "name": f"{parent}/quotaInfos/{name}", "quotaId": name, "service": "run.googleapis.com",
            "containerType": "PROJECT", "dimensions": ["region"], "isPrecise": True,
            "dimensionsInfos": [{**places, "details": {"value": str(value)}}],
        }
        for name, value in state["quotas"].items()
    ]  # fmt: skip
