"""The commands of `gcloud secrets`: a secret has versions; the newest is the latest, whether it is enabled or not."""

import sys
import time
from typing import Any

from tests.support.recording_gcloud import refusals as say
from tests.support.recording_gcloud.arguments import Call
from tests.support.recording_gcloud.refusals import Refused
from tests.support.recording_gcloud.serving import secret_path
from tests.support.recording_gcloud.state import State


def describe(call: Call, state: State) -> Any:
    name = call.given[0]
    _versions(state, name)
    return {"createTime": state["created"], "name": secret_path(state, name), "replication": {"automatic": {}}}


def create(call: Call, state: State) -> Any:
    name = call.given[0]
    if name in state["secrets"]:
        raise Refused(say.CONFLICT.format(state["project"], say.SECRET_TAKEN.format(secret_path(state, name))))
    state["secrets"][name] = {"versions": []}
    if call.flag("data-file"):
        _add(state, name, _given(call.needs("data-file")))
    sys.stderr.write(f"Created secret [{name}].\n")
    return describe(call, state)


def describe_version(call: Call, state: State) -> Any:
    return _shown(state, call.needs("secret"), _version(call, state))


def list_versions(call: Call, state: State) -> Any:
    name = call.given[0]
    return [_shown(state, name, one) for one in _versions(state, name)[::-1]]


def access(call: Call, state: State) -> str:
    """The value as it is, without an end of line."""
    version = _version(call, state)
    if version["state"] != "ENABLED":
        raise Refused(say.VERSION_OFF.format(_path(state, call.needs("secret"), version), version["state"]))
    return str(version["value"])


def add(call: Call, state: State) -> Any:
    name = call.given[0]
    _versions(state, name)
    version = _add(state, name, _given(call.needs("data-file")))
    _tell("Created", version, name)
    return _shown(state, name, version)


def disable(call: Call, state: State) -> Any:
    return _turned(call, state, "Disabled")


def enable(call: Call, state: State) -> Any:
    return _turned(call, state, "Enabled")


def _turned(call: Call, state: State, deed: str) -> Any:
    version, name = _version(call, state), call.needs("secret")
    version["state"] = deed.upper()
    _tell(deed, version, name)
    return _shown(state, name, version)


def _tell(deed: str, version: dict[str, Any], name: str) -> None:
    sys.stderr.write(f"{deed} version [{version['number']}] of the secret [{name}].\n")


def _versions(state: State, name: str) -> list[dict[str, Any]]:
    if name not in state["secrets"]:
        raise Refused(say.NO_SECRET.format(secret_path(state, name)))
    found: list[dict[str, Any]] = state["secrets"][name]["versions"]
    return found


def _version(call: Call, state: State) -> dict[str, Any]:
    name, number = call.needs("secret"), call.given[0]
    found = state["secrets"].get(name, {}).get("versions", [])
    wanted = found[-1:] if number == "latest" else [one for one in found if one["number"] == number]
    if not wanted:
        path = secret_path(state, name)
        raise Refused(say.NO_VERSION.format(path if number == "latest" else f"{path}/versions/{number}"))
    found_one: dict[str, Any] = wanted[0]
    return found_one


def _add(state: State, name: str, value: str) -> dict[str, Any]:
    versions = state["secrets"][name]["versions"]
    version = {"number": str(len(versions) + 1), "state": "ENABLED", "value": value, "created": time.time()}
    versions.append(version)
    return version


def _given(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        with open(file) as found:  # noqa: PTH123
            return found.read()
    except FileNotFoundError:
        raise Refused(say.NO_FILE.format(file)) from None


def _path(state: State, name: str, version: dict[str, Any]) -> str:
    return f"{secret_path(state, name)}/versions/{version['number']}"


def _shown(state: State, name: str, version: dict[str, Any]) -> dict[str, Any]:
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(version["created"]))
    return {
        "createTime": created, "name": _path(state, name, version), "replicationStatus": {"automatic": {}},
        "state": version["state"],
    }  # fmt: skip
