"""What a sender's module provides: a Scheme, which authenticates, and a Format, which reads payloads."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from shared.errors import ContractBroken
from shared.events import Alert, Signal
from shared.values.http import HttpRequest, HttpResponse

FAULTS = (ContractBroken, KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError)
"""What reading a payload raises if the payload is not as its reader expects."""


class Verify(Protocol):
    def __call__(self, request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
        """Raises Unauthorized unless one of *secrets* signed the raw body within *tolerance* of *now*."""
        ...


class Sign(Protocol):
    def __call__(self, body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
        """The headers with which the sender would send *body*; `opos send` and the tests use them."""
        ...


def no_delivery(request: HttpRequest, payload: Any) -> str | None:
    """None, for senders whose deliveries have no id."""
    return None


def lacking(*names: str) -> Callable[[HttpRequest], str]:
    """A function that returns the first of the headers *names* that a request lacks; empty if it has them all."""

    def first_missing(request: HttpRequest) -> str:
        return next((name for name in names if not request.headers.get(name)), "")

    return first_missing


def whole_body(request: HttpRequest) -> bytes:
    return request.body


class Scheme(NamedTuple):
    """How a sender authenticates and names its deliveries.

    `delivery` takes the request and the parsed body, or None if it is not JSON. `headers` are the lower-case names of
    the headers to store with the event; all others are dropped. `signs_time`: the signature covers a time.

    `signs_id`: the signature covers the id that `delivery` returns. Without that, anybody who has captured a request
    can send it again under another id, so opos also remembers what the signature covers, which `signed` returns.
    `signed` is None if nothing is signed: whoever captures such a request has its token too.

    `missing` returns the name of a header without which no request is authentic, for the operator who looks for the
    reason of a rejection; empty if the request has them all.
    """

    verify: Verify
    sign: Sign
    delivery: Callable[[HttpRequest, Any], str | None] = no_delivery
    headers: tuple[str, ...] = ()
    signs_time: bool = False
    signs_id: bool = False
    signed: Callable[[HttpRequest], bytes] | None = whole_body
    missing: Callable[[HttpRequest], str] = lacking()


class Meaning(NamedTuple):
    """What a payload means: a subject in one line, and its signals; without signals it is stored but not shown.

    `mistakes` are alerts about the reading itself: the operator's severities for the sender do not apply to them.
    """

    subject: str = ""
    signals: tuple[Signal, ...] = ()
    mistakes: tuple[Alert, ...] = ()


class Format(NamedTuple):
    """How to read a sender's payload.

    `event_type` and `translate` receive only the stored headers, so that a replay reads the same input. Both raise
    ContractBroken, which says what was expected and what was found, if the payload breaks the sender's contract; the
    others of FAULTS mean the same. `about` names what a payload is about, such as a group or a monitor, for senders
    that give a delivery no id but send it again until they get an answer; a delivery that is sent again is then
    recognised by its body. It never raises. `handshake` answers a set-up request, which is stored only if it makes
    signals too. `is_test` says that a payload is from the sender's test mode, where no money is real: opos then notes
    it only, unless the source says `test_mode: handle`. It never raises.
    """

    event_type: Callable[[Mapping[str, str], Any], str]
    translate: Callable[[str, Any], Meaning]
    headers: tuple[str, ...] = ()
    """The headers that it reads, which are stored whatever the scheme, such as the event type."""
    about: Callable[[Any], str] | None = None
    handshake: Callable[[Any], HttpResponse | None] | None = None
    is_test: Callable[[Any], bool] | None = None
