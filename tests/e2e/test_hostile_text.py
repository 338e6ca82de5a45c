"""A title that would control what shows it, on its whole way: webhook, page, digest, console and every command."""

import json
import quopri
import re
from collections.abc import Iterator, Mapping
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import click
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from click.testing import CliRunner

from opos.bundle.ports import free_port
from opos.cli import main
from shared.adapters.channels.email import SmtpMail
from shared.asks.ask import Option
from shared.events import document_id, iso
from shared.ports import Create
from shared.records.change import Actor
from shared.records.observation import Observation
from tests.support.asks import question
from tests.support.bundle import SECRETS, Bundle
from tests.support.fakes import FakeClock
from tests.support.hostile import HOSTILE, LEGITIMATE, controls
from tests.support.record_commands import declare, said

TITLE = HOSTILE.replace("\x00", "")
"""As a shell can pass it."""
STORED = {
    "alerts list": [], "alerts ack": ["{alert}"], "alerts snooze": ["{alert}", "2h"], "alerts resolve": ["{alert}"],
    "alerts note": ["{alert}", TITLE], "asks list": [], "asks show": ["{ask}"], "asks answer": ["{ask}", "{option}"],
    "incident export": ["{alert}"],
    "events": [], "search": ["source:alertmanager"], "event": ["{event}"], "trace": ["{event}"], "forward": ["alertmanager", "http://127.0.0.1:1/hook", "--event", "{event}"], "replay": ["{event}", "--dry-run"], "export": ["--since", "30d"], "route explain": ["{event}"],
    "route what-if": ["--config", "opos.yaml"], "silence list": [], "focus": [], "digest list": [],
    "digest show": ["{digest}"], "digest explain": ["{digest}"], "noise": [], "review": [], "flags overrides": [],
    "heartbeat show": ["backup"], "statuspage list": [], "doctor": [], "status": [], "show": ["{alert}"], "slo": [],
    "records list": ["customer"], "records show": ["customer", "{customer}"], "records history": ["customer", "{customer}"],
    "records diff": ["customer", "{customer}", "1"], "records set": ["customer", "{customer}", f"name={TITLE}", f"tags={TITLE}"],
    "records undo": ["{customer}.2"], "records delete": ["customer", "{customer}", "--why", TITLE],
    "records forget": ["customer", "{customer}", "--dry-run"],
    "records restore": ["customer", "{customer}"], "records migrate": ["--dry-run"], "records merge": ["customer", "{other}", "{third}", "--dry-run"], "records export": [], "records rebuild": [], "records new": ["customer", f"name={TITLE}"], "retry": [], "dismiss": ["{quarantined}", "--why", TITLE],
}  # fmt: skip
"""The commands that show what the store has, with their arguments."""
OTHERS = {
    "records import", "init", "up", "demo", "send", "import", "silence add", "silence expire", "flags list", "flags eval", "flags compile",
    "flags explain", "flags manifest", "flags set", "flags override", "flags release", "flags stale", "verify",
    "secrets rotate", "channels key", "channels test", "cost", "deploy", "rollback", "deployments", "console", "backup", "restore",
    "heartbeat list", "heartbeat url", "completion install", "completion show", "statuspage open", "statuspage maintenance", "statuspage update",
    "statuspage resolve", "statuspage withdraw", "workflows check", "workflows list", "workflows new", "workflows schema",
}  # fmt: skip
"""The commands that show the operator's own files, their own arguments, or what Google Cloud answers."""
WITHOUT_JSON = {"export", "records export"}
OPTION = HOSTILE.replace("\x00", "").replace("\ud800", "?")
"""An option of an ask, as the store keeps its name."""


def leaves(group: click.Group, name: str = "") -> Iterator[str]:
    context = click.Context(group)
    for child in group.list_commands(context):
        command, path = group.get_command(context, child), f"{name} {child}".strip()
        if isinstance(command, click.Group):
            yield from leaves(command, path)
        else:
            yield path


def test_every_command_is_known_to_show_stored_text_or_not() -> None:
    assert set(leaves(main)) == {*STORED, *OTHERS}


def hostile_incident(title: str, now: str) -> dict[str, Any]:
    """As no command of ours would store it."""
    return {
        "kind": "incident", "title": title, "components": [title], "impact": "down", "progress": "investigating",
        "began_at": now, "ended_at": None, "updates": 0, "latest": [], "shown_until": "9999-12-31T00:00:00.000000Z",
    }  # fmt: skip


