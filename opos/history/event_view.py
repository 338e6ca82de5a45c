"""One event with its payload. What followed from it is the work of `event_trace`."""

from collections.abc import Iterator
from typing import Any

from opos.history.event_list import entry
from opos.history.redaction import redacted, redacted_text
from opos.terminal.output import json_text
from opos.terminal.times import OperatorClock
from shared.errors import ContractBroken
from shared.events import OWN_SOURCE, Event
from shared.intake.body import parsed, raw_body
from shared.ports import Doc
from shared.values.text import counted

View = dict[str, Any]
_DUMPED = 256
"""How many bytes of a body that is no text a person sees."""
_ROW = 16


def view(doc: Doc) -> View:
    """The event in *doc*, with its headers, decisions and payload: JSON, a text, or the first bytes as hex."""
    event = Event.stored(doc.data)
    return {
        **entry(doc),
        "delivery_id": event.delivery_id,
        "headers": dict(sorted(event.headers.items())),  # Firestore keeps no order of the keys in a map
        "decisions": [decision for handled in doc.data["handled"].values() for decision in handled["decisions"]],
        "bytes": len(raw_body(event)),
        "body_sha256": event.body_sha256,
        **_body(event),
    }


def _body(event: Event) -> View:
    body = raw_body(event)
    payload = parsed(body, event.headers)
    if not isinstance(payload, ContractBroken) and _is_shallow(payload):
        return {"format": "json", "payload": payload}
    if event.body_encoding == "utf-8":
        return {"format": "text", "payload": event.body}
    return {"format": "bytes", "payload": body[:_DUMPED].hex()}


def _is_shallow(payload: Any) -> bool:
    """Whether Python can write *payload* as it has read it: writing needs more of the stack."""
    try:
        json_text(redacted(payload), indent=2)
        json_text(payload, indent=2)
    except RecursionError:
        return False
    return True


def redacted_view(view: View) -> View:
    """*view* without what may be personal or secret in the payload, and without what opos has quoted from it."""
    return {
        **view,
        **{name: redacted_text(view[name]) for name in ("type", "subject", "delivery_id")},
        "quarantine": view["quarantine"] and redacted_text(view["quarantine"]),
        "headers": {name: redacted_text(value) for name, value in view["headers"].items()},
        "decisions": [{**decision, "reason": redacted_text(decision["reason"])} for decision in view["decisions"]],
        "body_sha256": None,
        "payload": redacted(view["payload"]),
    }


def lines(view: View, clock: OperatorClock) -> Iterator[str]:
    """*view* for a person: the event, its headers, the decisions, the payload, and where to go from here."""
    id = view["id"]
    yield f"event     {id}  ({view['state']})"
    yield f"          {view['source']} {view['type']}: {view['subject'] or '-'}"
    yield f"received  {clock.time_and_age(view['received_at'])}"
    yield f"delivery  {view['delivery_id']}"
    if view["quarantine"]:
        yield "quarantine"
        yield f"          {view['quarantine']}"
    if view["repeats"]:
        yield f"repeats   {view['repeats']}, which came under another delivery id"
    for label, (name, value) in zip(_labels("headers"), view["headers"].items(), strict=False):
        yield f"{label}{name}: {value}"
    for label, decision in zip(_labels("decided"), view["decisions"], strict=False):
        yield f"{label}{decision['path']}: {clock.text(decision['reason'])}  (alert {decision['alert'][:8]})"
    yield f"body      {_size(view)}"
    yield ""
    yield from (f"  {line}" for line in _payload_lines(view))
    yield ""
    yield f"`opos trace {id[:8]}` shows what followed; `opos replay {id[:8]}` processes it again."
    if view["source"] != OWN_SOURCE:
        yield f"`opos forward {view['source']} URL --event {id[:8]}` posts it to an app."


def _labels(first: str) -> Iterator[str]:
    yield f"{first:<10}"
    while True:
        yield " " * 10


def _size(view: View) -> str:
    size = counted(view["bytes"], "byte")
    if view["format"] != "bytes":
        return f"{size}, {'JSON' if view['format'] == 'json' else 'no JSON'}"
    return f"{size}, no text" + (f"; the first {_DUMPED}:" if view["bytes"] > _DUMPED else "")


def _payload_lines(view: View) -> list[str]:
    if view["format"] == "json":
        return json_text(view["payload"], indent=2).splitlines()
    if view["format"] == "text" or view["payload"].startswith("<"):
        return str(view["payload"]).splitlines()
    body = bytes.fromhex(view["payload"])
    return [_hex(body[start : start + _ROW], start) for start in range(0, len(body), _ROW)]


def _hex(row: bytes, start: int) -> str:
    """A row as `hexdump -C` writes it."""
    seen = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)  # noqa: PLR2004  (printable ASCII)
    return f"{start:08x}  {row.hex(' '):<47}  {seen}"
