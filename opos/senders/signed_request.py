"""A webhook as its sender would send it: signed with the configured secret."""

from datetime import datetime

from shared.config.sources import Source
from shared.errors import OposError
from shared.sources import scheme


def signed_headers(
    source: Source, secret: str, body: bytes, *, now: datetime, delivery: str, event_type: str
) -> dict[str, str]:
    signed = scheme(source).sign(body, secret, now=now, delivery=delivery, event_type=event_type)
    named = {source.delivery.header.lower(): delivery} if source.delivery and source.delivery.header else {}
    return {"content-type": "application/json", "user-agent": "opos-send", **named, **signed}


class UnknownSource(OposError):
    code = "bad_config"
