"""GitHub's events. Source: "Webhook events and payloads", docs.github.com.

What failed is an alert, and its success resolves it. A few things are worth a line in the digest. The quiet rest
(pushes, stars, labels, comments, ...) is kept and shows nobody anything.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.events import Alert, BusinessEvent, Money, Signal
from shared.sources.payload import link, optional, require, text
from shared.sources.sender import Format, Meaning

Reader = Callable[[Any], Signal | None]
_FAILED = frozenset({"failure", "timed_out", "startup_failure", "action_required", "error"})
_PASSED = frozenset({"success"})


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    event = headers["x-github-event"]
    action = optional(payload, "action", str, "")
    return f"{event}.{action}" if action else event


def translate(kind: str, payload: Any) -> Meaning:
    require({"body": payload}, "body", dict)
    event, _, _ = kind.partition(".")
    reader = _READERS.get(kind) or _READERS.get(event)
    signal = reader(payload) if reader else None
    if signal is not None:
        return Meaning(signal.title, (signal,))
    return Meaning(f"{kind.replace('.', ' ')} in {_repository(payload)}")


def _repository(payload: Any) -> str:
    return text(payload, "repository.full_name", "organization.login", "enterprise.name", "sender.login") or "GitHub"


def _status(outcome: str) -> str | None:
    return "firing" if outcome in _FAILED else "resolved" if outcome in _PASSED else None


def _workflow_run(payload: Any) -> Alert | None:
    run = require(payload, "workflow_run", dict)
    status = _status(text(run, "conclusion"))
    if status is None:
        return None
    repository, branch = _repository(payload), text(run, "head_branch")
    on_default = branch == optional(payload, "repository.default_branch", str, "main")
    return Alert(
        fingerprint=f"workflow:{repository}:{text(run, 'workflow_id')}:{branch}",
        title=f"{text(run, 'name') or 'A workflow'} failed: {repository} on {branch or 'a detached commit'}",
        severity="warning" if on_default else "info",
        status=status,
        summary=text(run, "display_title", "head_commit.message"),
        link=link(run, "html_url"),
        labels={"repository": repository, "branch": branch},
    )


def _deployment_status(payload: Any) -> Alert | None:
    state = require(payload, "deployment_status.state", str)
    status = _status(state)
    if status is None:
        return None
    repository = _repository(payload)
    environment = text(payload, "deployment_status.environment", "deployment.environment")
    return Alert(
        fingerprint=f"deployment:{repository}:{environment}",
        title=f"Deployment of {repository} to {environment} failed",
        severity="critical" if environment.lower() in {"production", "prod"} else "warning",
        status=status,
        summary=text(payload, "deployment_status.description"),
        link=link(payload, "deployment_status.log_url", "deployment_status.target_url", "repository.html_url"),
        labels={"repository": repository, "environment": environment},
    )


def _check(kind: str) -> Reader:
    def read(payload: Any) -> Alert | None:
        check = require(payload, kind, dict)
        status = _status(text(check, "conclusion"))
        # What GitHub Actions runs is told by workflow_run already, with its workflow's name.
        if status is None or text(check, "app.slug") == "github-actions":
            return None
        repository, name = _repository(payload), text(check, "name", "app.name")
        branch = text(check, "check_suite.head_branch", "head_branch")
        return Alert(
            fingerprint=f"{kind}:{repository}:{name}:{branch}",
            title=f"Check {name} failed: {repository}{f' on {branch}' if branch else ''}",
            severity="warning",
            status=status,
            summary=text(check, "output.title", "output.summary"),
            link=link(check, "html_url", "details_url"),
            labels={"repository": repository, "branch": branch},
        )

    return read


def _dependabot(payload: Any) -> Alert:
    alert = require(payload, "alert", dict)
    package = text(alert, "dependency.package.name", "security_vulnerability.package.name")
    severe = text(alert, "security_advisory.severity", "security_vulnerability.severity") in {"high", "critical"}
    return Alert(
        fingerprint=f"dependabot:{_repository(payload)}:{text(alert, 'number')}",
        title=f"Vulnerable dependency {package} in {_repository(payload)}",
        severity="warning" if severe else "info",
        status=_alert_status(payload),
        summary=text(alert, "security_advisory.summary"),
        link=link(alert, "html_url"),
        labels={"repository": _repository(payload), "package": package},
    )


def _secret_scanning(payload: Any) -> Alert:
    alert = require(payload, "alert", dict)
    kind = text(alert, "secret_type_display_name", "secret_type") or "secret"
    return Alert(
        fingerprint=f"secret:{_repository(payload)}:{text(alert, 'number')}",
        title=f"A secret has leaked into {_repository(payload)}: {kind}",
        severity="critical",
        status=_alert_status(payload),
        link=link(alert, "html_url"),
        labels={"repository": _repository(payload)},
    )


def _code_scanning(payload: Any) -> Alert:
    alert = require(payload, "alert", dict)
    severe = text(alert, "rule.security_severity_level", "rule.severity") in {"critical", "high", "error"}
    return Alert(
        fingerprint=f"code:{_repository(payload)}:{text(alert, 'number')}",
        title=f"Code scanning found a flaw in {_repository(payload)}: {text(alert, 'rule.description', 'rule.id')}",
        severity="warning" if severe else "info",
        status=_alert_status(payload),
        link=link(alert, "html_url"),
        labels={"repository": _repository(payload)},
    )


def _alert_status(payload: Any) -> str:
    over = {"fixed", "dismissed", "auto_dismissed", "resolved", "closed_by_user", "revoked"}
    return "resolved" if text(payload, "action") in over else "firing"


def _news(title: str, *links: str) -> Reader:
    """A line in the digest; `{...}` in *title* is a dotted path into the payload."""

    def read(payload: Any) -> BusinessEvent | None:
        if text(payload, "sender.login") == text(payload, "repository.owner.login") or _by_a_bot(payload):
            return None  # One does not need to be told what one did oneself, nor what one's robots did.
        return BusinessEvent(title=_filled(title, payload), link=link(payload, *links))

    return read


def _release(payload: Any) -> BusinessEvent:
    name = text(payload, "release.name", "release.tag_name")
    return BusinessEvent(title=f"Released: {_repository(payload)} {name}", link=link(payload, "release.html_url"))


def _sponsorship(payload: Any) -> BusinessEvent:
    cents = optional(payload, "sponsorship.tier.monthly_price_in_cents", int, 0)
    return BusinessEvent(
        title=_filled("New sponsor: {sponsorship.sponsor.login}", payload),
        link=link(payload, "sponsorship.sponsor.html_url"),
        money=Money(amount=cents, currency="usd") if cents else None,
    )


def _by_a_bot(payload: Any) -> bool:
    return text(payload, "sender.type") == "Bot"


def _filled(title: str, payload: Any) -> str:
    for path in [part.partition("}")[0] for part in title.split("{")[1:]]:
        title = title.replace(f"{{{path}}}", text(payload, path))
    return title


_READERS: dict[str, Reader] = {
    "workflow_run.completed": _workflow_run,
    "deployment_status": _deployment_status,
    "check_run.completed": _check("check_run"),
    "check_suite.completed": _check("check_suite"),
    "dependabot_alert": _dependabot,
    "secret_scanning_alert": _secret_scanning,
    "code_scanning_alert": _code_scanning,
    "release.published": _release,
    "sponsorship.created": _sponsorship,
    "issues.opened": _news("Issue in {repository.full_name}: {issue.title}", "issue.html_url"),
    "pull_request.opened": _news(
        "Pull request in {repository.full_name}: {pull_request.title}", "pull_request.html_url"
    ),
    "discussion.created": _news("Discussion in {repository.full_name}: {discussion.title}", "discussion.html_url"),
}

FORMAT = Format(event_type=event_type, translate=translate)