def hostile_ask(title: str, bundle: Bundle) -> Mapping[str, Any]:
    option = Option(name=OPTION, words=title, effect=title)
    fields = {title: {"owner": title, "now": title, "value": title, "at": "", "by": ""}}
    _, ask = question(
        bundle.runtime.context(), kind=title, about=title, title=title, why=title, otherwise=title, options=[option],
        content={"fields": fields}, asker=Actor(kind="source", name=title), cause=title, chain=[title],
    )  # fmt: skip
    return ask


def alertmanager(title: str) -> dict[str, Any]:
    labels = {"alertname": title, "severity": "critical", title: title}
    alert = {
        "status": "firing", "labels": labels, "annotations": {"summary": title, "description": title},
        "startsAt": iso(FakeClock().now()), "endsAt": "0001-01-01T00:00:00Z", "generatorURL": f"https://x.example/{title}",
        "fingerprint": "f1",
    }  # fmt: skip
    return {"version": "4", "status": "firing", "groupKey": title, "receiver": title, "alerts": [alert]}


@pytest.fixture
def hostile(embedded: Bundle) -> Bundle:
    """A bundle in whose store every text of a sender, and of an operator, is hostile."""
    bundle = embedded
    bundle.clock.moment = datetime.now(UTC) - timedelta(hours=1)  # the commands have the time of the machine
    title = HOSTILE
    bundle.send("alertmanager", alertmanager(title))
    for severity in ("critical", "warning", "info"):
        data = {"id": f"{title}{severity}", "title": title, "severity": severity, "status": "firing"}
        assert bundle.send("app", {"type": title, "data": data}, delivery=severity).status == 202
    bundle.send("app", {"type": title, "data": {"severity": "critical", "id": "no title"}}, delivery="quarantined")
    assert bundle.request("POST", "/webhooks/ping/backup/log", title.encode("utf-8", "replace")).status == 200
    bundle.settle()
    bundle.tick(minutes=6)
    soon, now = iso(datetime.now(UTC) + timedelta(hours=1)), iso(bundle.clock.now())
    silence = {
        "matchers": ['alertname="x"'], "author": title, "comment": title, "starts_at": now, "ends_at": soon,
    }  # fmt: skip
    override = {"variant": "on", "who": title, "why": title, "until": soon, "at": now}
    bundle.runtime.store.commit(
        [
            Create("silences/a", silence), Create("overrides/everyone", override),
            Create("focus/a", {"name": title, "begins_at": now, "ends_at": soon}),
            Create("public_incidents/a", hostile_incident(title, now)),
            Create(f"asks/{document_id('ask', HOSTILE)}", hostile_ask(title, bundle)),
        ]
    )  # fmt: skip
    declare(bundle.folder)
    values = {"name": title, "email": title, "tags": [title, title]}
    for number, id in enumerate((title, "other", "third")):
        said(bundle, Observation("customer", "stripe", id, now, title, {**values, "email": f"{title}{number}"}), {})
    return bundle


def said_of(id: str) -> str:
    """The record that was made of the customer *id* of Stripe."""
    return document_id("record", "customer", "stripe", id)


def run(bundle: Bundle, command: str, *more: str) -> bytes:
    ids = {
        "alert": next(doc.id for doc in bundle.docs("alerts") if doc.data["state"] == "firing"),
        "customer": said_of(HOSTILE),
        "other": said_of("other"),
        "third": said_of("third"),
        "event": next(doc.id for doc in bundle.docs("events") if doc.data["source"] == "alertmanager"),
        "ask": document_id("ask", HOSTILE),
        "option": OPTION,
        "digest": next(doc.id for doc in bundle.docs("digests")),
        "quarantined": next((doc.id for doc in bundle.docs("events") if doc.data["quarantine"]), "none"),
    }
    arguments = [argument.format(**ids) if argument.startswith("{") else argument for argument in STORED[command]]
    with chdir(bundle.folder):
        result = CliRunner().invoke(main, [*command.split(), *arguments, *more, "--data", "."], env=SECRETS)
    assert not result.exception or isinstance(result.exception, SystemExit), (command, result.exception)
    return result.stdout_bytes


