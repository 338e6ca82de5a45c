"""The cloud that the recording gcloud plays, as a test holds it."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opos.cloud import declared
from shared.config.model import Config
from shared.ports.topology import FUNCTIONS, PUBLIC
from tests.support.project import ROOT
from tests.support.recording_gcloud import images
from tests.support.recording_gcloud.initial import initial
from tests.support.recording_gcloud.refusals import NOT_STARTED
from tests.support.recording_gcloud.serving import is_ready
from tests.support.recording_gcloud.state import CALLS, STATE, State, opened

PROGRAM = f"""#!{sys.executable} -SE
import sys

sys.path.insert(0, {str(ROOT)!r})
from tests.support.recording_gcloud.main import main

sys.exit(main(sys.argv[1:]))
"""
"""Of this very Python, found at once: a start takes few modules, and less than 80 ms."""


def _program(folder: Path) -> Path:
    """The folder with a `gcloud` that can be called."""
    program = folder / "bin" / "gcloud"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    return program.parent


@dataclass(frozen=True)
class RecordedCloud:
    """*folder* is made with a project in which everything is as opos.cloud.declared wants it for *config*.

    What a call is planned to do (`fail`, `hang`, `kill`) is planned for the call number *at* among those that change
    something, counted from 1 since the beginning or the last `count_anew`; or for the next call whose line holds
    *matching*. It is done once, or `always`; before the effect of the call, or `after`.
    """

    folder: Path
    config: Config
    project: str = "my-company-staging"
    region: str = "europe-west1"
    public: tuple[str, ...] = PUBLIC
    environment: dict[str, str] = field(default_factory=dict, init=False)
    """What the process that calls gcloud needs, besides its own."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        state = initial(self.config, self.project, self.region, self.public)
        (self.folder / STATE).write_text(json.dumps(state))
        self.environment.update(
            PATH=f"{_program(self.folder)}{os.pathsep}{os.environ['PATH']}", RECORDING_GCLOUD=str(self.folder),
            CLOUDSDK_CORE_DISABLE_PROMPTS="1", CLOUDSDK_CONFIG=str(self.folder),
        )  # fmt: skip

    # What there is.

    @property
    def state(self) -> State:
        found: State = json.loads((self.folder / STATE).read_text())
        return found

    @property
    def calls(self) -> list[dict[str, Any]]:
        """In the order in which they ended: argv, mutates, number, effect (whether it came to that), exit, said."""
        file = self.folder / CALLS
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def mutations(self) -> int:
        """How many calls were meant to change something, counted from the beginning or the last `count_anew`."""
        return int(self.state["mutations"])

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.state["services"]
        return found

    @property
    def images(self) -> dict[str, str]:
        """The digest by name, with a tag or with the digest itself."""
        found: dict[str, str] = self.state["images"]
        return found

    def traffic(self, service: str) -> dict[str, int]:
        """Percent by revision, as it is routed."""
        found: dict[str, int] = {}
        for one in self.services[service]["status"]["traffic"]:
            if percent := one.get("percent"):
                found[one["revisionName"]] = found.get(one["revisionName"], 0) + percent
        return found

    def tags(self, service: str) -> dict[str, str]:
        """The revision by tag, as it is routed."""
        routed = self.services[service]["status"]["traffic"]
        return {one["tag"]: one["revisionName"] for one in routed if one.get("tag")}

    def revisions(self, service: str) -> dict[str, dict[str, Any]]:
        """The oldest first."""
        label = "serving.knative.dev/service"
        return {n: one for n, one in self.state["revisions"].items() if one["metadata"]["labels"][label] == service}

    def is_ready(self, revision: str) -> bool:
        return is_ready(self.state["revisions"][revision])

    # What is changed behind the deployer's back.

    def change(self, change: Callable[[State], object]) -> None:
        with opened(str(self.folder)) as state:
            change(state)

    def serve_at(self, url: str) -> None:
        """The services' addresses are `{url}/{service}` from now on, and `{url}/{tag}---{service}`."""
        self.change(lambda state: state.update(url=url))

    def disable_api(self, name: str) -> None:
        self.change(lambda state: state["apis"].remove(name))

    def drop_secret(self, name: str) -> None:
        self.change(lambda state: (state["secrets"].pop(name), state["policies"].pop(f"secrets/{name}")))

    def sign_out(self) -> None:
        self.change(lambda state: state.update(account=""))

    def deny(self, permission: str) -> None:
        """Whoever is signed in lacks *permission*, such as run.services.update."""
        self.change(lambda state: state["denied"].append(permission))

    def grant(self, resource: str, role: str, member: str) -> None:
        """*resource*: `project`, `services/NAME`, `secrets/NAME` or `topics/NAME`."""
        self.change(lambda state: state["policies"][resource]["bindings"].append({"role": role, "members": [member]}))

    def revoke(self, resource: str, role: str, member: str = "") -> None:
        """Take *role* from *member*, or from all."""

        def change(state: State) -> None:
            for one in state["policies"][resource]["bindings"]:
                if one["role"] == role:
                    one["members"] = [held for held in one["members"] if member and held != member]

        self.change(change)

    def drop_service(self, service: str) -> None:
        self.change(lambda state: state["services"].pop(service))

    def add_image(self, image: str, digest: str) -> None:
        self.change(lambda state: images.keep(state, image, digest))

    def break_revisions(self, matching: str, why: str = NOT_STARTED) -> None:
        """A revision made from now on does not start if its name, its image or one `NAME=value` holds *matching*."""
        self.change(lambda state: state["broken"].append({"matching": matching, "why": why}))

    def break_builds(self, matching: str = "") -> None:
        """A build of an image whose name holds *matching* fails from now on."""
        self.change(lambda state: state["unbuildable"].append(matching))

    def mend(self) -> None:
        """Nothing is broken, denied or planned any more."""
        self.change(lambda state: state.update(broken=[], unbuildable=[], denied=[], plans=[]))

    def be_grudging(self) -> None:
        """update-traffic fails, although it routes, as long as the newest revision has not started."""
        self.change(lambda state: state.update(grudging=True))

    def sign_tokens(self, sign: Callable[[Mapping[str, str]], str], account: str = declared.DEPLOYER) -> None:
        """`auth print-identity-token` answers what *sign* makes of the claims aud and email, for each function."""
        email = declared.account(account, self.project)
        signed = {
            f"{email} {audience}": sign({"aud": audience, "email": email})
            for audience in {declared.audience(function) for function in FUNCTIONS}
        }
        self.change(lambda state: state["tokens"].update(signed))

    # What is planned for a call.

    def fail(
        self, at: int | None = None, *, matching: str = "", after: bool = False, text: str = "", always: bool = False
    ) -> None:
        """It ends with 1 and *text* (of itself: that the service is unavailable)."""
        self._plan(deed="fail", at=at, matching=matching, after=after, text=text, always=always)

    def hang(
        self, at: int | None = None, *, seconds: float, matching: str = "", after: bool = False, always: bool = False
    ) -> None:
        self._plan(deed="hang", at=at, matching=matching, after=after, seconds=seconds, always=always)

    def kill(
        self, at: int | None = None, *, matching: str = "", after: bool = False, late: float | None = None
    ) -> None:
        """The caller gets a SIGKILL; a shell in between is passed over. *late*: the effect comes so many seconds after
        the caller's death, as of a request that was on its way.
        """
        self._plan(deed="kill", at=at, matching=matching, after=after, seconds=late, spared=[os.getpid(), os.getppid()])

    def count_anew(self) -> None:
        """The next call that changes something is number 1; what is planned is forgotten."""
        self.change(lambda state: state.update(mutations=0, plans=[]))

    def _plan(self, **plan: Any) -> None:
        assert plan["at"] or plan["matching"], "say which call: at=N or matching='part of its line'"
        whole = {"at": None, "matching": "", "after": False, "text": "", "seconds": None, "always": False} | plan
        self.change(lambda state: state["plans"].append(whole))
