"""The demo's story: each step does something real to the running bundle, waits for the result and describes it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from opos.demo.bundle import Bundle
from opos.demo.webhooks import BROKEN_CONTRACT, DISK_FULL, FOR_THE_DIGEST, Webhook
from opos.senders.signed_request import signed_headers
from opos.terminal.http import Answer, get, post
from shared.digest.renderers.text import as_text
from shared.errors import OposError
from shared.ports import Doc
from shared.runtime.clock import new_id
from shared.security.signed_links import ACK_LIFE


class StoryBroken(OposError):
    """The bundle did something other than what the story says."""


Step = tuple[str, dict[str, Any]]
"""What a person reads, and the same as data; a heading has no data."""
Chapter = Callable[[Bundle], Iterator[Step]]


def play(bundle: Bundle) -> Iterator[Step]:
    """Each step as it happens. Raises StoryBroken at the first step that goes wrong."""
    for number, (heading, chapter) in enumerate(CHAPTERS.items(), 1):
        yield f"\n{number}. {heading}", {}
        yield from chapter(bundle)


def _notification(bundle: Bundle) -> Iterator[Step]:
    began = datetime.now(UTC)
    yield _sending(bundle, DISK_FULL)
    page = bundle.wait_for(lambda: _sent(bundle, "outbox"))
    took = (datetime.fromisoformat(page.data["receipt"]["at"]) - began) / timedelta(milliseconds=1)
    title = page.data["notice"]["title"]
    yield f"   -> NOTIFIED you {took:.0f} ms after the webhook was sent: {title}", {"page": page.id, "ms": took}


def _digest(bundle: Bundle) -> Iterator[Step]:
    for webhook in FOR_THE_DIGEST:
        yield _sending(bundle, webhook)
    digest = bundle.wait_for(lambda: _sent(bundle, "digests"))
    lines = as_text(digest.data["content"], {}).splitlines()
    text = "\n".join(f"      {line}".rstrip() for line in lines)
    reason = _CLOSED_BY.get(digest.data["closed_by"], digest.data["closed_by"])
    yield (
        f"   -> ONE DIGEST with {len(digest.data['members'])} items, sent because {reason}:\n{text}",
        {"digest": digest.id},
    )


_CLOSED_BY = {"size": "it was full", "window": "its window ended"}


def _rejections(bundle: Bundle) -> Iterator[Step]:
    webhook, delivery = FOR_THE_DIGEST[0], new_id()
    _send(bundle, webhook, expect=202, delivery=delivery)
    again = _send(bundle, webhook, expect=200, delivery=delivery)
    yield (
        f"   GitHub delivers the same webhook twice\n   -> {again.status} {again.body['status']}: it changes nothing",
        {"duplicate": again.body},
    )
    forged = post(f"{bundle.url}/webhooks/github", webhook.body, {"x-hub-signature-256": "sha256=" + "0" * 64})
    _expect(forged.status == 401, f"a forged signature was answered {forged.status}")  # noqa: PLR2004
    code = forged.body["error"]["code"]
    yield (
        f"   Somebody sends a webhook with a forged signature\n   -> {forged.status} {code}: it is not stored",
        {"forged": code},
    )


def _quarantine(bundle: Bundle) -> Iterator[Step]:
    yield _sending(bundle, BROKEN_CONTRACT, answer := _send(bundle, BROKEN_CONTRACT, expect=202))
    event = bundle.runtime.store.get(f"events/{answer.body['id']}")
    _expect(event is not None and bool(event.data["quarantine"]), "the broken event is not in quarantine")
    reason = event.data["quarantine"] if event else ""
    yield (
        f"   -> QUARANTINED: {reason}\n      opos keeps the event, and `opos replay` reads it again after a fix",
        {"quarantine": answer.body["id"]},
    )


def _acknowledgement(bundle: Bundle) -> Iterator[Step]:
    page = bundle.wait_for(lambda: _sent(bundle, "outbox"))
    link = bundle.runtime.links.url(
        "ack", page.data["ack"], expires=datetime.fromisoformat(page.data["created_at"]) + ACK_LIFE
    )
    path = f"alerts/{page.data['cause']['alerts'][0]}"
    shown = get(link)
    _expect(shown.status == 200 and _state(bundle, path) == "firing", "looking at the link changed the alert")  # noqa: PLR2004
    yield "   A mail scanner opens the signed link of step 1 (GET)\n   -> the alert is still firing", {}
    post(link, b"", {})
    _expect(_state(bundle, path) == "acknowledged", "the alert was not acknowledged")
    yield "   You press the button behind the link (POST)\n   -> ACKNOWLEDGED", {"acknowledged": path}


def _flags(bundle: Bundle) -> Iterator[Step]:
    for user in ("u1", "u3"):
        answer = get(f"{bundle.url}/flags/new_checkout?targetingKey={user}")
        value = "on" if answer.body["new_checkout"] else "off"
        yield f"   GET /flags/new_checkout?targetingKey={user}\n   -> {value} for user {user}", {"flag": answer.body}


def _health(bundle: Bundle) -> Iterator[Step]:
    answer = get(f"{bundle.url}/health")
    _expect(answer.status == 200, f"health answered {answer.status}")  # noqa: PLR2004
    status, checks = answer.body["status"], answer.body["checks"]
    others = [f"{name}: {check['status']}" for name, (check, *_) in checks.items() if check["status"] != "pass"]
    passed = f"{len(checks) - len(others)} of {len(checks)} checks pass"
    text = "; ".join([passed, *others])
    yield f"   GET /health\n   -> {status}: {text}", {"health": status}


CHAPTERS: dict[str, Chapter] = {
    "A critical alert notifies you immediately": _notification,
    "Everything else waits for one digest": _digest,
    "Duplicates change nothing, and forgeries are rejected": _rejections,
    "A payload that opos cannot read is not lost": _quarantine,
    "You acknowledge the alert from its notification": _acknowledgement,
    "A feature flag is on for 25% of the users, and each user always gets the same value": _flags,
    "opos checks itself, and knows about the rejected webhook and the one in quarantine": _health,
}


def _sending(bundle: Bundle, webhook: Webhook, answer: Answer | None = None) -> Step:
    """*webhook* with the answer to it; it is sent now unless an *answer* is given."""
    answer = answer or _send(bundle, webhook, expect=202)
    status = f"{answer.status} {answer.body['status']}"
    return f"   {webhook.summary}\n   -> {status}, event {answer.body['id'][:8]}", answer.body


def _send(bundle: Bundle, webhook: Webhook, *, expect: int, delivery: str | None = None) -> Answer:
    source = bundle.runtime.config.sources[webhook.source]
    headers = signed_headers(
        webhook.source, source, bundle.runtime.secret(source.secrets[0]), webhook.body,
        now=datetime.now(UTC), delivery=delivery or new_id(), event_type=webhook.event_type,
    )  # fmt: skip
    answer = post(f"{bundle.url}/webhooks/{webhook.source}", webhook.body, headers)
    _expect(answer.status == expect, f"{webhook.summary}: expected {expect}, found {answer.status} {answer.body}")
    return answer


def _sent(bundle: Bundle, collection: str) -> Doc | None:
    docs = bundle.runtime.store.query(collection, order_by="created_at", limit=1)
    return next((doc for doc in docs if doc.data["state"] == "sent"), None)


def _state(bundle: Bundle, path: str) -> str | None:
    doc = bundle.runtime.store.get(path)
    return doc.data["state"] if doc else None


def _expect(holds: bool, problem: str) -> None:  # noqa: FBT001
    if not holds:
        raise StoryBroken(f"The demo stopped: {problem}.")
