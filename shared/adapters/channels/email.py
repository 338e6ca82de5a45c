"""E-mail over SMTP. The Message-ID is made from the idempotency key, so that a repeat is the same message.

Sources: RFC 5322 (Message-ID, Date), RFC 3834 (Auto-Submitted), RFC 5321 (4xx answers are transient, 5xx permanent).
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from shared.errors import DeliveryError
from shared.ports import Clock, Notice, Receipt

TIMEOUT = 10.0


@dataclass(frozen=True)
class SmtpMail:
    """*url* is `smtp://` (upgraded by STARTTLS where the server offers it) or `smtps://user:password@host:port`."""

    url: str = field(repr=False)
    sender: str
    to: str
    clock: Clock

    def send(self, notice: Notice, key: str) -> Receipt:
        message = self._message(notice, key)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPAuthenticationError as fault:
            raise DeliveryError("unauthorized", permanent=True, detail=str(fault.smtp_code)) from None
        except smtplib.SMTPRecipientsRefused as fault:
            codes = [code for code, _ in fault.recipients.values()]
            raise _refused(min(codes)) from None
        except smtplib.SMTPResponseException as fault:
            raise _refused(fault.smtp_code) from None
        except TimeoutError:
            raise DeliveryError("timeout") from None
        except (OSError, smtplib.SMTPException) as fault:
            raise DeliveryError("unreachable", detail=type(fault).__name__) from None
        return Receipt(f"accepted as {message['Message-ID']}", self.clock.now())

    def _message(self, notice: Notice, key: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = self.to
        message["Subject"] = " ".join(notice.title.split())
        message["Date"] = format_datetime(self.clock.now())
        message["Message-ID"] = f"<{key}@{self.sender.rpartition('@')[2] or 'opos.invalid'}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_text(notice))
        return message

    def _connect(self) -> smtplib.SMTP:
        url = urlsplit(self.url)
        host = url.hostname or "localhost"
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, url.port or 465, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
            elif url.username:
                server.close()
                raise DeliveryError("misconfigured", permanent=True, detail="no TLS, so the password was not sent")
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        return server


def _refused(code: int) -> DeliveryError:
    return DeliveryError("rejected", permanent=code >= 500, detail=str(code))  # noqa: PLR2004


def _text(notice: Notice) -> str:
    parts = [notice.text, notice.link, f"Acknowledge: {notice.ack_url}" if notice.ack_url else ""]
    return "\n\n".join(part for part in parts if part) or notice.title
