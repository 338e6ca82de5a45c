"""Shared by all Google clients: how they connect, how long they wait, and what their errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from shared.errors import OposError, TooLarge, Unavailable

DEADLINE = 2.0
"""Seconds for one call, so that a webhook gets its answer within three seconds even if Google does not answer."""
_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),  # the default of two minutes outlasts most outages
    ("grpc.max_receive_message_length", -1),
]


def transport(service: str, kind: Any, emulator: str | None) -> Any:
    """A gRPC transport of the generated class *kind*, to *emulator* (`host:port`) or to Google's *service*."""
    import grpc

    if emulator:
        return kind(channel=grpc.insecure_channel(emulator, options=_OPTIONS))
    with translated(service):
        credentials, _ = _credentials()
        return kind(channel=kind.create_channel(credentials=credentials, options=_OPTIONS))


def project(name: str | None) -> str:
    """*name*, or the project of the credentials of this process."""
    if name:
        return name
    with translated("Google's credentials"):
        _, own = _credentials()
    if not own:
        raise Unavailable("No Google Cloud project is set.", hint="Set GOOGLE_CLOUD_PROJECT.")
    return str(own)


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Turns errors of Google's libraries into ours. Callers catch inside the errors that they handle themselves."""
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except (GoogleAPICallError, RetryError) as fault:
        raise _ours(service, fault) from fault
    except GoogleAuthError as fault:
        hint = "Run `gcloud auth application-default login`, or give the function a service account."
        raise Unavailable(f"Cannot use {service}: no credentials.", hint=hint) from fault


@cache
def patiently() -> Any:
    """A retry policy for calls that may run twice: short, with jitter, and ending after DEADLINE."""
    from google.api_core.exceptions import ServiceUnavailable
    from google.api_core.retry import Retry, if_exception_type

    return Retry(predicate=if_exception_type(ServiceUnavailable), initial=0.05, maximum=0.5, timeout=DEADLINE)


def _ours(service: str, fault: Exception) -> OposError:
    from google.api_core.exceptions import InvalidArgument, RetryError

    fault = fault.cause if isinstance(fault, RetryError) else fault
    text = str(getattr(fault, "message", fault))
    if isinstance(fault, InvalidArgument) and any(word in text for word in ("longer than", "exceeds", "too large")):
        return TooLarge(f"expected at most what {service} stores (1 MiB per document), found more", hint="Send less.")
    return Unavailable(f"Cannot use {service}: {type(fault).__name__}.", hint=text[:300])


def _credentials() -> tuple[Any, str | None]:
    import google.auth

    credentials: tuple[Any, str | None] = google.auth.default()
    return credentials
