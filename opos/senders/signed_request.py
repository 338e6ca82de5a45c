"""A webhook as its sender would send it: signed with the configured secret."""

from datetime import datetime

from shared.config.sources import Source
from shared.errors import OposError
from shared.sources import format_of, scheme


def signed_headers(
    name: str, source: Source, secret: str, body: bytes, *, now: datetime, delivery: str, event_type: str
) -> dict[str, str]:
    """The headers with which the sender of *source*, called *name* in opos.yaml, would post *body*.

    A format may come under any scheme, so the headers that it reads, which all hold the event type, are added to those
    that the scheme makes.
    """
    signed = scheme(source).sign(body, secret, now=now, delivery=delivery, event_type=event_type)
    typed = dict.fromkeys(format_of(name, source).headers, event_type)
    named = {source.delivery.header.lower(): delivery} if source.delivery and source.delivery.header else {}
    return {"content-type": "application/json", "user-agent": "opos-send", **typed, **named, **signed}


class UnknownSource(OposError):
    code = "bad_config"
