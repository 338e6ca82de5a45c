"""The signature scheme that opos.yaml declares, for senders without a module of their own."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.config.sources import HmacSpec
from shared.sources.contract import Scheme, lacking, no_delivery
from shared.sources.payload import parse_moment
from shared.sources.signatures import digest, encoded, pairs, rejected, require_match, require_recent, values
from shared.values.http import HttpRequest

_WRITTEN: Mapping[str, Callable[[datetime], str]] = {
    "seconds": lambda now: str(int(now.timestamp())),
    "milliseconds": lambda now: str(int(now.timestamp() * 1000)),
    "iso": lambda now: f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
}
"""A time as the sender writes it, by the key `timestamp`."""


def scheme(spec: HmacSpec) -> Scheme:
    """The Scheme that *spec* declares."""

    def verify(request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
        signatures, time = _given(spec, request)
        if spec.signs_time:
            require_recent(_unix_time(time), now=now, tolerance=tolerance)
        expected = [_signature(spec, secret, signed(request)) for secret in secrets]
        require_match(map(encoded, signatures), expected)

    def signed(request: HttpRequest) -> bytes:
        _, time = _given(spec, request)
        return _signed(spec, request.body, time=time, id=_id(spec, request) or "")

    def sign(body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
        time = _WRITTEN[spec.timestamp](now)
        signature = _signature(spec, secret, _signed(spec, body, time=time, id=delivery)).decode()
        headers = {spec.header.lower(): _header(spec, signature, time)}
        headers |= {spec.timestamp_header.lower(): time} if spec.timestamp_header else {}
        return headers | ({spec.id_header.lower(): delivery} if spec.id_header else {})

    def delivery(request: HttpRequest, payload: Any) -> str | None:
        return _id(spec, request)

    needed = (spec.header, spec.timestamp_header, spec.id_header if spec.signs_id else None)
    kept = tuple(name.lower() for name in (spec.id_header, spec.timestamp_header) if name)
    return Scheme(
        verify=verify, sign=sign, delivery=delivery if spec.id_header else no_delivery, headers=kept,
        signs_time=spec.signs_time, signs_id=spec.signs_id, signed=signed,
        missing=lacking(*(name.lower() for name in needed if name)),
    )  # fmt: skip


def _id(spec: HmacSpec, request: HttpRequest) -> str | None:
    return request.headers.get(spec.id_header.lower()) if spec.id_header else None


def _given(spec: HmacSpec, request: HttpRequest) -> tuple[list[str], str]:
    """The signatures in the request, and its time."""
    header = request.headers.get(spec.header.lower(), "")
    time = request.headers.get(spec.timestamp_header.lower(), "") if spec.timestamp_header else ""
    if spec.signature_key is None:
        if not header.startswith(spec.prefix):
            raise rejected()
        return [header.removeprefix(spec.prefix)], time
    parts = pairs(header, spec.separator or ",")
    return values(parts, spec.signature_key), next(iter(values(parts, spec.timestamp_key or "")), time)


def _header(spec: HmacSpec, signature: str, time: str) -> str:
    if spec.signature_key is None:
        return f"{spec.prefix}{signature}"
    parts = [f"{spec.timestamp_key}={time}"] if spec.timestamp_key else []
    return (spec.separator or ",").join([*parts, f"{spec.signature_key}={signature}"])


def _signed(spec: HmacSpec, body: bytes, *, time: str, id: str) -> bytes:
    """The template with its values. The body is inserted last, so that it cannot contain a placeholder."""
    before, place, after = spec.template.partition("{body}")
    fill = [part.replace("{timestamp}", time).replace("{id}", id) for part in (before, after)]
    return encoded(fill[0]) + (body if place else b"") + encoded(fill[1])


def _unix_time(time: str) -> str:
    """*time* in whole seconds since 1970, whether the sender writes seconds, milliseconds or ISO 8601."""
    at = parse_moment(time)
    return str(int(at.timestamp())) if at else time


def _key(spec: HmacSpec, secret: str) -> bytes:
    if spec.key_encoding == "text":
        return secret.encode()
    try:
        return base64.b64decode(secret, validate=True)
    except ValueError:
        raise rejected() from None


def _signature(spec: HmacSpec, secret: str, signed: bytes) -> bytes:
    raw = digest(_key(spec, secret), signed, spec.algorithm)
    return base64.b64encode(raw) if spec.encoding == "base64" else raw.hex().encode()
