"""Where the mails arrive: a real SMTP server, that keeps them to the byte and says when one comes and is answered."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from opos.bundle.ports import free_port

Stage = Literal["arrived", "answered"]


@dataclass
class Mailbox:
    """Answers *delay* seconds after a mail has arrived, as a real server does."""

    delay: float
    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    _stages: dict[Stage, threading.Event] = field(
        default_factory=lambda: {"arrived": threading.Event(), "answered": threading.Event()}
    )

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def wait_for(self, stage: Stage, *, seconds: float) -> None:
        """Until the next mail is there: it has not been answered yet, or has been just now."""
        self._stages[stage].clear()
        self._stages[stage].wait(seconds)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.raw.append(bytes(envelope.content or b""))
        self._stages["arrived"].set()
        await asyncio.sleep(self.delay)
        asyncio.get_running_loop().call_later(0.002, self._stages["answered"].set)
        return "250 OK"


def by_id(mails: Sequence[bytes]) -> dict[str, list[bytes]]:
    """*mails* by their Message-ID, which here is the key under which the digest is sent."""
    found: dict[str, list[bytes]] = {}
    for raw in mails:
        id = str(message_from_bytes(raw, policy=policy.default)["Message-ID"])
        found.setdefault(id.strip("<>").partition("@")[0], []).append(raw)
    return found


def plain_text(raw: bytes) -> str:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@contextmanager
def mailbox(*, delay: float) -> Iterator[Mailbox]:
    box = Mailbox(delay, free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()
