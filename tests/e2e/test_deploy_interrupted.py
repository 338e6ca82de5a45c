"""A deployer that dies, or whose gcloud fails, at each point in turn: the traffic stays on what works, and a second call
finishes.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from opos.cloud.declared import service
from opos.cloud.gcloud import CloudError
from opos.commands.deploy import deploy
from opos.commands.rollback import rollback
from opos.deploy.lease import Lease
from shared.deployments import Deployment
from shared.errors import OposError
from shared.ports.topology import FUNCTIONS
from tests.support.deploy_target import CONFIG, Site, site
from tests.support.identity_provider import provider

pytestmark = pytest.mark.slow

ONLY = ("alert_router", "webhook_intake", "health")
SERVICES = [service(function) for function in ONLY]
PATIENT = CONFIG.replace("bake: 30s", "bake: 0s").replace("target: 99}", "target: 1}")
"""Here a deploy goes back only because of what a test does, and never because this machine is slow."""
CHANGES = ("commit deployments/", "gcloud run deploy ", "gcloud run services update-traffic ", "gcloud builds submit ")


class Killed(BaseException):
    """What no `except Exception` sees; and from then on nothing that this deployer does has any effect."""


class Points:
    """Counts the points that a deployer passes, and does something at number `at`."""

    def __init__(self, at: int = 0, fault: type[BaseException] | None = None, only: str | tuple[str, ...] = "") -> None:
        self.at, self.fault, self.only, self.passed, self.dead, self.where = at, fault, only, 0, False, ""

    def __call__(self, what: str, *, after: bool) -> None:
        if self.dead:
            raise Killed
        self.passed += what.startswith(self.only)
        if self.passed == self.at and self.fault and not self.where:
            self.where = f"{'after' if after else 'before'} {what}"
            self.dead = self.fault is Killed
            raise self.fault(f"ERROR: planned, {self.where}")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The dead give nothing back, and renew nothing; the living need not in a test whose clock stands still."""
    monkeypatch.setattr(Lease, "give_back", lambda lease: None if alive(place) else lease._over.set())
    monkeypatch.setattr(Lease, "keep", lambda _lease: None)
    given_back = Lease.give_back
    with provider() as identities, site(tmp_path, identities) as place:
        place.config_file.write_text(PATIENT)
        monkeypatch.setattr(Lease, "give_back", given_back)
        deploy(place.ground(), FUNCTIONS, wait=False, may_go_back=True)
        yield place


def alive(here: Site) -> bool:
    return not getattr(here.point, "dead", False)


def run(here: Site) -> Deployment:
    return deploy(here.ground(), ONLY, wait=False, may_go_back=True)


def points_of(here: Site) -> int:
    """How many points a deployment passes that nothing happens to."""
    here.point = counting = Points()
    here.change()
    assert run(here).phase == "done"
    return counting.passed


def works(here: Site, good: set[str], where: str) -> None:
    """All of the traffic is on revisions that work."""
    for name in SERVICES:
        split = here.cloud.traffic(name)
        assert sum(split.values()) == 100, where
        assert {revision.removeprefix(f"{name}-").partition("-")[0] for revision in split} <= good, where


def test_killed_at_any_point_the_traffic_is_on_what_works_and_a_second_call_finishes(here: Site) -> None:
    """Before and after all that changes anything: between two changes, one moment is like another."""
    for at in count(1):
        before = here.last.number
        here.change()
        here.point = points = Points(at, Killed, CHANGES)
        with suppress(Killed):
            run(here)
        here.point = Points()
        works(here, {f"d{before}", f"d{before + 1}"}, points.where)
        ended = run(here) if points.dead else here.last
        assert ended.phase == "done", f"{points.where}: {ended.reason}"
        works(here, {f"d{ended.number}"}, points.where)
        here.tidy()
        if not points.dead:
            break
    assert at > 25


def test_killed_at_any_point_a_rollback_ends_what_was_begun(here: Site) -> None:
    ran = f"d{here.last.number}"
    for at in range(20, points_of_another(here) + 1, 9):
        number = here.last.number
        here.change()
        here.point = points = Points(at, Killed)
        with suppress(Killed):
            run(here)
        assert points.dead, here.last.reason
        here.point = Points()
        if here.last.number > number and here.last.phase != "done":
            assert rollback(here.ground(), None, wait=False).phase == "rolled_back", points.where
            works(here, {ran}, points.where)
        here.tidy()


def points_of_another(here: Site) -> int:
    """Of a deployment that is then taken back, so that what ran before runs again."""
    number = points_of(here)
    rollback(here.ground(), None, wait=False)
    return number


def test_killed_while_it_goes_back_a_second_call_goes_back(here: Site) -> None:
    """Each time one point later, until one comes that it no longer passes."""
    ran, killed, points = f"d{here.last.number}", 0, Points(1, Killed)
    while points.at == 1 or points.dead:
        points = Points(0, Killed)
        killed += 1
        here.said.clear()
        here.change()
        here.cloud.change(lambda state: state.update(logs={"d": 9}))  # worse, as soon as it takes traffic
        here.point = _Later(points, here, killed)
        try:
            ended = run(here)
        except Killed:
            here.point = Points()
            works(here, {ran, f"d{here.last.number}"}, points.where)
            ended = here.last if here.last.phase == "rolled_back" else rollback(here.ground(), None, wait=False)
        assert ended.phase == "rolled_back", points.where
        works(here, {ran}, points.where)
        here.tidy()
    assert killed > 10


class _Later:
    """Points that are counted from the moment on at which the deployment goes back."""

    def __init__(self, points: Points, here: Site, at: int) -> None:
        self.points, self.here, self.at = points, here, at

    @property
    def dead(self) -> bool:
        return self.points.dead

    def __call__(self, what: str, *, after: bool) -> None:
        self.points(what, after=after)
        if not self.points.at and "  rolling back to the previous revisions" in self.here.said:
            self.points.at = self.points.passed + self.at


def test_a_call_that_fails_at_any_point_leads_to_the_end_or_back_and_never_between(here: Site) -> None:
    ran = here.last.number
    for at in range(1, points_of(here) + 1, 2):  # before, or after: what a read says is lost either way
        here.change()
        here.point = points = Points(at + (at // 2) % 2, CloudError, only="gcloud ")
        ended = tried(here)
        here.point = Points()
        ended = ended if ended and ended.phase in {"done", "rolled_back"} else run(here)
        ran = ended.number if ended.phase == "done" else ran
        works(here, {f"d{ran}"}, f"{points.where}: {ended.reason}")
        here.tidy()
        if not points.where:
            break
    assert at > 40


def tried(here: Site) -> Deployment | None:
    try:
        return run(here)
    except OposError:
        return None
