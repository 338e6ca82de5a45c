"""GitHub: branches, environments, authors, and alerts that have already ended."""

from typing import Any

import pytest

from shared.events import Alert, Signal
from shared.sources.senders.github import FORMAT

REPOSITORY = {"full_name": "acme/shop", "default_branch": "main", "owner": {"login": "acme"}}


def signals(kind: str, **fields: Any) -> tuple[Signal, ...]:
    _, _, action = kind.partition(".")
    return FORMAT.translate(kind, {"action": action, "repository": REPOSITORY, **fields}).signals


def alert(kind: str, **fields: Any) -> Alert:
    (signal,) = signals(kind, **fields)
    assert isinstance(signal, Alert)
    return signal


def run(conclusion: str, **fields: Any) -> dict[str, Any]:
    return {"name": "CI", "workflow_id": 7, "head_branch": "main", "conclusion": conclusion, **fields}


FORK = {"head_repository": {"full_name": "eve/shop"}}
OURS = {"head_repository": {"full_name": "acme/shop"}}


@pytest.mark.parametrize("conclusion", ["failure", "timed_out", "startup_failure"])
def test_a_run_that_failed_in_any_way_fires(conclusion: str) -> None:
    assert alert("workflow_run.completed", workflow_run=run(conclusion)).status == "firing"


@pytest.mark.parametrize("conclusion", ["cancelled", "skipped", "neutral", "stale", "action_required", ""])
def test_a_run_that_neither_failed_nor_passed_says_nothing(conclusion: str) -> None:
    assert signals("workflow_run.completed", workflow_run=run(conclusion)) == ()


def test_a_run_of_a_forks_main_neither_breaks_nor_mends_our_main() -> None:
    ours = alert("workflow_run.completed", workflow_run=run("failure", **OURS))
    theirs = alert("workflow_run.completed", workflow_run=run("success", **FORK))
    assert ours.fingerprint != theirs.fingerprint
    broken = alert("workflow_run.completed", workflow_run=run("failure", **FORK))
    assert (broken.severity, broken.title) == ("info", "CI failed: acme/shop on eve:main")


def test_a_run_whose_repository_is_named_is_the_same_as_one_without() -> None:
    named = alert("workflow_run.completed", workflow_run=run("success", **OURS))
    assert named.fingerprint == alert("workflow_run.completed", workflow_run=run("failure")).fingerprint


@pytest.mark.parametrize(
    ("environment", "flag", "severity"),
    [
        ("production", False, "critical"),
        ("Production \u2013 shop", False, "critical"),
        ("live", True, "critical"),
        ("live", False, "warning"),
        ("preview production", False, "warning"),
        ("", False, "warning"),
    ],
)
def test_production_is_what_is_declared_or_named_so(environment: str, flag: bool, severity: str) -> None:  # noqa: FBT001
    deployment = {"environment": environment, "production_environment": flag}
    deployed = alert("deployment_status.created", deployment=deployment, deployment_status={"state": "error"})
    assert deployed.severity == severity


def test_a_check_that_asks_for_action_fires() -> None:
    check = {"conclusion": "action_required", "name": "cla", "app": {"slug": "cla-bot"}}
    assert alert("check_run.completed", check_run=check).title == "Check cla failed: acme/shop"


@pytest.mark.parametrize("event", ["secret_scanning_alert", "dependabot_alert", "code_scanning_alert"])
def test_what_befalls_a_finding_that_has_ended_does_not_fire_it_again(event: str) -> None:
    for action in ("validated", "assigned", "unassigned", "assignees_changed"):
        state = "resolved" if event == "secret_scanning_alert" else "fixed"
        assert alert(f"{event}.{action}", alert={"number": 1, "state": state}).status == "resolved"


@pytest.mark.parametrize("action", ["created", "reopened", "publicly_leaked", "validated"])
def test_an_open_secret_pages_whatever_is_said_of_it(action: str) -> None:
    leak = alert(f"secret_scanning_alert.{action}", alert={"number": 1, "state": "open"})
    assert (leak.severity, leak.status) == ("critical", "firing")


@pytest.mark.parametrize(("said", "severity"), [("high", "warning"), ("critical", "warning"), ("moderate", "info")])
def test_an_old_vulnerability_alert_is_ended_under_its_id(said: str, severity: str) -> None:
    vulnerable = {"id": 5, "severity": said, "affected_package_name": "rack"}
    firing = alert("repository_vulnerability_alert.create", alert=vulnerable)
    resolved = alert("repository_vulnerability_alert.resolve", alert={**vulnerable, "number": 2})
    assert (firing.severity, firing.title) == (severity, "Vulnerable dependency rack in acme/shop")
    assert (firing.fingerprint, resolved.status) == (resolved.fingerprint, "resolved")


def test_an_advisory_to_all_the_world_is_quiet_since_dependabot_tells_what_concerns_us() -> None:
    advisory = {"ghsa_id": "GHSA-1", "summary": "Bad things", "severity": "critical"}
    payload = {"action": "published", "security_advisory": advisory}
    assert FORMAT.translate("security_advisory.published", payload).signals == ()


@pytest.mark.parametrize(
    ("kind", "name", "title"),
    [
        ("issues.opened", "issue", "Issue in acme/shop: Slow {sender.login}"),
        ("pull_request.opened", "pull_request", "Pull request in acme/shop: Slow {sender.login}"),
        ("discussion.created", "discussion", "Discussion in acme/shop: Slow {sender.login}"),
    ],
)
def test_what_a_stranger_opens_is_a_line_and_what_a_member_or_a_bot_opens_is_not(
    kind: str, name: str, title: str
) -> None:
    def opened(association: str, **sender: str) -> tuple[Signal, ...]:
        what = {"title": "Slow {sender.login}", "author_association": association}
        return signals(kind, sender={"login": "ada", **sender}, **{name: what})

    (line,) = opened("NONE")
    assert (line.kind, line.title) == ("event", title)
    assert opened("MEMBER") == opened("OWNER") == opened("NONE", type="Bot") == ()


def test_a_sponsorship_is_money_and_a_star_is_not_even_a_line() -> None:
    tier = {"monthly_price_in_cents": 500}
    (line,) = signals("sponsorship.created", sponsorship={"tier": tier, "sponsor": {"login": "grace"}})
    assert line.money is not None
    assert (line.kind, line.title, line.money.amount) == ("event", "New sponsor: grace", 500)
    assert signals("star.created") == ()
