"""The trace of each operation, and how it is passed on: in headers, in a message's attributes, to a collector.

Source: W3C Recommendation "Trace Context" (Level 1), section 3.2, the traceparent header. Its tracestate,
which belongs to other vendors, is not passed on.
"""

import random
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, Self

from shared.process.lazy_property import once

if TYPE_CHECKING:
    from shared.events import Message

Kind = Literal["SERVER", "CONSUMER", "PRODUCER", "CLIENT"]
HEADER = "traceparent"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_TRACE = re.compile(r"(?!0{32})[0-9a-f]{32}")
_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_LABELS = {"event_id": "id", "source": "source", "type": "type"}


class Place(NamedTuple):
    """One span: its trace, 32 hex digits, its own id, 16, and whether the trace is collected."""

    trace: str
    span: str
    sampled: bool = False

    def __str__(self) -> str:
        """The value of a traceparent header."""
        return f"00-{self.trace}-{self.span}-0{self.sampled:d}"


class Span:
    """An operation of *function* at *place*: everything logged and published within it has its trace."""

    __slots__ = ("_before", "function", "place")
    _before: Token["Span | None"]

    def __init__(self, place: Place, function: str) -> None:
        self.place = place
        self.function = function

    def __enter__(self) -> Self:
        self._before = _current.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        _current.reset(self._before)

    def tell(self, **labels: Any) -> None:
        """Add *labels* to the span that is collected."""

    def overhear(self, fields: Mapping[str, Any]) -> None:
        """Take note of *fields* that were logged within this span."""


class Collector(Protocol):
    def begin(
        self, kind: Kind, name: str, function: str, parent: Place | None, trace: str | None, labels: Mapping[str, Any]
    ) -> Span:
        """A span under *parent*; without one, the first of *trace* or of a new trace."""
        ...


@dataclass
class _Collecting:
    make: Callable[[], Collector | None]

    @once
    def collector(self) -> Collector | None:
        return self.make()


_current: ContextVar[Span | None] = ContextVar("span", default=None)
_collecting: _Collecting | None = None
_NOTHING = nullcontext()


def is_configured(environment: Mapping[str, str]) -> bool:
    """Whether *environment* names a collector. Source: OpenTelemetry specification, environment variables."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(environment.get(name) for name in ENDPOINTS)


def collect(make: Callable[[], Collector | None] | None) -> None:
    """Send spans to what *make* returns; None collects no spans.

    *make* is called at the first span, because a server may fork after it was set up.
    """
    global _collecting  # noqa: PLW0603  (a process has one collector)
    _collecting = _Collecting(make) if make else None


def current() -> Span | None:
    return _current.get()


def read(header: str | None) -> Place | None:
    """The place in a traceparent *header*; None if it is missing or invalid."""
    match = _PARENT.fullmatch(header) if header else None
    if match is None or (match[1] == "00" and match[5]):  # only a later version may have more fields
        return None
    return Place(match[2], match[3], bool(int(match[4], 16) & 1))


def serving(function: str, header: str | None) -> Span:
    """A span for *function* answering a request with this *header*."""
    return _begin("SERVER", function, function, read(header))


def consuming(function: str, topic: str, attributes: Mapping[str, str]) -> Span:
    """A span for *function* handling a message of *topic*. Old messages have only a trace id in *attributes*."""
    trace = attributes.get("trace")
    return _begin("CONSUMER", f"process {topic}", function, read(attributes.get(HEADER)), trace, topic=topic)


def publishing(message: "Message") -> Span:
    """A span for publishing *message*: in the message's own trace if it has one, else in that of the current span."""
    here, trace = _current.get(), getattr(message, "trace", None)
    parent = here.place if here and trace in {None, here.place.trace} else None
    function = here.function if here else ""
    if parent and _collecting is None:
        return Span(parent, function)
    return _begin("PRODUCER", f"send {message.topic}", function, parent, trace, topic=message.topic, **about(message))


def calling(name: str, labels: Mapping[str, Any]) -> AbstractContextManager[object]:
    """A span for a call from the current span to an external service."""
    here = _current.get()
    if _collecting is None or here is None:
        return _NOTHING
    return _begin("CLIENT", name, here.function, here.place, **labels)


def about(message: "Message") -> dict[str, Any]:
    """The labels of a span about *message*."""
    return {label: getattr(message, name) for label, name in _LABELS.items() if hasattr(message, name)}


def _begin(
    kind: Kind, name: str, function: str, parent: Place | None, trace: str | None = None, /, **labels: Any
) -> Span:
    valid = trace if trace and _TRACE.fullmatch(trace) else None
    collector = _collecting.collector if _collecting else None
    if collector:
        return collector.begin(kind, name, function, parent, valid, labels)
    return Span(_under(parent, valid), function)


def _under(parent: Place | None, trace: str | None) -> Place:
    """A place with random ids. They need not be secret, and a flag evaluation should not pay for secure randomness."""
    if parent:
        return Place(parent.trace, f"{random.getrandbits(64):016x}", parent.sampled)
    digits = f"{random.getrandbits(192):048x}"
    return Place(trace or digits[:32], digits[32:])
