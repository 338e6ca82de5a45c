"""A deployment from its record on: each phase can be run again, so whoever finds the record unfinished goes on.

build -> dark -> smoke -> shift -> done; from each of them, when it fails: back -> rolled_back.
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
"""To go back is tried so often before a person is asked."""


class Pipeline:
    def __init__(self, record: Record, ground: Ground, lease: Lease, *, may_go_back: bool = True) -> None:
        self.record, self.ground, self.lease, self.may_go_back = record, ground, lease, may_go_back
        self._fault = ""

    def run(self) -> None:
        """To the record's end. Raises what could not be mended; whoever calls again then goes on from there."""
        while self.record.now.phase in PHASES:
            try:
                self.lease.check()
                PHASES[self.record.now.phase](self)
            except Lost:
                raise  # whoever has the lease goes on
            except Unavailable:
                self._go_back_unnoted()
                raise
            except OposError as fault:
                self._failed(fault, fault.message)
            except Exception as fault:  # noqa: BLE001  (a fault of ours must not leave the traffic where it is)
                self._failed(fault, f"{type(fault).__name__}: {fault}")

    def _failed(self, fault: Exception, why: str) -> None:
        if self.record.now.phase == "back":
            raise fault
        self.ground.say(f"  failed: {why}")
        if self.may_go_back or self.record.now.phase in {"build", "dark"}:
            self.record.change(phase="back", reason=why)
        else:
            self._end("left", reason=why)

    def _go_back_unnoted(self) -> None:
        """Without the store nobody watches what is new. While the lease lasts, traffic can be moved all the same."""
        for function in self._functions() if self.record.now.phase == "shift" and self.lease.lasts() else ():
            self._is_back(function, drop_tag=False)

    def build(self) -> None:
        """The image is called by the hash of what is in it: what was built once is not built again."""
        gcloud, target = self.ground.gcloud, self.ground.target
        with staged(self.ground) as release:
            if release.content != self.record.now.release:
                raise OposError("The files have changed since this deployment began.", hint="Deploy them anew.")
            name = image(release, project=target.project, region=target.region)
            found = images.built(name, gcloud)
            if found is None:
                self.ground.say(f"  building {name}")
                found = images.build(name, release.folder, gcloud)
        self.record.change(phase="dark", image=found)

    def dark(self) -> None:
        console = services.running("console", self.ground.gcloud)
        wanted = revisions(self.record.now, console.url if console else "", self.ground)
        for function in self._functions():
            self.lease.check()
            self._dark(wanted[function])
        self.record.change(phase="smoke")

    def _dark(self, revision: services.Revision) -> None:
        if services.exists(revision.name, self.ground.gcloud):
            return
        self.ground.say(f"  {revision.function}: {revision.name}, without traffic")
        try:
            services.deploy_dark(revision, self.ground.gcloud)
        except CloudError:  # its effect may have come all the same
            if not services.exists(revision.name, self.ground.gcloud):
                raise

    def smoke(self) -> None:
        self.ground.say("  trying each of them")
        Smoke(self.record.now, self.ground, lambda event: self.record.change(event=event)).run()
        self.record.change(phase="shift")

    def shift(self) -> None:
        """The step that the record names, watched; after the last one it is done."""
        now, steps = self.record.now, self.record.now.steps
        percent = steps[now.step]
        watch = Watch(now, percent, self.ground, Smoke(now, self.ground))
        for function in self._functions():
            self.lease.check()
            self._direct(function, shares(now.before[function], now.after[function], percent))
        self.ground.say(f"  {percent} % of the traffic")
        figures = {**now.figures, "steps": [*now.figures.get("steps", []), watch.bake()]}
        if now.step + 1 < len(steps):
            self.record.change(step=now.step + 1, figures=figures)
        else:
            watch.smoke.close(now.event)  # a message that came late may have opened it again
            self._end("done", figures=figures)

    def back(self) -> None:
        """All that took the traffic before takes it again; one function that resists keeps no other from it."""
        self.ground.say("  going back to what ran before")
        for attempt in range(1, ATTEMPTS + 1):
            left = [function for function in reversed(self._functions()) if not self._is_back(function)]
            if not left:
                Smoke(self.record.now, self.ground).close(self.record.now.event)
                return self._end("rolled_back" if self.record.now.back_to is None else "done")
            if attempt < ATTEMPTS:
                self.ground.sleep(2.0**attempt)
        hint = "`opos rollback`, called again, goes on from here; `opos rollback --to N` goes to another deployment."
        raise CloudError(f"Could not direct the traffic of {', '.join(left)} back: {self._fault}", hint=hint)

    def _is_back(self, function: str, *, drop_tag: bool = True) -> bool:
        """What took no traffic before, as a service that never worked, has nothing to go back to."""
        try:
            if split := self.record.now.before[function]:
                self._direct(function, split, drop_tag=drop_tag)
        except CloudError as fault:
            self._fault = fault.brief
            return False
        return True

    def _direct(self, function: str, split: Split, *, drop_tag: bool = False) -> None:
        """No call where it is so already; and what a failed one says counts less than what is so then."""
        if self._is_directed(function, split, untagged=drop_tag):
            return
        try:
            services.direct(function, split, self.ground.gcloud, drop_tag=drop_tag)
        except CloudError:
            if not self._is_directed(function, split):
                raise

    def _is_directed(self, function: str, split: Split, *, untagged: bool = False) -> bool:
        """Both as it is, and as it was asked for: a call that failed may come about later."""
        found = services.running(function, self.ground.gcloud)
        return found is not None and found.split == split == found.asked and not (untagged and found.newest)

    def _end(self, phase: Phase, **more: object) -> None:
        self.record.change(phase=phase, ended_at=iso(self.ground.clock.now()), **more)

    def _functions(self) -> list[str]:
        return [function for function in ORDER if function in self.record.now.after]


PHASES: Mapping[Phase, Callable[[Pipeline], None]] = {
    "build": Pipeline.build,
    "dark": Pipeline.dark,
    "smoke": Pipeline.smoke,
    "shift": Pipeline.shift,
    "back": Pipeline.back,
}


def shares(before: Split, after: str, percent: int) -> Split:
    """*percent* for the revision *after*, and the rest for what took the most before."""
    most = max(before, key=lambda revision: before[revision], default=after)
    if percent == 100 or most == after:  # noqa: PLR2004
        return {after: 100}
    return {after: percent, most: 100 - percent}
