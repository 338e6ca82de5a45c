"""The keys of a source that have no effect beside others, or without them, or with its scheme or format."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from shared.config.files.faults import nearest
from shared.config.sources import HmacSpec
from shared.sources import format_of
from shared.sources.contract import no_delivery
from shared.sources.silent_lines.reader import Reader, Remark
from shared.values.durations import duration_text

Reason = Callable[[Reader], str | None]
"""Why a key has no effect in a source; empty or None if it has one."""
PLACES = ("body", "timestamp", "id")
"""The places that a template may have for values."""
_PLACE = re.compile(r"\{(\w*)\}")


def remarks(reader: Reader) -> Iterator[Remark]:
    for check in (_keys, _incomplete, _template, _nameless_choice):
        yield from check(reader)


def _keys(reader: Reader) -> Iterator[Remark]:
    for path, reason in _WITHOUT_EFFECT.items():
        if _is_set(reader.source, path) and (why := reason(reader)):
            yield Remark(path, f"no {path}, since {why}")


def _is_set(section: Any, path: str) -> bool:
    key, _, rest = path.partition(".")
    given = section is not None and key in section.model_fields_set
    return given and (not rest or _is_set(getattr(section, key), rest))


def _hmac(reader: Reader) -> HmacSpec:
    if reader.source.hmac is None:
        raise LookupError("expected a source with scheme hmac")
    return reader.source.hmac


def _tolerance(reader: Reader) -> str:
    if reader.scheme.signs_time:
        return ""
    return (
        "template does not sign {timestamp}" if reader.source.hmac else f"scheme {reader.source.scheme} signs no time"
    )


def _repeat_window(reader: Reader) -> str:
    source, longest = reader.source, 2 * reader.source.tolerance
    if reader.scheme.signed is None:
        return f"scheme {source.scheme} signs nothing"
    if (source.delivery.body is not None) if source.delivery else reader.scheme.signs_id:
        return "the delivery id is signed, so that a copy is always a duplicate"
    if reader.scheme.signs_time and source.repeat_window > longest:
        return f"tolerance already rejects a copy older than {duration_text(longest)}"
    return ""


def _delivery_window(reader: Reader) -> str:
    spec = reader.source.delivery
    return "" if spec and spec.hash else "it goes with hash: body, and a delivery id is a duplicate whenever it returns"


def _own_reading(reader: Reader) -> str:
    return "" if reader.format == "mapped" else f"format {reader.format} reads types and set-up requests itself"


def _test_mode(reader: Reader) -> str:
    is_known = format_of(reader.name, reader.source).is_test is not None
    return "" if is_known else f"format {reader.format} tells no test traffic apart"


def _event(reader: Reader) -> str:
    alert = reader.source.alert
    return "alert has no `when`, so that it reads every payload" if alert and alert.when is None else ""


def _unsigned_time(reader: Reader) -> str:
    return "" if _hmac(reader).signs_time else "template does not sign {timestamp}"


def _without_parts(reader: Reader) -> str:
    return "" if _hmac(reader).signature_key else "without signature_key the header has no parts"


_WITHOUT_EFFECT: dict[str, Reason] = {
    "tolerance": _tolerance,
    "repeat_window": _repeat_window,
    "delivery.window": _delivery_window,
    "type": _own_reading,
    "challenge": _own_reading,
    "test_mode": _test_mode,
    "event": _event,
    "hmac.prefix": lambda reader: _hmac(reader).signature_key and "signature_key names the part with the signature",
    "hmac.separator": _without_parts,
    "hmac.timestamp": _unsigned_time,
    "hmac.timestamp_key": lambda reader: _unsigned_time(reader) or _without_parts(reader),
    "hmac.timestamp_header": lambda reader: _unsigned_time(reader)
    or (_hmac(reader).timestamp_key and "timestamp_key names the part with the time"),
}  # fmt: skip
"""Each key that has no effect in some sources."""


def _incomplete(reader: Reader) -> Iterator[Remark]:
    """Keys that need another one."""
    event = reader.source.event
    for key, other in (("amount", "currency"), ("currency", "amount")):
        if event and getattr(event, key) is not None and getattr(event, other) is None:
            yield Remark(f"event.{key}", f"{other} beside {key}, since money needs both", f"add {other}:")


def _template(reader: Reader) -> Iterator[Remark]:
    places = _PLACE.findall(reader.source.hmac.template) if reader.source.hmac else []
    for place in places:
        if place not in PLACES:
            expected = f"a template with no places but {', '.join(f'{{{known}}}' for known in PLACES)}"
            hint = nearest(place, PLACES) or "no other place has a value"
            yield Remark("hmac.template", expected, f"{{{place}}}: {hint}")
    if places.count("body") > 1:
        yield Remark("hmac.template", "a template that signs {body} once", "only the first {body} gets the body")


def _nameless_choice(reader: Reader) -> Iterator[Remark]:
    """Only the name chooses the format: it does not show if the mapping is meant to replace it."""
    source = reader.source
    if source.format is None and reader.format == reader.name != source.scheme and (source.alert or source.event):
        yield Remark(
            "alert" if source.alert else "event",
            f"format: beside a mapping, since the name {reader.name} alone chooses a format",
            f"write format: {reader.name} to add the mapping to it, or format: mapped to read by the mapping alone",
        )


def doubts(reader: Reader) -> Iterator[Remark]:
    is_own = reader.format == "mapped" and reader.scheme.delivery is no_delivery
    if is_own and reader.source.delivery is None and reader.source.repeat_window:
        yield Remark(
            "",
            "delivery:, by which opos recognises what the sender sends again",
            "write delivery: {header: NAME}, {body: PATH} or {hash: body, window: 10m}",
        )
