"""A target to deploy to: the recording gcloud, and behind its addresses the real functions, one set a revision.

gcloud and the routing are simulated. A revision answers as its function does, with the environment and the secrets that
it was deployed with, on a real store.
"""

import json
import os
import re
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from opos.cloud import declared, gcloud
from opos.cloud.gcloud import Gcloud
from opos.deploy.target import Ground
from opos.terminal.options import Place
from shared.adapters.local_bus.pump import Pump
from shared.config.files.loader import load_config
from shared.deployments import Deployment, latest
from shared.events import Tick
from shared.ports import Store, Write
from shared.runtime import container as runtime
from shared.runtime.container import Runtime
from shared.runtime.settings import Settings
from tests.support.bundle import loaded_functions
from tests.support.fakes import FakeClock
from tests.support.identity_provider import Provider
from tests.support.project import ROOT
from tests.support.recording_gcloud.cloud import RecordedCloud
from tests.support.recording_gcloud.front import Front, Request
from tests.support.recording_gcloud.main import main as recorded_gcloud

CONFIG = """
owner: me@example.com
sources:
  shop: {scheme: standard-webhooks, secrets: [SHOP_SECRET]}
  smoke:
    scheme: standard-webhooks
    secrets: [OPOS_SMOKE_SECRET]
    alert: {title: data.title, severity: data.severity, status: data.status, fingerprint: data.id}
channels: {desk: {console: true}}
route: {channel: desk}
digest: {channel: desk, window: 5m, size: 5}
slos:
  webhook_to_effect: {within: 1h, target: 99}
  event_handled: {within: 1h, target: 99}
  page_delivered: {within: 1h, target: 99}
  flag_lookup: {within: 1h, target: 99}
deploy:
  smoke: smoke
  steps: [10, 100]
  bake: 30s
  patience: 10s
  targets: {staging: {project: my-company-staging}}
"""
"""No deploy goes back because the machine of the tests is slow. Tests add lines to the last section."""
FLAGS = "flags: {new_checkout: {enabled: true, rollout: 25}}\n"
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_NAME = re.compile(r"[a-z-]+-d(?P<number>[0-9]+)-[0-9a-f]{7}")
Answer = tuple[int, Mapping[str, str], bytes]
Sick = Callable[[Any], Answer | None]


