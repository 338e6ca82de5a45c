"""What fails and recovers on GitHub. Source: "Webhook events and payloads", docs.github.com.

A failure is an alert, and its success resolves it. A run that is cancelled, skipped or waiting for approval is neither.
"""

from typing import Any

from shared.events import Alert
from shared.sources.payload import link, moment, optional, require, text

_FAILED = frozenset({"failure", "timed_out", "startup_failure", "error"})
_PASSED = frozenset({"success"})
_PRODUCTION = frozenset({"production", "prod"})


def repository(payload: Any) -> str:
    """The repository or organization, as a person would call it."""
    return text(payload, "repository.full_name", "organization.login", "enterprise.name", "sender.login") or "GitHub"


def workflow_run(payload: Any) -> Alert | None:
    run = require(payload, "workflow_run", dict)
    status = _status(text(run, "conclusion"))
    if status is None:
        return None
    where, branch = repository(payload), _branch(run, repository(payload))
    on_default = branch == optional(payload, "repository.default_branch", str, "main")
    return Alert(
        fingerprint=f"workflow:{where}:{text(run, 'workflow_id')}:{branch}",
        title=f"{text(run, 'name') or 'A workflow'} failed: {where} on {branch or 'a detached commit'}",
        severity="warning" if on_default else "info",
        status=status,
        summary=text(run, "display_title", "head_commit.message"),
        link=link(run, "html_url"),
        labels={"repository": where, "branch": branch},
        at=moment(run, "updated_at"),
    )


def deployment_status(payload: Any) -> Alert | None:
    status = _status(require(payload, "deployment_status.state", str))
    if status is None:
        return None
    where = repository(payload)
    environment = text(payload, "deployment_status.environment", "deployment.environment")
    return Alert(
        fingerprint=f"deployment:{where}:{environment}",
        title=f"Deployment of {where} to {environment} failed",
        severity="critical" if _is_production(payload, environment) else "warning",
        status=status,
        summary=text(payload, "deployment_status.description"),
        link=link(payload, "deployment_status.log_url", "deployment_status.target_url", "repository.html_url"),
        labels={"repository": where, "environment": environment},
        at=moment(payload, "deployment_status.updated_at", "deployment_status.created_at"),
    )


def check_run(payload: Any) -> Alert | None:
    return _check(payload, "check_run")


def check_suite(payload: Any) -> Alert | None:
    return _check(payload, "check_suite")


def _check(payload: Any, kind: str) -> Alert | None:
    check = require(payload, kind, dict)
    conclusion = text(check, "conclusion")
    # A check of another app that requires action blocks the merge, as a failed one does.
    status = "firing" if conclusion == "action_required" else _status(conclusion)
    # For GitHub Actions, workflow_run already reports the same, with the workflow's name.
    if status is None or text(check, "app.slug") == "github-actions":
        return None
    where, name = repository(payload), text(check, "name", "app.name")
    branch = text(check, "check_suite.head_branch", "head_branch")
    return Alert(
        fingerprint=f"{kind}:{where}:{name}:{branch}",
        title=f"Check {name} failed: {where}{f' on {branch}' if branch else ''}",
        severity="warning",
        status=status,
        summary=text(check, "output.title", "output.summary"),
        link=link(check, "html_url", "details_url"),
        labels={"repository": where, "branch": branch},
        # A run has only the time that its app states, as it states the conclusion.
        at=moment(check, "updated_at", "completed_at"),
    )


def _status(outcome: str) -> str | None:
    return "firing" if outcome in _FAILED else "resolved" if outcome in _PASSED else None


def _branch(run: dict[str, Any], where: str) -> str:
    """The branch; for a fork `owner:branch`, because a stranger's `main` is not ours."""
    branch, head = text(run, "head_branch"), text(run, "head_repository.full_name")
    return f"{head.partition('/')[0]}:{branch}" if head and head != where else branch


def _is_production(payload: Any, environment: str) -> bool:
    """Whether GitHub declares it as production, or its name is `Production` or begins so, as in `Production - shop`."""
    flagged = optional(payload, "deployment.production_environment", bool, default=False)
    return flagged or bool(_PRODUCTION.intersection(environment.lower().split()[:1]))
