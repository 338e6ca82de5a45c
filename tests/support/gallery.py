"""Pictures of every page of the console, on a phone and a desk, by day and night: `python -m tests.support.gallery FOLDER`.

It prints what each page weighs, how many requests it makes, and when it first shows something over a slow connection.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from functions.console.links import alert_silence_path
from functions.console.navigation import ENTRIES
from functions.console.paths import (
    MENU,
    SEARCH,
    alert_path,
    ask_path,
    event_path,
    message_path,
    record_path,
    records_path,
)
from shared.config.record_owners import owners
from shared.errors import DeliveryError
from shared.events import iso
from shared.ports import Create
from shared.records.change import Actor, Cause
from shared.records.observation import Observation
from shared.services.records.edits import create, edit
from shared.services.records.observations import observe
from tests.support.bundle import Bundle
from tests.support.console import link_path
from tests.support.project import ROOT

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
THEMES = ("light", "dark")
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 25_000}
"""Chromium's own profile of a slow 3G network: 400 ms there and back, 400 kbit/s."""
CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def say(bundle: Bundle, title: str, severity: str, **more: str) -> None:
    data = {"id": title, "title": title, "severity": severity, "status": "firing", **more}
    bundle.send("app", {"type": "trouble", "data": data}, delivery=f"{title}-{bundle.clock.now()}")
    bundle.settle()


def a_bad_morning(bundle: Bundle) -> None:
    """Something of everything that the console can show."""
    bundle.desk.faults += [DeliveryError("rejected", permanent=True, detail="HTTP 400")] * 2
    say(bundle, "Checkout answers 502", "critical")
    bundle.tick(minutes=47)
    say(bundle, "Disk /var on db-1 is 97 % full", "critical")
    for _ in range(3):
        bundle.tick(minutes=2)
        say(bundle, "Disk /var on db-1 is 97 % full", "critical")
    say(bundle, "Certificate of shop.example ends in 6 days", "warning")
    bundle.send("stripe", b"{not json", delivery="evt_1")
    bundle.settle()
    bundle.request("POST", "/webhooks/ping/backup")
    letter = {
        "subscription": "alert-router", "attempts": 5, "event": "7f3a" * 8, "received_at": iso(bundle.clock.now()),
    }  # fmt: skip
    bundle.runtime.store.commit([Create("dead_letters/d1", letter)])
    bundle.clock.advance(minutes=3)
    some_records(bundle)


def some_records(bundle: Bundle) -> None:
    """A customer of whom a source and the operator have spoken, with an ask, and one that nobody has changed."""
    shutil.copytree(ROOT / "company", bundle.folder / "company")
    context = bundle.runtime.context()
    kind, me = context.kinds["customer"], Cause(Actor(kind="person", name=context.config.owner), reason="Asked by mail")
    said = {"name": "Ada Okafor", "email": "ada@example.com", "mrr": {"amount": 4900, "currency": "eur"}}
    event = bundle.docs("events")[0].id
    observe(Observation("customer", "stripe", "cus_1", iso(context.now), event, said), owners(context.config), context)
    ada = bundle.docs(kind.collection)[0].id
    for more in ({"tags": ["vip"]}, {"tags": ["vip", "friend"]}, {"name": "Ada O."}):
        edit(kind, ada, more, me, owners(context.config), context)
    create(kind, {"name": "Studio Nord GmbH", "email": "hello@nord.example"}, me, context)


def pages(bundle: Bundle) -> dict[str, str]:
    """The address of every page of the console by its name, with something to see on each."""
    (alert, *_), (event, *_), (message, *_) = (bundle.docs(name) for name in ("alerts", "events", "outbox"))
    bad = next(doc for doc in bundle.docs("events") if doc.data["quarantine"])
    record = record_path("customer", next(doc.id for doc in bundle.docs("records_customer") if doc.data["n"] > 1))
    return {
        **{entry.name.lower(): entry.path for entry in ENTRIES},
        "menu": MENU, "search": f"{SEARCH}?q=disk", "alert": alert_path(alert.id), "event": event_path(event.id),
        "event-quarantined": event_path(bad.id), "message": message_path(message.id),
        "silence": alert_silence_path(alert, bundle.runtime.context()), "heartbeat": "/heartbeat/backup", "not-found": "/nowhere",
        "ask": ask_path(bundle.docs("asks")[0].id), "record": record, "record-undo": f"{record}?undo=2", "record-edit": f"{record}/edit",
        "record-new": f"{records_path('customer')}/new", "records-none": f"{records_path('customer')}?q=nobody",
    }  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def sign_in(page: Page, bundle: Bundle) -> None:
    page.goto(bundle.url + link_path(bundle.runtime.context()))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{bundle.url}/")


def first_paint(page: Page, client: CDPSession, url: str) -> dict[str, Any]:
    """What loading *url* with an empty cache costs over a slow connection: bytes, requests, and ms to the first paint."""
    client.send("Network.clearBrowserCache")
    page.goto(url, wait_until="load")
    loaded = page.evaluate("""() => {
      const files = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
      const paint = performance.getEntriesByName("first-contentful-paint")[0];
      return {bytes: files.reduce((sum, file) => sum + file.transferSize, 0), requests: files.length,
              paint: paint ? Math.round(paint.startTime) : 0};
    }""")
    return dict(loaded)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    bundle = Bundle(Path(tempfile.mkdtemp()))
    bundle.start()
    try:
        a_bad_morning(bundle)
        with chromium() as browser:
            for viewport in (PHONE, DESK):
                for theme in THEMES:
                    _shoot(browser, bundle, viewport, theme, folder)
            _weigh(browser, bundle)
    finally:
        bundle.stop()


def _shoot(browser: Browser, bundle: Bundle, viewport: Any, theme: Any, folder: Path) -> None:
    page = browser.new_context(viewport=viewport, color_scheme=theme).new_page()
    sign_in(page, bundle)
    for name, path in pages(bundle).items():
        page.goto(bundle.url + path)
        page.screenshot(path=folder / f"{name}-{viewport['width']}-{theme}.png", full_page=True)


def _weigh(browser: Browser, bundle: Bundle) -> None:
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    sign_in(page, bundle)
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.emulateNetworkConditions", SLOW)
    print(f"{'page':<20} {'bytes':>8} {'requests':>8} {'first paint':>12}")  # noqa: T201
    for name, path in pages(bundle).items():
        loaded = first_paint(page, client, bundle.url + path)
        print(f"{name:<20} {loaded['bytes']:>8,} {loaded['requests']:>8} {loaded['paint']:>9} ms")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".cache/console"))
