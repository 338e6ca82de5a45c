"""A mail server that knows who we are, and what its answers mean for the delivery.

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
_OK = 250
_PERMANENT = 500


@contextmanager
def session(url: str) -> Iterator[smtplib.SMTP]:
    """A connection over which a mail can be sent. Raises DeliveryError, also for what is done with it."""
    try:
        with _left(_connect(url)) as server:
            yield server
    except smtplib.SMTPException as fault:
        raise _meaning(fault) from None
    except OSError as fault:
        raise undelivered(fault) from None


@contextmanager
def _left(server: smtplib.SMTP) -> Iterator[smtplib.SMTP]:
    """*server*, of which leave is taken at the end: how it answers that changes nothing of what it has taken."""
    try:
        yield server
    finally:
        with suppress(OSError):
            server.quit()
        server.close()


def reach(url: str) -> bool:
    """Whether the server takes us for who we are: always, or DeliveryError is raised. It is told of no mail."""
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
    """The scheme, the host, the port, and what proves who we are."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 587)
        host.encode("idna")  # as the connection will
    except ValueError:
        raise unreadable() from None
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    if login and not "".join(login).isascii():
        raise _misconfigured("the login holds what is not ASCII, and smtplib sends nothing else")
    return parts.scheme, host, port, login


def _prove(server: smtplib.SMTP, login: tuple[str, str] | None, *, secure: bool) -> None:
    """Say who we are, over TLS where the server has it; a password never goes without."""
    server.ehlo()
    if not secure and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
    elif not secure and login:
        raise _misconfigured("no TLS, so the password was not sent")
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
    # Of a line that was lost smtplib says only that it was.
    cause = fault.__context__
    return undelivered(cause if isinstance(cause, OSError) else fault)


def _misconfigured(detail: str) -> DeliveryError:
    return DeliveryError("misconfigured", permanent=True, detail=detail)


def _refused(code: int) -> DeliveryError:
    return DeliveryError("rejected", permanent=code >= _PERMANENT, detail=str(code))
