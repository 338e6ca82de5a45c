"""What every Google client here shares: how it connects, how long it waits, and what its faults mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from shared.errors import OposError, TooLarge, Unavailable

DEADLINE = 2.0
"""Seconds for one call, so that a webhook is answered within three even when Google is not."""
_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),  # the default of two minutes would outlast most troubles
    ("grpc.max_receive_message_length", -1),
]


def transport(service: str, kind: Any, emulator: str | None) -> Any:
    """A gRPC transport of *kind*, a generated class: to *emulator* (`host:port`), or to Google's *service*."""
    import grpc

    if emulator:
        return kind(channel=grpc.insecure_channel(emulator, options=_OPTIONS))
    with translated(service):
        credentials, _ = _credentials()
        return kind(channel=kind.create_channel(credentials=credentials, options=_OPTIONS))


def project(name: str | None) -> str:
    """*name*, or the project that the credentials of this process belong to."""
    if name:
        return name
    with translated("Google's credentials"):
        _, own = _credentials()
    if not own:
        raise Unavailable("No Google Cloud project is known.", hint="Set GOOGLE_CLOUD_PROJECT.")
    return str(own)


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Every fault of Google's libraries becomes one of ours; what the caller wants to tell apart it catches inside."""
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except (GoogleAPICallError, RetryError) as fault:
        raise _ours(service, fault) from fault
    except GoogleAuthError as fault:
        hint = "Run `gcloud auth application-default login`, or give the function a service account."
        raise Unavailable(f"{service} could not be used: no credentials.", hint=hint) from fault


@cache
def patiently() -> Any:
    """A retry of what may be asked twice: short, with jitter, and over after DEADLINE."""
    from google.api_core.exceptions import ServiceUnavailable
    from google.api_core.retry import Retry, if_exception_type

    return Retry(predicate=if_exception_type(ServiceUnavailable), initial=0.05, maximum=0.5, timeout=DEADLINE)


def _ours(service: str, fault: Exception) -> OposError:
    from google.api_core.exceptions import InvalidArgument, RetryError

    fault = fault.cause if isinstance(fault, RetryError) else fault
    text = str(getattr(fault, "message", fault))
    if isinstance(fault, InvalidArgument) and any(word in text for word in ("longer than", "exceeds", "too large")):
        return TooLarge(f"expected what {service} can hold (1 MiB a document), found more", hint="Send less of it.")
    return Unavailable(f"{service} could not be used: {type(fault).__name__}.", hint=text[:300])


def _credentials() -> tuple[Any, str | None]:
    import google.auth

    credentials: tuple[Any, str | None] = google.auth.default()
    return credentials
