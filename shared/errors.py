"""One small tree of errors: each has a stable code, says whether a retry could help, and names its HTTP status."""

from typing import ClassVar, Literal


class OposError(Exception):
    """Root of every error opos raises on purpose.

    `code` is stable and safe to show to anyone; the message is written for the person who reads it;
    `hint`, where given, says how to mend the cause.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    http_status: ClassVar[int] = 500
    after: int = 5
    """Seconds after which a retry may help, where one can."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Unauthorized(OposError):
    """The caller did not prove who they are. The message must not tell which proof failed."""

    code = "unauthorized"
    http_status = 401


class Forbidden(OposError):
    """The caller may not ask this, whoever they prove to be."""

    code = "forbidden"
    http_status = 403


class TooMany(OposError):
    """The caller asks more often than it may; `after` is in how many seconds it may again."""

    code = "too_many"
    retryable = True
    http_status = 429

    def __init__(self, message: str, *, after: int) -> None:
        super().__init__(message, hint=f"Ask again in {after} seconds.")
        self.after = after


class NotFound(OposError):
    code = "not_found"
    http_status = 404


class MethodNotAllowed(OposError):
    code = "method_not_allowed"
    http_status = 405


class Gone(OposError):
    """A link that was valid once and is not any more."""

    code = "gone"
    http_status = 410


class TooLarge(OposError):
    code = "too_large"
    http_status = 413


class ContractBroken(OposError):
    """Authentic data that does not have the shape its contract promises: kept in quarantine, never dropped."""

    code = "contract_broken"
    http_status = 422


class Unavailable(OposError):
    """Something we depend on did not answer; the same call may succeed later."""

    code = "unavailable"
    retryable = True
    http_status = 503


class DiskFull(Unavailable):
    """The disk of the store takes nothing more. What it holds can be read, and writing goes on once there is room."""

    code = "disk_full"


class AlreadyExists(OposError):
    """A `Create` found a document at *path*; nothing of its batch was written."""

    code = "already_exists"
    http_status = 409

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} exists already")
        self.path = path


class Conflict(OposError):
    """The document at *path* is not at the expected version; nothing of its batch was written."""

    code = "conflict"
    retryable = True
    http_status = 409

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} was changed by another writer")
        self.path = path


DeliveryReason = Literal[
    "unreachable", "timeout", "rejected", "unauthorized", "misconfigured", "rate_limited", "internal"
]
"""Why a channel did not take a notice: a closed set, because it is also the metric's label."""


class DeliveryError(OposError):
    """A channel did not take the notice. `permanent`: it never will; do not retry."""

    code = "delivery_failed"

    def __init__(self, reason: DeliveryReason, *, permanent: bool = False, detail: str = "") -> None:
        super().__init__(f"not delivered: {reason}{': ' if detail else ''}{detail}")
        self.reason = reason
        self.permanent = permanent
        self.detail = detail
