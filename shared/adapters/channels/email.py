"""E-mail over SMTP. The Message-ID is made from the idempotency key, so that a second attempt is the same message.

Sources: RFC 5322 (Message-ID, Date, References), RFC 3834 (Auto-Submitted), RFC 2919 (List-Id), RFC 2369 and RFC 8058
(List-Unsubscribe, one click).
"""

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import ClassVar

from shared.adapters.channels.built_message import built
from shared.adapters.channels.mail_headers import MAIL
from shared.adapters.channels.smtp import reach, session
from shared.ports import Clock, Form, Mailing, Notice, Receipt
from shared.values.text import readable_lines, well_formed


@dataclass(frozen=True)
class SmtpMail:
    """*url* is `smtp://` (with STARTTLS if the server offers it) or `smtps://user:password@host:port`."""

    url: str = field(repr=False)
    sender: str
    to: str
    clock: Clock
    form: ClassVar[Form] = Form("html")

    def send(self, notice: Notice, key: str) -> Receipt:
        message = built(lambda notice: self._message(notice, key), notice)
        with session(self.url) as server:
            server.send_message(message)
        return Receipt(f"accepted as {message['Message-ID']}", self.clock.now())

    def reach(self) -> bool:
        return reach(self.url)

    def _message(self, notice: Notice, key: str) -> EmailMessage:
        message = EmailMessage(MAIL)
        message["From"] = self.sender
        message["To"] = self.to
        message["Subject"] = notice.title
        message["Message-ID"] = f"<{key}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Date"] = format_datetime(notice.mailing.at if notice.mailing else self.clock.now())
        message.set_content(_text(notice), cte="quoted-printable")
        if notice.resolves:
            message["In-Reply-To"] = message["References"] = f"<{notice.resolves}@{self._domain}>"
        if notice.mailing:
            self._as_one_of_a_series(message, notice.mailing, key)
        return message

    def _as_one_of_a_series(self, message: EmailMessage, mailing: Mailing, key: str) -> None:
        """Add the headers of a series: clients thread messages that refer to the same id, even if none has it."""
        thread = f"<{mailing.thread}@{self._domain}>"
        message["In-Reply-To"] = message["References"] = thread
        message["List-Id"] = f"<{mailing.list}.opos.{self._domain}>"
        if mailing.unsubscribe:
            message["List-Unsubscribe"] = f"<{mailing.unsubscribe}>"
        if mailing.unsubscribe.startswith("https://"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.add_alternative(well_formed(mailing.html), subtype="html", cte="quoted-printable")
        # Not random, so that a second attempt has the same bytes. Quoted-printable text never contains `=_`.
        message.set_boundary(f"=_{key}")

    @property
    def _domain(self) -> str:
        return self.sender.rpartition("@")[2].rstrip(">") or "opos.invalid"


def _text(notice: Notice) -> str:
    parts = [readable_lines(notice.text), notice.link, f"Acknowledge: {notice.ack_url}" if notice.ack_url else ""]
    return "\n\n".join(part for part in parts if part) or notice.title
