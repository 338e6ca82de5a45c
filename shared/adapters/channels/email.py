"""E-mail over SMTP. The Message-ID is made from the idempotency key, so that a repeat is the same message.

Sources: RFC 5322 (Message-ID, Date, References), RFC 3834 (Auto-Submitted), RFC 2919 (List-Id), RFC 2369 and RFC 8058
(List-Unsubscribe, one click), RFC 5321 (4xx answers are transient, 5xx permanent).
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import ClassVar
from urllib.parse import SplitResult, unquote, urlsplit

from shared.errors import DeliveryError
from shared.ports import Clock, Form, Mailing, Notice, Receipt

TIMEOUT = 10.0
_PERMANENT = 500
_LONGEST_HEADER = 990


@dataclass(frozen=True)
class SmtpMail:
    """*url* is `smtp://` (upgraded by STARTTLS where the server offers it) or `smtps://user:password@host:port`."""

    url: str = field(repr=False)
    sender: str
    to: str
    clock: Clock
    form: ClassVar[Form] = Form("html")

    def send(self, notice: Notice, key: str) -> Receipt:
        message = self._message(notice, key)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPAuthenticationError as fault:
            permanent = fault.smtp_code >= _PERMANENT
            raise DeliveryError("unauthorized", permanent=permanent, detail=str(fault.smtp_code)) from None
        except smtplib.SMTPNotSupportedError as fault:
            raise DeliveryError("misconfigured", permanent=True, detail=str(fault)) from None
        except ssl.SSLError as fault:
            raise DeliveryError("unreachable", detail=f"no trustworthy TLS: {fault.reason}") from None
        except smtplib.SMTPRecipientsRefused as fault:
            codes = [code for code, _ in fault.recipients.values()]
            raise _refused(min(codes)) from None
        except smtplib.SMTPResponseException as fault:
            raise _refused(fault.smtp_code) from None
        except TimeoutError:
            raise DeliveryError("timeout") from None
        except (OSError, smtplib.SMTPException) as fault:
            hung = isinstance(fault.__context__, TimeoutError)  # smtplib says of it only that the line was lost
            raise DeliveryError("timeout" if hung else "unreachable", detail=type(fault).__name__) from None
        return Receipt(f"accepted as {message['Message-ID']}", self.clock.now())

    def _message(self, notice: Notice, key: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = self.to
        message["Subject"] = " ".join(notice.title.split())
        message["Message-ID"] = f"<{key}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Date"] = format_datetime(notice.mailing.at if notice.mailing else self.clock.now())
        message.set_content(_text(notice), cte="quoted-printable")
        if notice.mailing:
            self._as_one_of_a_series(message, notice.mailing, key)
        # Not shorter, or a long address would be folded into encoded words, which no mail program takes for one.
        message.policy = message.policy.clone(max_line_length=_LONGEST_HEADER)
        return message

    def _as_one_of_a_series(self, message: EmailMessage, mailing: Mailing, key: str) -> None:
        """Nobody has sent what begins the thread: clients put together what refers to the same message."""
        thread = f"<{mailing.thread}@{self._domain}>"
        message["In-Reply-To"] = message["References"] = thread
        message["List-Id"] = f"<{mailing.list}.opos.{self._domain}>"
        if mailing.unsubscribe:
            message["List-Unsubscribe"] = f"<{mailing.unsubscribe}>"
        if mailing.unsubscribe.startswith("https://"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.add_alternative(mailing.html, subtype="html", cte="quoted-printable")
        # Not a random one: the same message again is the same to the byte. `=_` stands in no quoted-printable text.
        message.set_boundary(f"=_{key}")

    @property
    def _domain(self) -> str:
        return self.sender.rpartition("@")[2].rstrip(">") or "opos.invalid"

    def _connect(self) -> smtplib.SMTP:
        url = urlsplit(self.url)
        host = url.hostname or "localhost"
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, url.port or 465, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT)
        try:
            _prove(server, url)
        except BaseException:
            server.close()
            raise
        return server


def _prove(server: smtplib.SMTP, url: SplitResult) -> None:
    """Say who we are, over TLS where the server has it; a password never goes without."""
    server.ehlo()
    if url.scheme != "smtps" and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
    elif url.scheme != "smtps" and url.username:
        raise DeliveryError("misconfigured", permanent=True, detail="no TLS, so the password was not sent")
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))


def _refused(code: int) -> DeliveryError:
    return DeliveryError("rejected", permanent=code >= _PERMANENT, detail=str(code))


def _text(notice: Notice) -> str:
    parts = [notice.text, notice.link, f"Acknowledge: {notice.ack_url}" if notice.ack_url else ""]
    return "\n\n".join(part for part in parts if part) or notice.title
