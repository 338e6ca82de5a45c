"""The single values of opos.yaml: names, addresses, expressions; and which of them an error must not show."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from shared.config.files.faults import SECRET_NAME
from shared.values.links import web_link

_SECRET_HEADER = re.compile(
    "auth|cookie|token|secret|passw|credential|session|jwt|(?<!idempotency-)key|signature|hmac|(?<![a-z])sign(?![a-z])",
    re.IGNORECASE,
)
_OF_THE_CONNECTION = {
    "host", "content-length", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
    "upgrade", "expect",
}  # fmt: skip
"""The headers that HTTP sets anew on each connection (RFC 9110, sections 7.2, 7.6.1, 8.6 and 10.1.1)."""
_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def _url_safe(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
        raise ValueError("expected a name of lower-case letters, digits, - and _")
    if value in {"v2", "ping"}:
        raise ValueError("expected a name other than v2 and ping, which are reserved")
    return value


class _Hidden:
    """Replaces a value that a configuration error must not show, because it may be a secret."""

    def __repr__(self) -> str:
        return "a value that may be a secret"


def _hide_value(value: Any) -> Any:
    """In place of a list of secret names, any other text is likely the value of a secret."""
    named = isinstance(value, str) and _SECRET_NAME.fullmatch(value)
    return _Hidden() if isinstance(value, str | int | float) and not named else value


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("expected each secret once")
    return names


def hide_address(value: Any) -> Any:
    """In place of a channel, an address is likely an Apprise URL, which holds a password."""
    return _Hidden() if isinstance(value, str) and ":" in value else value


def _secret_name(value: Any) -> Any:
    if not isinstance(value, str) or not _SECRET_NAME.fullmatch(value):
        raise ValueError(f"expected {SECRET_NAME}")
    return value


def _address(value: Any) -> Any:
    if not web_link(value) or not _has_port(value):
        raise ValueError("expected an address such as https://opos.example.com")
    return value


def _has_port(link: str) -> bool:
    """Whether a client can connect to the port of *link*."""
    try:
        return urlsplit(link).port != 0
    except ValueError:  # a port above 65535, or an invalid IPv6 address
        return False


def only_true(value: Any) -> Any:
    if value is not True:
        raise ValueError("expected true")
    return value


def jmespath_expression(value: Any) -> Any:
    import jmespath

    try:
        jmespath.compile(value)
    except (jmespath.exceptions.JMESPathError, TypeError, RecursionError):
        raise ValueError("expected a JMESPath expression") from None
    return value


def _kept_header(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", value):
        raise ValueError("expected the name of a header such as X-Event-Name")
    if word := _SECRET_HEADER.search(value):
        raise ValueError(f"expected a header that carries no secret, and not one with {word[0].lower()!r} in its name")
    if value.lower() in _OF_THE_CONNECTION:
        raise ValueError(f"expected a header of the webhook, and not {value.lower()}, which belongs to the connection")
    return value.lower()


def _cron(value: Any) -> Any:
    from cronsim import CronSim, CronSimError

    try:
        CronSim(value, datetime(2026, 1, 1, tzinfo=UTC))
    except (CronSimError, AttributeError, TypeError):
        raise ValueError("expected a cron line such as 0 3 * * *") from None
    return value


def _local_moment(value: Any) -> Any:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a time such as 2026-11-20T03:00") from None
    return value


Name = Annotated[str, BeforeValidator(_url_safe)]
SecretName = Annotated[str, BeforeValidator(_secret_name)]
SecretNames = Annotated[tuple[SecretName, ...], BeforeValidator(_hide_value), AfterValidator(_each_once)]
Address = Annotated[str, BeforeValidator(_address)]
LocalMoment = Annotated[str, BeforeValidator(_local_moment)]
Cron = Annotated[str, BeforeValidator(_cron)]
KeptHeader = Annotated[str, BeforeValidator(_kept_header)]
Expression = Annotated[str, BeforeValidator(jmespath_expression)]
