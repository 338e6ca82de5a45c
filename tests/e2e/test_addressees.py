"""A channel with several addressees: each gets every message once, whatever becomes of the others'."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from opos.bundle.ports import free_port
from shared.ports import Doc
from tests.e2e.test_commands import opos
from tests.support.bundle import Bundle
from tests.support.http_server import Quiet, served

CHANNELS = """
channels: {team: {apprise: TEAM_URLS}}
route: {channel: team, escalation: once}
escalations: {once: {repeats: 0}}
digest: {channel: team, window: 5m, size: 5}
"""
MAIL = """
channels: {post: {email: MAIL_URL, to: "Ann <ann@example.com>, bob@example.com"}}
route: {channel: post}
digest: {channel: post}
"""


class Phone:
    """A receiver of JSON, which answers with *status*."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.titles: list[str] = []

    @contextmanager
    def listening(self) -> Iterator[str]:
        """The Apprise URL of this receiver."""
        phone = self

        class Handler(Quiet):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["content-length"])))
                phone.titles += [message["title"]] * (phone.status == 200)
                self.answer(phone.status)

        with served(Handler) as port:
            yield f"json://127.0.0.1:{port}/a-secret-path"


def deliveries(bundle: Bundle, collection: str = "outbox") -> list[Doc]:
    """The messages and their copies, in the order of their addressees."""
    docs = [doc for doc in bundle.docs(collection) if "addressee" in doc.data]
    return sorted(docs, key=lambda doc: doc.data["addressee"]["position"])


def states(bundle: Bundle, collection: str = "outbox") -> list[str]:
    return [doc.data["state"] for doc in deliveries(bundle, collection)]


@pytest.fixture
def phones(bundle: Bundle) -> Iterator[tuple[Phone, Phone]]:
    """Two phones, the addressees of the channel `team`."""
    with ExitStack() as stack:
        both = (Phone(), Phone())
        urls = [stack.enter_context(phone.listening()) for phone in both]
        use(bundle, urls)
        bundle.configure(CHANNELS)
        yield both


def addresses(bundle: Bundle) -> list[str]:
    return bundle.runtime.secret("TEAM_URLS").split(", ")


def use(bundle: Bundle, urls: list[str]) -> None:
    bundle.runtime.settings.environment["TEAM_URLS"] = ", ".join(urls)  # type: ignore[index]
    bundle.runtime.to.clear()
    bundle.runtime.channels.pop("team", None)


@pytest.mark.slow
def test_an_addressee_whose_phone_is_off_gets_the_page_later_and_nobody_gets_it_twice(
    bundle: Bundle, phones: tuple[Phone, Phone]
) -> None:
    well, off = phones
    off.status = 503
    bundle.trouble("disk")
    bundle.settle()
    assert states(bundle) == ["sent", "pending"]
    for _ in range(4):
        bundle.tick(minutes=1)
    off.status = 200
    bundle.tick(minutes=10)
    assert states(bundle) == ["sent", "sent"]
    assert [phone.titles.count("Trouble disk") for phone in (well, off)] == [1, 1]


@pytest.mark.slow
def test_an_address_that_is_wrong_fails_alone_under_a_name_without_it(
    bundle: Bundle, phones: tuple[Phone, Phone]
) -> None:
    urls = addresses(bundle)
    use(bundle, [urls[0], "nosuch://a-secret-path"])
    bundle.trouble("disk")
    bundle.settle()
    assert states(bundle) == ["sent", "failed"]
    report = bundle.request("GET", "/health")
    assert report.json["checks"]["outbox:failed"][0]["output"] == "for team (addressee 2 of 2); see the console"
    console = bundle.request("GET", "/", headers=bundle.signed_in()).text
    assert "team (addressee 2 of 2)" in console
    use(bundle, urls)
    done = opos("retry", *bundle.place, folder=bundle.folder)
    assert "to team (addressee 2 of 2)" in done.stdout
    assert "a-secret-path" not in report.text + console + done.stdout
    bundle.clock.moment = bundle.clock.moment.replace(year=2027)
    bundle.tick(minutes=1)
    assert states(bundle) == ["sent", "sent"]
    assert [phone.titles.count("Trouble disk") for phone in phones] == [1, 1]


def test_a_digest_goes_to_each_addressee_once_and_counts_once(bundle: Bundle, phones: tuple[Phone, Phone]) -> None:
    well, off = phones
    off.status = 503
    bundle.trouble("slow", severity="warning")
    for _ in range(6):
        bundle.tick(minutes=1)
    assert states(bundle, "digests") == ["sent", "pending"]
    off.status = 200
    bundle.tick(minutes=2)
    assert states(bundle, "digests") == ["sent", "sent"]
    assert len(well.titles) == len(off.titles) == 1
    assert len(list(bundle.store.query("digests", order_by="created_at"))) == 1


def test_two_addressees_are_one_interruption(bundle: Bundle, phones: tuple[Phone, Phone]) -> None:
    for number in range(5):
        bundle.trouble(f"disk {number}")
    bundle.settle()
    assert [phone.titles for phone in phones] == [[f"Trouble disk {number}" for number in range(5)]] * 2


def test_an_address_that_joins_later_gets_no_message_that_was_sent_before(
    bundle: Bundle, phones: tuple[Phone, Phone]
) -> None:
    phones[1].status = 503
    bundle.trouble("disk")
    bundle.settle()
    urls = addresses(bundle)
    late = Phone()
    with late.listening() as url:
        use(bundle, [url, *urls])
        phones[1].status = 200
        bundle.tick(minutes=2)
        bundle.trouble("cpu")
        bundle.settle()
    assert late.titles == ["Trouble cpu"]
    assert [phone.titles for phone in phones] == [["Trouble disk", "Trouble cpu"]] * 2


class Mailbox:
    """A mail server that refuses the addresses in *unknown*."""

    def __init__(self) -> None:
        self.unknown: dict[str, str] = {}
        self.mails: list[tuple[str, str]] = []

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.unknown:
            return self.unknown[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        self.mails += [(address, str(mail["To"])) for address in envelope.rcpt_tos]
        return "250 OK"


def test_an_address_that_the_mail_server_refuses_fails_alone(bundle: Bundle) -> None:
    server, port = Mailbox(), free_port()
    server.unknown = {"ann@example.com": "450 try later", "bob@example.com": "550 no such user"}
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        bundle.runtime.settings.environment["MAIL_URL"] = f"smtp://127.0.0.1:{port}"  # type: ignore[index]
        bundle.configure(MAIL)
        bundle.trouble("disk")
        bundle.settle()
        assert states(bundle) == ["pending", "failed"]
        server.unknown.clear()
        bundle.tick(minutes=1)
    finally:
        controller.stop()
    assert states(bundle) == ["sent", "failed"]
    assert server.mails[0] == ("ann@example.com", "Ann <ann@example.com>")
    assert [doc.data["last_fault"] for doc in deliveries(bundle)] == [None, "not delivered: rejected: 550"]