def test_no_command_lets_a_title_control_the_terminal_or_forge_a_line(hostile: Bundle) -> None:
    shown = b""
    for command in STORED:
        printed = run(hostile, command)
        assert printed, command
        assert controls(printed.decode(), except_for="\n") == [], command
        assert not re.search(rb"^\W*FORGED", printed, re.MULTILINE), command
        shown += printed
    assert shown.count(b"FORGED c") > len(STORED), "the title is shown"


def test_neither_does_its_json_which_has_every_character_as_it_was_sent(hostile: Bundle) -> None:
    for command in sorted(
        {*STORED}
        - WITHOUT_JSON
        - {"alerts ack", "alerts snooze", "alerts resolve", "alerts note", "dismiss", "records undo", "asks answer"}
    ):
        printed = run(hostile, command, "--json").decode()
        assert controls(printed, except_for="\n") == [], command
        json.loads(printed)
    titles = [alert["title"] for alert in json.loads(run(hostile, "alerts list", "--json"))]
    assert HOSTILE.replace("\ud800", "?") in titles


def test_a_page_says_it_on_lines_of_its_own(hostile: Bundle) -> None:
    for _, notice in hostile.desk.sent:
        assert controls(notice.title) == []
        assert controls(notice.text, except_for="\n") == []
        assert not re.search(r"^\W*FORGED", notice.text, re.MULTILINE)


class Page(HTMLParser):
    """The names and attributes of a page's elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, attrs))


def test_neither_the_console_nor_the_page_of_a_link_holds_anything_that_a_title_brought_along(hostile: Bundle) -> None:
    console = hostile.request("GET", "/", None, hostile.signed_in())
    (ack, *_) = re.findall(r'action="(/ack/[^"]+)"', console.text)
    ask = hostile.request("GET", f"/console/ask/{document_id('ask', HOSTILE)}", None, hostile.signed_in())
    assert ask.text.count("FORGED c") > 5
    for page in (
        console,
        ask,
        hostile.request("GET", ack),
        hostile.request("GET", "/review", None, hostile.signed_in()),
    ):
        assert page.status == 200
        assert controls(page.text, except_for="\n") == []
        elements = Page(page.text).elements
        assert not [name for _, attributes in elements for name, _ in attributes if name.startswith("on")]
        ours = [attributes for tag, attributes in elements if tag == "script"]
        assert all(dict(attributes)["src"].startswith("/assets/") for attributes in ours)
        assert {tag for tag, _ in elements} & {"i", "img"} == set()


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.mails.append(bytes(envelope.content or b""))
        return "250 OK"


@pytest.fixture
def mailbox(embedded: Bundle) -> Iterator[Mailbox]:
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    for name in ("desk", "inbox"):
        embedded.runtime.channels[name] = SmtpMail(
            f"smtp://127.0.0.1:{port}", sender="opos@example.com", to="me@example.com", clock=embedded.clock
        )
    yield box
    controller.stop()


INJECTED = "=?utf-8?q?Disk=0d=0aBcc:_all@example.com=0d=0a=0d=0aForged?= =?utf-8?q?=ED=A0=80?= \ud800"


def test_a_title_of_encoded_words_is_mailed_as_it_is_and_keeps_no_other_item_waiting(
    embedded: Bundle, mailbox: Mailbox
) -> None:
    for number, title in enumerate([INJECTED, LEGITIMATE[0], "Disk full"]):
        for severity in ("critical", "warning"):
            data = {"id": f"{number}{severity}", "title": title, "severity": severity, "status": "firing"}
            embedded.send("app", {"type": "x", "data": data}, delivery=f"{number}{severity}")
    embedded.settle()
    embedded.tick(minutes=6)
    assert len(mailbox.mails) == 4, "three pages and a digest"
    assert [doc.data["state"] for kind in ("outbox", "digests") for doc in embedded.docs(kind)] == ["sent"] * 4
    for mail in mailbox.mails:
        head, _, body = mail.partition(b"\r\n\r\n")
        assert not re.search(rb"^Bcc", head, re.MULTILINE | re.IGNORECASE)
        assert not body.startswith(b"Forged")
    digest = quopri.decodestring(mailbox.mails[-1])
    for title in (b"=?utf-8?q?Disk=0d=0aBcc:", LEGITIMATE[0].encode(), b"Disk full"):
        assert title in digest
