"""An authenticated session with a mail server, and what its answers mean for the delivery.

Sources: RFC 5321 (4xx answers are transient, 5xx permanent), RFC 3207 (STARTTLS), RFC 4954 (AUTH).
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from shared.adapters.channels.reachability import undelivered, unreadable
from shared.errors import DeliveryError

TIMEOUT = 10.0
"""Seconds for one step of a session. `shared.process.shares` limits the session."""
_OK = 250
_PERMANENT = 500


@contextmanager
def session(url: str) -> Iterator[smtplib.SMTP]:
    """A connection that can send mail. Raises DeliveryError, also for errors while it is in use."""
    try:
        with _left(_connect(url)) as server:
            yield server
    except smtplib.SMTPException as fault:
        raise _meaning(fault) from None
    except OSError as fault:
        raise undelivered(fault) from None


@contextmanager
def _left(server: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """*server*, closed at the end. This does not wait for its answer to QUIT, because it has already accepted the mail.

    Postfix does the same (postconf(5), smtp_skip_quit_response).
    """
    try:
        yield server
    finally:
        with suppress(OSError):
            server.putcmd("quit")
        server.close()


def reach(url: str) -> bool:
    """True if the server accepts the login; else raises DeliveryError. No mail is sent."""
    with session(url) as server:
        server.ehlo_or_helo_if_needed()
        code, _ = server.noop()
        if code != _OK:
            raise _refused(code)
    return True


def _connect(url: str) -> smtplib.SMTP:
    scheme, host, port, login = _parts(url)
    if scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    try:
        _prove(server, login, secure=scheme == "smtps")
    except BaseException:
        server.close()
        raise
    return server


def _parts(url: str) -> tuple[str, str, int, tuple[str, str] | None]:
    """The scheme, the host, the port and the login."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 587)
        host.encode("idna")  # as the connection does
    except ValueError:
        raise unreadable() from None
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    if login and not "".join(login).isascii():
        raise _misconfigured("the user name and password must be ASCII")
    return parts.scheme, host, port, login


def _prove(server: smtplib.SMTP, login: tuple[str, str] | None, *, secure: bool) -> None:
    """Log in, over TLS if the server offers it. A password is never sent without TLS."""
    server.ehlo()
    if not secure and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
    elif not secure and login:
        raise _misconfigured("the server offers no TLS, so the password was not sent")
    if login:
        server.login(*login)


def _meaning(fault: smtplib.SMTPException) -> DeliveryError:
    match fault:
        case smtplib.SMTPAuthenticationError():
            permanent = fault.smtp_code >= _PERMANENT
            return DeliveryError("unauthorized", permanent=permanent, detail=str(fault.smtp_code))
        case smtplib.SMTPNotSupportedError():
            return _misconfigured(str(fault))
        case smtplib.SMTPRecipientsRefused():
            return _refused(min(code for code, _ in fault.recipients.values()))
        case smtplib.SMTPResponseException():
            return _refused(fault.smtp_code)
    # For a lost connection, smtplib gives no reason; its context has it.
    cause = fault.__context__
    return undelivered(cause if isinstance(cause, OSError) else fault)


def _misconfigured(detail: str) -> DeliveryError:
    return DeliveryError("misconfigured", permanent=True, detail=detail)


def _refused(code: int) -> DeliveryError:
    return DeliveryError("rejected", permanent=code >= _PERMANENT, detail=str(code))
