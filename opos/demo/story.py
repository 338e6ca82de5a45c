"""The story: each step does something real to the running bundle, waits for what comes of it, and says what it saw."""

from collections.abc import Iterator
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
    """What the bundle did is not what it promises."""


Step = tuple[str, dict[str, Any]]
"""A line for a person, and the same as data."""


def tell(bundle: Bundle) -> Iterator[Step]:
    """Every step as it is seen. Raises StoryBroken at the first one that goes wrong."""
    yield from _page(bundle)
    yield from _digest(bundle)
    yield from _refusals(bundle)
    yield from _quarantine(bundle)
    yield from _acknowledgement(bundle)
    yield from _flags(bundle)
    yield from _health(bundle)


def _page(bundle: Bundle) -> Iterator[Step]:
    began = datetime.now(UTC)
    yield _told(DISK_FULL, _send(bundle, DISK_FULL, expect=202))
    page = bundle.wait_for(lambda: _sent(bundle, "outbox"))
    took = (datetime.fromisoformat(page.data["receipt"]["at"]) - began) / timedelta(milliseconds=1)
    title = page.data["notice"]["title"]
    yield f"   -> PAGED at once: {title}  ({took:.0f} ms after it was sent)", {"page": page.id, "ms": took}


def _digest(bundle: Bundle) -> Iterator[Step]:
    for webhook in FOR_THE_DIGEST:
        yield _told(webhook, _send(bundle, webhook, expect=202))
    digest = bundle.wait_for(lambda: _sent(bundle, "digests"))
    text = as_text(digest.data["content"], {}).replace("\n", "\n      ")
    yield (
        f"   -> ONE DIGEST of {len(digest.data['members'])}, closed by {digest.data['closed_by']}:\n      {text}",
        {"digest": digest.id},
    )


def _refusals(bundle: Bundle) -> Iterator[Step]:
    webhook, delivery = FOR_THE_DIGEST[0], new_id()
    _send(bundle, webhook, expect=202, delivery=delivery)
    again = _send(bundle, webhook, expect=200, delivery=delivery)
    yield f"the same delivery again\n   -> refused as a {again.body['status']}", {"duplicate": again.body}
    forged = post(f"{bundle.url}/webhooks/github", webhook.body, {"x-hub-signature-256": "sha256=" + "0" * 64})
    _expect(forged.status == 401, f"a forged signature was answered {forged.status}")  # noqa: PLR2004
    code = forged.body["error"]["code"]
    yield f"a forged signature\n   -> refused with {forged.status} {code}", {"forged": code}


def _quarantine(bundle: Bundle) -> Iterator[Step]:
    yield _told(BROKEN_CONTRACT, answer := _send(bundle, BROKEN_CONTRACT, expect=202))
    event = bundle.runtime.store.get(f"events/{answer.body['id']}")
    _expect(event is not None and bool(event.data["quarantine"]), "the broken event is not in quarantine")
    reason = event.data["quarantine"] if event else ""
    yield f"   -> kept in QUARANTINE, never dropped: {reason}", {"quarantine": answer.body["id"]}


def _acknowledgement(bundle: Bundle) -> Iterator[Step]:
    page = bundle.wait_for(lambda: _sent(bundle, "outbox"))
    link = bundle.runtime.links.url(
        "ack", page.data["ack"], expires=datetime.fromisoformat(page.data["created_at"]) + ACK_LIFE
    )
    path = f"alerts/{page.data['cause']['alerts'][0]}"
    shown = get(link)
    _expect(shown.status == 200 and _state(bundle, path) == "firing", "looking at the link changed the alert")  # noqa: PLR2004
    post(link, b"", {})
    _expect(_state(bundle, path) == "acknowledged", "the alert was not acknowledged")
    yield "the link in the page: GET only shows, POST acknowledges\n   -> ACKNOWLEDGED", {"acknowledged": path}


def _flags(bundle: Bundle) -> Iterator[Step]:
    for user in ("u1", "u3"):
        answer = get(f"{bundle.url}/flags/new_checkout?targetingKey={user}")
        yield f"GET /flags/new_checkout?targetingKey={user}\n   -> {answer.body}", {"flag": answer.body}


def _health(bundle: Bundle) -> Iterator[Step]:
    answer = get(f"{bundle.url}/health")
    _expect(answer.status == 200, f"health answered {answer.status}")  # noqa: PLR2004
    status, checks = answer.body["status"], answer.body["checks"]
    wrong = [f"{name} ({one['failure']})" for name, (one, *_) in checks.items() if one["status"] != "pass"]
    said = f"{', '.join(wrong) or 'nothing is wrong'}; {len(checks) - len(wrong)} checks pass"
    yield f"GET /health\n   -> {status}: {said}", {"health": status}


def _send(bundle: Bundle, webhook: Webhook, *, expect: int, delivery: str | None = None) -> Answer:
    source = bundle.runtime.config.sources[webhook.source]
    headers = signed_headers(
        source, bundle.runtime.secret(source.secrets[0]), webhook.body,
        now=datetime.now(UTC), delivery=delivery or new_id(), event_type=webhook.event_type,
    )  # fmt: skip
    answer = post(f"{bundle.url}/webhooks/{webhook.source}", webhook.body, headers)
    _expect(answer.status == expect, f"{webhook.told}: expected {expect}, found {answer.status} {answer.body}")
    return answer


def _told(webhook: Webhook, answer: Answer) -> Step:
    return f"{webhook.told}\n   -> {answer.status} {answer.body['status']}  event {answer.body['id'][:8]}", answer.body


def _sent(bundle: Bundle, collection: str) -> Doc | None:
    docs = bundle.runtime.store.query(collection, order_by="created_at", limit=1)
    return next((doc for doc in docs if doc.data["state"] == "sent"), None)


def _state(bundle: Bundle, path: str) -> str | None:
    doc = bundle.runtime.store.get(path)
    return doc.data["state"] if doc else None


def _expect(holds: bool, fault: str) -> None:  # noqa: FBT001
    if not holds:
        raise StoryBroken(fault)
