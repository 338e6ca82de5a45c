"""A day's digest as the router makes it, for the tests, the benchmark and the pictures in docs/."""

from typing import Any

from functions.alert_router.handler import handle as route
from functions.digest_sender.handler import handle as send_digests
from shared.config.model import Config
from shared.digest.content import Content
from shared.events import Alert, BusinessEvent, DigestDue, EventAccepted, Money, Signal, iso
from shared.ports import Create, Doc, Form
from shared.ports.field_paths import EXPIRY
from tests.support.events import accepted
from tests.support.fakes import CONFIG, FakeContext

DUE = DigestDue(queue="digest", reason="window")


def context_of(*, form: Form | None = None, **sections: Any) -> FakeContext:
    """A context whose digest is sent when its window of 12 hours has ended."""
    content = {**CONFIG, "timezone": "Europe/Berlin", "digest": {"channel": "inbox", "window": "12h"}, **sections}
    context = FakeContext(config=Config.model_validate(content))
    context.channels["inbox"].form = form or Form("html")
    return context


def say(context: FakeContext, *signals: Signal, source: str = "github", times: int = 1) -> EventAccepted:
    for _ in range(times):
        message = accepted(context, f"d{len(context.store.commits)}", *signals, source=source)
        route(message, context)
    return message


def alert(title: str, severity: str = "warning", **more: Any) -> Alert:
    labels = {"alertname": more.pop("rule", title)}
    return Alert.model_validate({"fingerprint": title, "title": title, "severity": severity, "labels": labels, **more})


def money(amount: int, currency: str = "eur") -> Money:
    return Money(amount=amount, currency=currency)


def send(context: FakeContext, *, hours: int = 12) -> Doc:
    """The digest of all items that wait, after its window."""
    context.clock.advance(hours=hours)
    send_digests(DUE, context)
    return list(context.store.query("digests", order_by="created_at"))[-1]


def content_of(context: FakeContext, *, hours: int = 12) -> Content:
    content: Content = send(context, hours=hours).data["content"]
    return content


def a_mixed_day(context: FakeContext) -> None:
    """At least one of everything that a digest can report."""
    say(
        context,
        alert(
            "Backup of db-1 has not run",
            "warning",
            link="https://ops.example/backup",
            summary="No backup since Wednesday.",
        ),
    )
    send(context)
    context.clock.advance(hours=24 - 12 + 1)
    say(
        context,
        alert(
            "Certificate of shop.example ends in 6 days",
            link="https://ops.example/cert",
            runbook="https://runbooks.example/cert",
        ),
    )
    failed = alert(
        "Payment of 490.00 EUR failed: ada@example.com", rule="invoice.payment_failed", money=money(49000),
        link="https://dashboard.stripe.com/invoices/in_1", summary="Your card was declined.",
    )  # fmt: skip
    say(context, failed, source="stripe")
    for _ in range(4):
        context.clock.advance(minutes=20)
        say(
            context,
            alert("Disk /var on db-1 is 91 % full", summary="It grows by 2 % a day.", link="https://ops.example/disk"),
            source="alertmanager",
        )
    for title in ("CI failed: acme/shop on main", "Queue is long", "CI failed: acme/shop on main"):
        say(context, alert(title))
        context.clock.advance(minutes=4)
        say(context, alert(title, status="resolved"))
    for number, who in enumerate(("grace", "alan", "edsger")):
        paid = BusinessEvent(
            title=f"Payment of {49 + number}.00 EUR received: {who}@example.com",
            money=money(4900 + 100 * number),
            about="money in",
        )
        say(context, paid, source="stripe")
    say(context, BusinessEvent(title="New subscription: grace@example.com", about="customers"), source="stripe")
    say(
        context,
        BusinessEvent(
            title="Released: acme/shop v2.4.0", link="https://github.com/acme/shop/releases", about="releases"
        ),
    )
    say(context, alert("Search is slow", rule="Slow"), source="alertmanager")
    broken = {"quarantine": "expected data.object", "source": "stripe", "received_at": iso(context.now), EXPIRY: None}
    context.store.commit([Create("events/broken", {**broken, "state": "handled", "handled": {}})])
