"""One call: parsed, counted, allowed or refused, carried out, answered and written down."""

import json
import os
import sys
from typing import Any

from tests.support.recording_gcloud import planned
from tests.support.recording_gcloud.arguments import Call, parse
from tests.support.recording_gcloud.commands import COMMANDS, UNSIGNED
from tests.support.recording_gcloud.refusals import API_OFF, DENIED, NO_ACCOUNT, Refused
from tests.support.recording_gcloud.run import percents
from tests.support.recording_gcloud.state import State, note, opened


def main(argv: list[str]) -> int:
    folder = os.environ["RECORDING_GCLOUD"]
    noted: dict[str, Any] = {"argv": argv, "mutates": False, "number": None, "effect": False, "exit": 0, "said": ""}
    answer = ""
    try:
        answer = _answer(argv, folder, noted)
    except Refused as refused:
        noted |= {"exit": refused.status, "said": refused.text}
        sys.stderr.write(f"ERROR: ({refused.command or noted['name']}) {refused.text}\n")
    note(folder, noted)
    sys.stdout.write(answer)
    return int(noted["exit"])


def _answer(argv: list[str], folder: str, noted: dict[str, Any]) -> str:
    call = parse(argv, COMMANDS)
    mutates = COMMANDS[call.words].mutates
    noted |= {"name": call.name, "mutates": mutates}
    with opened(folder) as state:
        plans = planned.taken(state, " ".join(argv), mutates=mutates)
        noted["number"] = state["mutations"] if mutates else None
    planned.before(plans)  # the state is free meanwhile: one may hang
    with opened(folder) as state:
        _allow(call, state)
        noted["effect"] = mutates
        answer = COMMANDS[call.words].handler(call, state)
    planned.after(plans)
    return _formatted(answer, call.flag("format"))


def _allow(call: Call, state: State) -> None:
    if call.words in UNSIGNED:
        return
    _check(call)
    if not state["account"]:
        raise Refused(NO_ACCOUNT)
    _permit(call, state)


def _check(call: Call) -> None:
    """What gcloud sees for itself, whoever asks."""
    percents(call)
    if not call.words.startswith(("projects ", "auth ")):
        call.needs("project")
    if call.words.startswith("run "):
        call.needs("region")


def _permit(call: Call, state: State) -> None:
    command = COMMANDS[call.words]
    if command.api and command.api not in state["apis"]:
        raise Refused(API_OFF.format(command.api, state["number"]))
    if command.permission in state["denied"] or not _is_there(call, state):
        resource = command.resource.format(
            *call.given, project=call.flag("project"), number=state["number"], secret=call.flag("secret"),
            account=call.flag("impersonate-service-account"),
        )  # fmt: skip
        raise Refused(DENIED.format(command.permission, resource))


def _is_there(call: Call, state: State) -> bool:
    """Whether the call is about the one project that there is."""
    named = call.given[0] if call.words.startswith("projects ") else call.flag("project")
    return named in {None, state["project"], state["number"]}


def _formatted(answer: Any, format: str | None) -> str:
    """What is text as it is; anything else only if it is asked for as JSON."""
    if isinstance(answer, str):
        return answer
    return json.dumps(answer, indent=2, sort_keys=True) + "\n" if format == "json" else ""