@dataclass
class Site:
    folder: Path
    provider: Provider
    clock: FakeClock = field(default_factory=FakeClock)
    sick: dict[str, Sick] = field(default_factory=dict)
    """What a revision answers instead of its function, by the beginning of its name; None for what its function answers."""
    said: list[str] = field(default_factory=list)
    slept: Callable[[float], None] = lambda _seconds: None
    """Called while a deploy sleeps."""
    point: Callable[..., None] = lambda _what, after: None  # noqa: ARG005
    """Called before and after each call of gcloud and each write of a deploy. It may raise."""

    def __post_init__(self) -> None:
        self.config_file, self.flags_file = self.folder / "opos.yaml", self.folder / "flags.yaml"
        self.config_file.write_text(CONFIG)
        self.flags_file.write_text(FLAGS)
        self.cloud = RecordedCloud(self.folder / "cloud", load_config(self.config_file))
        self.cloud.change(self._secrets)
        for account in (declared.PUSHER, declared.DEPLOYER):
            self.cloud.sign_tokens(self._token, account)
        self.functions = loaded_functions()
        self.runtimes: dict[str, Runtime] = {}
        self._one_at_a_time = threading.Lock()

    def _secrets(self, state: dict[str, Any]) -> None:
        for name in ("SHOP_SECRET", "OPOS_SMOKE_SECRET"):
            state["secrets"][name]["versions"][0]["value"] = KEY

    def _token(self, claims: Mapping[str, str]) -> str:
        return self.provider.token(self.clock.now() + timedelta(days=365), **claims, iat=self.clock.now())

    @property
    def place(self) -> Place:
        return Place(self.folder, self.config_file, self.flags_file)

    @property
    def store(self) -> Store:
        return self._deployer.store

    @property
    def _deployer(self) -> Runtime:
        if "deployer" not in self.runtimes:
            made = Runtime(Settings.from_environment(self._environment()), clock=self.clock)
            made.__dict__["store"] = _Pointed(made.store, lambda what, *, after: self.point(what, after=after))
            self.runtimes["deployer"] = made
        return self.runtimes["deployer"]

    def ground(self, **more: Any) -> Ground:
        config = load_config(self.config_file)
        deploy = config.deploy
        assert deploy
        target = deploy.targets["staging"]
        return replace(
            Ground(
                "staging", self.place, config, deploy, target, Gcloud(target.project, target.region, self.sleep),
                self._deployer, ROOT, self.sleep, self.said.append,
            ),
            **more,
        )  # fmt: skip

    def sleep(self, seconds: float) -> None:
        """Time passes: Scheduler ticks, and Pub/Sub delivers to the revisions with traffic."""
        self.clock.advance(seconds=seconds)
        self._deployer.bus.publish(Tick())
        Pump(self._deployer.local_bus, self._push).drain()
        self.slept(seconds)

    def _push(self, function: str, path: str, body: dict[str, Any]) -> int:
        claims = {"aud": declared.PUSHER, "email": declared.account(declared.PUSHER, self.cloud.project)}
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._token(claims)}"}
        url = f"{self.cloud.state['url']}/{declared.service(function)}{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code

    def change(self) -> None:
        """Changes the checkout, so that the next deploy differs."""
        self.flags_file.write_text(f"{FLAGS}# changed {os.urandom(4).hex()}\n")

    @property
    def last(self) -> Deployment:
        return latest(self.store)[0]

    @property
    def traffic(self) -> dict[str, dict[str, int]]:
        return {name: self.cloud.traffic(name) for name in self.cloud.services}

    def serving(self) -> set[str]:
        """The numbers of the deployments with traffic; `placeholder` before the first one."""
        return {_number(revision) for split in self.traffic.values() for revision in split}

    def tidy(self) -> None:
        """Removes the revisions without traffic, which would slow a test of many deployments down."""
        serving = {revision for split in self.traffic.values() for revision in split}

        def change(state: dict[str, Any]) -> None:
            state["revisions"] = {
                name: revision for name, revision in state["revisions"].items() if name in serving or "-d" not in name
            }

        self.cloud.change(change)
        for name in self.runtimes.keys() - serving - {"deployer"}:
            self.runtimes.pop(name).close()

    def answer(self, name: str, request: Request) -> Answer:
        for beginning, sick in self.sick.items():
            if name.startswith(beginning) and (answer := sick(request)) is not None:
                return answer
        if _number(name) == "placeholder":
            return 200, {"content-type": "text/html"}, b"<h1>Hello</h1>"
        with self._one_at_a_time:
            return self._ask(name, request)

    def _ask(self, name: str, request: Request) -> Answer:
        environment = self._of(self.cloud.state["revisions"][name])
        if name not in self.runtimes:
            self.runtimes[name] = Runtime(Settings.from_environment(environment), clock=self.clock)
        runtime.use(self.runtimes[name])
        client = self.functions[environment["FUNCTION_TARGET"]].test_client()
        response = client.open(request.path, method=request.method, headers=dict(request.headers), data=request.body)
        return response.status_code, dict(response.headers), response.data

    def _of(self, revision: dict[str, Any]) -> dict[str, str]:
        """The environment of *revision*, with the variables that the platform adds."""
        name, secrets = revision["metadata"]["name"], self.cloud.state["secrets"]
        files = self.folder / name
        if not files.exists():
            files.mkdir()
            shutil.copy(self.config_file, files)
            shutil.copy(self.flags_file, files)
        given = {}
        for entry in revision["spec"]["containers"][0]["env"]:
            reference = entry.get("valueFrom", {}).get("secretKeyRef")
            given[entry["name"]] = secrets[reference["name"]]["versions"][-1]["value"] if reference else entry["value"]
        platform = {
            "K_SERVICE": re.sub(r"-d[0-9]+-[0-9a-f]{7}$", "", name),
            "K_REVISION": name,
            "OPOS_OIDC_KEYS_URL": self.provider.url,
        }
        return {**given, **platform, **self._environment(), "OPOS_CONFIG": str(files / "opos.yaml"),
                "OPOS_FLAGS": str(files / "flags.yaml")}  # fmt: skip

    def _environment(self) -> dict[str, str]:
        """The store and the bus of this machine instead of Google's."""
        return {"OPOS_STORE": f"sqlite:///{self.folder}/opos.db", "OPOS_BUS": "local", "OPOS_ALLOW_SQLITE": "1"}


class _Pointed:
    """A store whose writes are points at which a deploy may be killed."""

    def __init__(self, store: Store, point: Callable[..., None]) -> None:
        self._store, self._point = store, point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, writes: Sequence[Write]) -> dict[str, str]:
        what = f"commit {writes[0].path}"
        self._point(what, after=False)
        versions = self._store.commit(writes)
        self._point(what, after=True)
        return versions


def _number(revision: str) -> str:
    match = _NAME.fullmatch(revision)
    return match["number"] if match else "placeholder"


@contextmanager
def site(folder: Path, provider: Provider) -> Iterator[Site]:
    """A target whose gcloud runs in this process: a call takes a millisecond instead of a hundred."""
    opened, before = Site(folder, provider), gcloud._run
    os.environ.update({"RECORDING_GCLOUD": str(opened.cloud.folder)})
    calling = threading.Lock()

    def run(command: list[str], _given: str | None, _patience: float) -> str:
        said, wrong = StringIO(), StringIO()
        opened.point(" ".join(command), after=False)
        with calling, redirect_stdout(said), redirect_stderr(wrong):
            status = recorded_gcloud(command[1:])
        opened.point(" ".join(command), after=True)
        if status:
            raise gcloud._fault(command, wrong.getvalue())
        return said.getvalue()

    gcloud._run = run
    try:
        with Front(opened.cloud, opened.answer):
            yield opened
    finally:
        gcloud._run = before
        del os.environ["RECORDING_GCLOUD"]
        runtime.use(None)
        for made in opened.runtimes.values():
            made.close()
