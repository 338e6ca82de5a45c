"""The phases of a deployment. Each can be repeated, so that the next call continues an unfinished record.

build -> dark (without traffic) -> smoke -> shift -> done; a failure in any of them: back -> rolled_back.
"""

from collections.abc import Callable, Mapping

from opos.cloud import cloud_run as services
from opos.cloud import images
from opos.cloud.cloud_run import Split
from opos.cloud.gcloud import CloudError
from opos.cloud.packaging import image
from opos.deploy.bake import Watch
from opos.deploy.build_context import staged
from opos.deploy.lease import Lease, Lost
from opos.deploy.revisions import revisions
from opos.deploy.smoke import Smoke
from opos.deploy.target import Ground, Record
from shared.deployments import Phase
from shared.errors import OposError, Unavailable
from shared.ports.topology import deploy_order
from shared.values.timestamps import iso

ORDER = deploy_order()
ATTEMPTS = 5
"""How many times a rollback is attempted before the operator has to repeat it."""


class Pipeline:
    def __init__(self, record: Record, ground: Ground, lease: Lease, *, may_go_back: bool = True) -> None:
        self.record, self.ground, self.lease, self.may_go_back = record, ground, lease, may_go_back
        self._fault = ""

    def run(self) -> None:
        """Runs the phases until the deployment ends. Raises what interrupted it; the next call continues it."""
        while self.record.now.phase in PHASES:
            try:
                self.lease.check()
                PHASES[self.record.now.phase](self)
            except Lost:
                raise  # the deploy that holds the lease continues
            except Unavailable:
                self._roll_back_unrecorded()
                raise
            except OposError as fault:
                self._failed(fault, fault.message)
            except Exception as fault:  # noqa: BLE001  (a bug must not leave the traffic split)
                self._failed(fault, f"{type(fault).__name__}: {fault}")

    def _failed(self, fault: Exception, why: str) -> None:
        if self.record.now.phase == "back":
            raise fault
        self.ground.say(f"  failed: {why}")
        if self.may_go_back or self.record.now.phase in {"build", "dark"}:
            self.record.change(phase="back", reason=why)
        else:
            self._end("left", reason=why)

    def _roll_back_unrecorded(self) -> None:
        """Without the store, nothing watches the new revisions. While the lease lasts, the traffic can still move."""
        for function in self._functions() if self.record.now.phase == "shift" and self.lease.lasts() else ():
            self._is_back(function, drop_tag=False)

    def build(self) -> None:
        """The name of the image is the hash of its content, so that the same content is not built twice."""
        gcloud, target = self.ground.gcloud, self.ground.target
        with staged(self.ground) as release:
            if release.content != self.record.now.release:
                raise OposError("The files changed after this deployment started.", hint="Run `opos deploy` again.")
            name = image(release, project=target.project, region=target.region)
            built = images.built(name, gcloud)
            if built is None:
                self.ground.say(f"  building {name}")
                built = images.build(name, release, gcloud)
        self.record.change(phase="dark", image=built)

    def deploy_without_traffic(self) -> None:
        console = services.running("console", self.ground.gcloud)
        wanted = revisions(self.record.now, console.url if console else "", self.ground)
        for function in self._functions():
            self.lease.check()
            self._deploy(wanted[function])
        self.record.change(phase="smoke")

    def _deploy(self, revision: services.Revision) -> None:
        if services.exists(revision.name, self.ground.gcloud):
            return
        self.ground.say(f"  {revision.function}: {revision.name}, without traffic")
        try:
            services.deploy_without_traffic(revision, self.ground.gcloud)
        except CloudError:  # it may have had its effect nevertheless
            if not services.exists(revision.name, self.ground.gcloud):
                raise

    def smoke(self) -> None:
        self.ground.say("  running the smoke test")
        Smoke(self.record.now, self.ground, lambda event: self.record.change(event=event)).run()
        self.record.change(phase="shift")

    def shift(self) -> None:
        """Moves the traffic to the step that the record names, and watches it. The last step ends the deployment."""
        now, steps = self.record.now, self.record.now.steps
        percent = steps[now.step]
        watch = Watch(now, percent, self.ground, Smoke(now, self.ground))
        for function in self._functions():
            self.lease.check()
            self._direct(function, shares(now.before[function], now.after[function], percent))
        self.ground.say(f"  {percent}% of the traffic")
        figures = {**now.figures, "steps": [*now.figures.get("steps", []), watch.bake()]}
        if now.step + 1 < len(steps):
            self.record.change(step=now.step + 1, figures=figures)
        else:
            watch.smoke.close(now.event)  # a late message may have made the alert fire again
            self._end("done", figures=figures)

    def roll_back(self) -> None:
        """Moves all traffic back to the previous revisions. A function that fails does not stop the others."""
        self.ground.say("  rolling back to the previous revisions")
        for attempt in range(1, ATTEMPTS + 1):
            left = [function for function in reversed(self._functions()) if not self._is_back(function)]
            if not left:
                Smoke(self.record.now, self.ground).close(self.record.now.event)
                return self._end("rolled_back" if self.record.now.back_to is None else "done")
            if attempt < ATTEMPTS:
                self.ground.sleep(2.0**attempt)
        hint = "Run `opos rollback` again to continue, or `opos rollback --to N` to roll back to another deployment."
        raise CloudError(f"Could not move the traffic of {', '.join(left)} back: {self._fault}", hint=hint)

    def _is_back(self, function: str, *, drop_tag: bool = True) -> bool:
        """A function that had no traffic before, such as one that never worked, has nothing to roll back to."""
        try:
            if split := self.record.now.before[function]:
                self._direct(function, split, drop_tag=drop_tag)
        except CloudError as fault:
            self._fault = fault.brief
            return False
        return True

    def _direct(self, function: str, split: Split, *, drop_tag: bool = False) -> None:
        """Calls gcloud only if the traffic is split otherwise. After a failed call, the actual split decides."""
        if self._is_directed(function, split, untagged=drop_tag):
            return
        try:
            services.direct(function, split, self.ground.gcloud, drop_tag=drop_tag)
        except CloudError:
            if not self._is_directed(function, split):
                raise

    def _is_directed(self, function: str, split: Split, *, untagged: bool = False) -> bool:
        """Compares the actual and the requested split, because a failed call may take effect later."""
        service = services.running(function, self.ground.gcloud)
        if service is None or (untagged and service.newest):
            return False
        return service.split == split == service.asked

    def _end(self, phase: Phase, **more: object) -> None:
        self.record.change(phase=phase, ended_at=iso(self.ground.clock.now()), **more)

    def _functions(self) -> list[str]:
        return [function for function in ORDER if function in self.record.now.after]


PHASES: Mapping[Phase, Callable[[Pipeline], None]] = {
    "build": Pipeline.build,
    "dark": Pipeline.deploy_without_traffic,
    "smoke": Pipeline.smoke,
    "shift": Pipeline.shift,
    "back": Pipeline.roll_back,
}


def shares(before: Split, after: str, percent: int) -> Split:
    """*percent* for the revision *after*, and the rest for the revision that had the most before."""
    most = max(before, key=lambda revision: before[revision], default=after)
    if percent == 100 or most == after:  # noqa: PLR2004
        return {after: 100}
    return {after: percent, most: 100 - percent}
