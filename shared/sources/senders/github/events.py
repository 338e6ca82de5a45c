"""GitHub's events. Source: "Webhook events and payloads", docs.github.com.

A failure is an alert, and its success resolves it. A few events are worth a line in the digest. All others (pushes,
stars, labels, comments, ...) are stored and not shown.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.events import BusinessEvent, Money, Signal
from shared.sources.contract import Format, Meaning
from shared.sources.payload import header, link, optional, require, text
from shared.sources.senders.github.failures import check_run, check_suite, deployment_status, repository, workflow_run
from shared.sources.senders.github.security import code_scanning, dependabot, secret_scanning, vulnerability

Reader = Callable[[Any], Signal | None]
_OWN = frozenset({"OWNER", "MEMBER"})
"""The associations of your own company: the owner of the repository, or a member of the organization that owns it."""


def event_type(headers: Mapping[str, str], payload: Any) -> str:
    event = header(headers, "x-github-event")
    action = optional(payload, "action", str, "")
    return f"{event}.{action}" if action else event


def translate(kind: str, payload: Any) -> Meaning:
    require({"body": payload}, "body", dict)
    event, _, _ = kind.partition(".")
    reader = _READERS.get(kind) or _READERS.get(event)
    signal = reader(payload) if reader else None
    if signal is not None:
        return Meaning(signal.title, (signal,))
    return Meaning(f"{kind.replace('.', ' ')} in {repository(payload)}")


def _opened(what: str, name: str) -> Reader:
    """The reader of a new *what*, which the payload holds under *name*."""

    def read(payload: Any) -> BusinessEvent | None:
        if _by_oneself(payload, name) or _by_a_bot(payload):
            return None  # You know what you did yourself, and your bots' work is not news.
        title = f"{what} in {text(payload, 'repository.full_name')}: {text(payload, f'{name}.title')}"
        return BusinessEvent(title=title, link=link(payload, f"{name}.html_url"))

    return read


def _release(payload: Any) -> BusinessEvent:
    name = text(payload, "release.name", "release.tag_name")
    title = f"Released: {repository(payload)} {name}"
    return BusinessEvent(title=title, link=link(payload, "release.html_url"), about="releases")


def _sponsorship(payload: Any) -> BusinessEvent:
    cents = optional(payload, "sponsorship.tier.monthly_price_in_cents", int, 0)
    return BusinessEvent(
        title=f"New sponsor: {text(payload, 'sponsorship.sponsor.login')}",
        link=link(payload, "sponsorship.sponsor.html_url"),
        money=Money(amount=cents, currency="usd") if cents else None,
        about="customers",
    )


def _by_oneself(payload: Any, name: str) -> bool:
    owner = text(payload, "repository.owner.login")
    return text(payload, "sender.login") == owner or text(payload, f"{name}.author_association") in _OWN


def _by_a_bot(payload: Any) -> bool:
    return text(payload, "sender.type") == "Bot"


_READERS: dict[str, Reader] = {
    "workflow_run.completed": workflow_run,
    "deployment_status": deployment_status,
    "check_run.completed": check_run,
    "check_suite.completed": check_suite,
    "dependabot_alert": dependabot,
    "repository_vulnerability_alert": vulnerability,
    "secret_scanning_alert": secret_scanning,
    "code_scanning_alert": code_scanning,
    "release.published": _release,
    "sponsorship.created": _sponsorship,
    "issues.opened": _opened("Issue", "issue"),
    "pull_request.opened": _opened("Pull request", "pull_request"),
    "discussion.created": _opened("Discussion", "discussion"),
}

FORMAT = Format(event_type=event_type, translate=translate, headers=("x-github-event",))
