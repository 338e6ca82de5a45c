"""`opos deploy` from record to traffic and back: gcloud is the recording one, what answers are the real functions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from opos.cloud import declared
from opos.cloud.gcloud import CloudError
from opos.commands.deploy import deploy
from opos.commands.rollback import rollback
from opos.deploy.lease import LENGTH, Held, Lease, Lost
from opos.deploy.pipeline import Pipeline
from opos.deploy.record import begun, drafted
from shared.deployments import Deployment
from shared.errors import OposError, Unavailable
from shared.ports import Set
from shared.ports.topology import FUNCTIONS
from shared.services.slo.indicators import INDICATORS
from shared.slo.burn_rate import slot_of
from shared.values.timestamps import day, iso
from tests.support.deploy_target import CONFIG, Site, site
from tests.support.identity_provider import provider

pytestmark = pytest.mark.slow

SERVICES = {declared.service(function) for function in FUNCTIONS}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with provider() as identities, site(tmp_path, identities) as place:
        yield place


def run(here: Site, *, only: tuple[str, ...] = FUNCTIONS, may_go_back: bool = True, wait: bool = False) -> Deployment:
    return deploy(here.ground(), only, wait=wait, may_go_back=may_go_back)


def deployed(here: Site, number: int) -> None:
    """All traffic is on the revisions of deployment *number*."""
    for service, split in here.traffic.items():
        ((revision, percent),) = split.items()
        assert (revision.startswith(f"{service}-d{number}-"), percent) == (True, 100), split


def test_a_first_deployment_ends_with_all_traffic_on_revisions_that_were_tried(here: Site) -> None:
    ended = run(here)
    assert (ended.phase, ended.number) == ("done", 1)
    deployed(here, 1)
    assert [step["percent"] for step in ended.figures["steps"]] == [100]
    assert all(revision.endswith("-00001-rec") for split in ended.before.values() for revision in split)


def test_from_the_second_on_traffic_moves_in_steps(here: Site) -> None:
    run(here)
    here.change()
    assert [step["percent"] for step in run(here).figures["steps"]] == [10, 100]
    deployed(here, 2)


def test_until_it_was_tried_a_revision_takes_no_traffic(here: Site) -> None:
    run(here)
    here.change()
    before, seen = here.traffic, list[Any]()
    here.sick["health-d2"] = lambda request: seen.append(here.traffic) if request.path == "/health" else None
    run(here)
    assert seen[0] == before


def test_the_synthetic_event_is_decided_on_shown_and_leaves_no_alert_open(here: Site) -> None:
    run(here)
    events = list(here.store.query("events", where=[("day", "==", day(here.clock.now()))]))
    handled = {name for event in events for name in event.data["handled"]}
    assert "alert_router_d1" in handled
    assert {event.data["source"] for event in events} == {"smoke"}
    decided = [event.data["handled"]["alert_router_d1"]["decisions"][0]["path"] for event in events]
    assert decided == ["page"]
    assert list(here.store.query("digests", order_by="created_at")) == []
    assert {doc.data["state"] for doc in here.store.query("alerts", where=[("state", "==", "firing")])} == set()


def test_the_image_is_built_once_for_the_same_content(here: Site) -> None:
    run(here)
    run(here)
    assert len([call for call in here.cloud.calls if call["argv"][:2] == ["builds", "submit"]]) == 1
    deployed(here, 2)


def test_all_functions_run_the_same_image_by_its_digest(here: Site) -> None:
    ended = run(here)
    images = {
        here.cloud.revisions(service)[revision]["spec"]["containers"][0]["image"]
        for service, split in here.traffic.items() for revision in split
    }  # fmt: skip
    assert images == {ended.image}
    assert "@sha256:" in ended.image


def test_only_the_named_function_is_deployed(here: Site) -> None:
    run(here)
    here.change()
    ended = run(here, only=("alert_router",))
    assert ended.phase == "done"
    for service, split in here.traffic.items():
        assert next(iter(split)).startswith(f"{service}-d{2 if service == 'alert-router' else 1}-")


SICK = {
    "a health that answers nothing": ("health-d2", lambda _: (500, {}, b"")),
    "a router that refuses": ("alert-router-d2", lambda request: (500, {}, b"") if request.method == "POST" else None),
    "an intake that lets anyone in": ("webhook-intake-d2", lambda _: (202, {}, b'{"id": "x"}')),
    "an intake that takes nothing": ("webhook-intake-d2", lambda _: (503, {}, b"")),
    "flags that come out otherwise": ("flag-evaluator-d2", lambda _: (200, {}, b'{"value": "green"}')),
    "a console that shows anyone": ("console-d2", lambda _: (200, {}, b"Smoke test of deployment")),
    "a console without the event": ("console-d2", lambda request: (200, {}, b"") if _is_operator(request) else None),
    "a sweeper that crashes": ("sweeper-d2", lambda _: (500, {}, b"")),
    "a digest sender that crashes": ("digest-sender-d2", lambda _: (500, {}, b"")),
}  # fmt: skip


def _is_operator(request: Any) -> bool:
    return "opos-console" in _audience(request)


def _audience(request: Any) -> str:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return str(jwt.decode(token, options={"verify_signature": False})["aud"])


@pytest.mark.parametrize("name", SICK)
def test_a_revision_that_fails_its_smoke_test_never_takes_traffic(name: str, here: Site) -> None:
    run(here)
    here.change()
    beginning, answer = SICK[name]
    here.sick[beginning] = answer
    ended = run(here)
    assert ended.phase == "rolled_back"
    assert beginning.partition("-d")[0] in ended.reason
    deployed(here, 1)
    assert not any("=10" in " ".join(call["argv"]) and "-d2-" in " ".join(call["argv"]) for call in here.cloud.calls)


def test_a_revision_that_burns_the_error_budget_is_taken_back_during_the_bake(here: Site) -> None:
    run(here)
    here.change()

    def burn(_seconds: float) -> None:
        """What the functions would count, once the new ones take traffic."""
        if any("-d2-" in revision for split in here.traffic.values() for revision in split):
            slots = {iso(slot_of(here.clock.now())): {INDICATORS[0]: [20, 30]}}
            content = {"day": day(here.clock.now()), "slots": json.dumps(slots), "expires_at": iso(here.clock.now())}
            here.store.commit([Set(f"indicators/{day(here.clock.now())}-burning", content)])

    here.slept = burn
    ended = run(here)
    assert ended.phase == "rolled_back"
    assert "burns its error budget" in ended.reason
    assert "10% of the traffic" in ended.reason
    deployed(here, 1)


def test_a_new_failure_in_the_health_report_during_the_bake_takes_it_back(here: Site) -> None:
    run(here)
    here.change()
    report = b'{"checks": {"bus": [{"status": "fail", "failure": "bus-unreachable"}]}}'

    def health(request: Any) -> Any:
        taking = any("-d2-" in revision for revision in here.traffic["alert-router"])
        return (503, {}, report) if taking and request.path == "/health" else None

    here.sick["health-d2"] = health
    ended = run(here)
    assert (ended.phase, "bus-unreachable" in ended.reason) == ("rolled_back", True)
    deployed(here, 1)


def test_what_failed_before_does_not_keep_a_fix_from_being_deployed(here: Site) -> None:
    run(here)
    here.change()
    report = b'{"releaseId": "%s", "checks": {"bus": [{"status": "fail", "failure": "bus-unreachable"}]}}'

    def health(request: Any) -> Any:
        names = [name for name in here.cloud.revisions("health") if "-d2-" in name]
        return (503, {}, report % (names[-1] if names else "none").encode()) if request.path == "/health" else None

    here.sick["health-d"] = health
    assert run(here).phase == "done"


def test_the_503_of_a_health_report_is_no_error_of_the_new_revision(here: Site) -> None:
    run(here)
    here.change()
    here.cloud.change(lambda state: state.update(logs={"health-d2": 27}))
    assert run(here).phase == "done"


def test_new_revisions_that_answer_5xx_are_taken_back_during_the_bake(here: Site) -> None:
    run(here)
    here.change()
    here.cloud.change(lambda state: state.update(logs={"webhook-intake-d2": 7}))
    ended = run(here)
    assert (ended.phase, "7 requests with 5xx" in ended.reason) == ("rolled_back", True)
    deployed(here, 1)


def test_without_rollback_it_is_left_and_the_next_one_goes_back_to_what_ran_before_it(here: Site) -> None:
    run(here)
    here.change()
    here.cloud.change(lambda state: state.update(logs={"webhook-intake-d2": 7}))
    assert run(here, may_go_back=False).phase == "left"
    assert here.serving() == {"1", "2"}
    here.cloud.change(lambda state: state.update(logs={"d3": 7}))
    here.change()
    assert run(here).phase == "rolled_back"
    deployed(here, 1)


def test_what_was_left_broken_is_taken_back_by_a_rollback(here: Site) -> None:
    run(here)
    here.change()
    here.cloud.change(lambda state: state.update(logs={"webhook-intake-d2": 7}))
    run(here, may_go_back=False)
    assert rollback(here.ground(), None, wait=False).phase == "rolled_back"
    deployed(here, 1)


def test_what_the_store_cannot_tell_for_long_is_no_reason_to_leave_the_traffic_split(here: Site) -> None:
    run(here)
    here.change()

    def cut(_seconds: float) -> None:
        if here.serving() == {"1", "2"}:
            here.point = refuse

    def refuse(what: str, *, after: bool) -> None:
        if what.startswith("commit ") and not after:
            raise Unavailable("the store is down")

    here.slept = cut
    with pytest.raises(Unavailable):
        run(here)
    deployed(here, 1)
    here.point = lambda _what, after: None  # noqa: ARG005
    here.slept = lambda _seconds: None
    assert run(here).phase == "done"
    deployed(here, 2)


def test_the_synthetic_alert_of_a_deployer_that_died_is_closed_by_who_takes_it_back(here: Site) -> None:
    run(here)
    here.change()

    def die(what: str, *, after: bool) -> None:
        if after and what.startswith("commit deployments/") and here.last.event:
            raise KeyboardInterrupt

    here.point = die
    with pytest.raises(KeyboardInterrupt):
        run(here)
    here.point = lambda _what, after: None  # noqa: ARG005
    rollback(here.ground(), None, wait=False)
    assert list(here.store.query("alerts", where=[("state", "==", "firing")])) == []


def test_a_public_console_is_deployed_and_asks_who_one_is_all_the_same(here: Site) -> None:
    here.config_file.write_text(
        CONFIG.replace("  bake:", "  public: [webhook_intake, flag_evaluator, console]\n  bake:")
    )
    here.cloud.grant("services/console", declared.INVOKE_ROLE, "allUsers")
    assert run(here).phase == "done"


def test_rollback_goes_back_in_one_word_and_then_further_or_to_a_number(here: Site) -> None:
    for _ in range(3):
        run(here)
        here.change()
    assert rollback(here.ground(), None, wait=False).back_to == 2
    deployed(here, 2)
    rollback(here.ground(), None, wait=False)
    deployed(here, 1)
    rollback(here.ground(), 3, wait=False)
    deployed(here, 3)
    assert [here.last.number, here.last.phase] == [6, "done"]


def test_two_deploys_at_once_do_not_mix(here: Site) -> None:
    run(here)
    other = Lease("somebody", "ann@example.com", here.store, here.clock)
    other.take()
    here.slept = lambda _seconds: other.renew()
    with pytest.raises(Held, match="ann@example"):
        run(here)
    deployed(here, 1)


def test_a_deployer_that_lost_its_lease_touches_nothing_more(here: Site) -> None:
    """It was held up while it tried the new revisions, for longer than its lease lasts."""
    run(here)
    here.change()
    before, ann = here.traffic, Lease("ann", "ann@example.com", here.store, here.clock)

    def hold_up(request: Any) -> None:
        if request.path == "/health" and here.last.phase == "smoke":
            here.clock.advance(seconds=LENGTH.total_seconds() + 1)
            ann.take()

    here.sick["health-d2"] = hold_up
    lease = Lease("me", "me", here.store, here.clock)
    lease.take()
    record = begun(drafted(here.ground(), FUNCTIONS), here.ground())
    with pytest.raises(Lost):
        Pipeline(record, here.ground(), lease).run()
    assert here.traffic == before


def stuck_amid(here: Site) -> None:
    """At the first step it turns out to be worse, and it cannot go back."""
    here.cloud.change(lambda state: state.update(logs={"webhook-intake-d2": 7}))
    here.cloud.fail(matching="=100", always=True)


def test_an_interrupted_deployment_of_another_content_is_taken_back_first(here: Site) -> None:
    run(here)
    here.change()
    stuck_amid(here)
    with pytest.raises(CloudError, match="Could not move the traffic"):
        run(here)
    assert here.last.phase == "back"
    here.cloud.mend()
    here.change()
    ended = run(here)
    assert (ended.number, ended.phase) == (3, "done")
    deployed(here, 3)


def test_a_rollback_of_an_interrupted_deployment_ends_it(here: Site) -> None:
    run(here)
    here.change()
    stuck_amid(here)
    with pytest.raises(OposError):
        run(here)
    here.cloud.mend()
    ended = rollback(here.ground(), None, wait=False)
    assert (ended.number, ended.phase) == (2, "rolled_back")
    deployed(here, 1)
