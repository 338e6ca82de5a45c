"""What a sender's file provides: a Scheme (who sent it, and under which id) and a Format (what it means)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from shared.events import Signal
from shared.values.http import HttpRequest, HttpResponse


class Verify(Protocol):
    def __call__(self, request: HttpRequest, secrets: Sequence[str], *, now: datetime, tolerance: timedelta) -> None:
        """Raises Unauthorized unless one of *secrets* signed the raw body, at most *tolerance* away from *now*."""
        ...


class Sign(Protocol):
    def __call__(self, body: bytes, secret: str, *, now: datetime, delivery: str, event_type: str) -> dict[str, str]:
        """The headers with which the sender would send *body*: for `opos send` and the tests."""
        ...


def no_delivery(request: HttpRequest, payload: Any) -> str | None:
    """For senders that give their deliveries no id."""
    return None


class Scheme(NamedTuple):
    """How a sender proves itself and names its deliveries.

    `delivery` takes the request and the parsed body (None when it is not JSON). `headers` are the lower-case names of
    the headers worth keeping with the event; everything else is dropped. `signs_time`: the signature covers a time.
    """

    verify: Verify
    sign: Sign
    delivery: Callable[[HttpRequest, Any], str | None] = no_delivery
    headers: tuple[str, ...] = ()
    signs_time: bool = False


class Meaning(NamedTuple):
    """What a payload means: a subject in one line, and the signals to route (none: keep it, show nobody)."""

    subject: str = ""
    signals: tuple[Signal, ...] = ()


class Format(NamedTuple):
    """How to read a sender's payload.

    `event_type` and `translate` see only the kept headers, so that a replay reads what the first handling read. Both
    raise ContractBroken, naming what was expected and what was found, when the payload is not what the sender promises;
    any KeyError, TypeError, AttributeError, IndexError or ValueError they let through is taken to mean the same.
    `delivery` names a delivery of a sender whose id is in (or made from) the payload. `handshake` answers a set-up
    request, in which case nothing is kept.
    """

    event_type: Callable[[Mapping[str, str], Any], str]
    translate: Callable[[str, Any], Meaning]
    delivery: Callable[[Any], str | None] | None = None
    handshake: Callable[[Any], HttpResponse | None] | None = None
