"""The errors of opos: each has a stable code and an HTTP status, and says whether a retry may help."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

_NONE: Mapping[str, str] = MappingProxyType({})


class OposError(Exception):
    """Root of every error that opos raises on purpose.

    `code` is stable and safe to show to anyone. The message is written for the person who reads it. `hint`, if given,
    says how to fix the cause.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    http_status: ClassVar[int] = 500
    after: int = 5
    """Seconds to wait before a retry, if `retryable`."""
    headers: Mapping[str, str] = _NONE
    """The headers that HTTP requires in an answer with this status."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


FailedCheck = Literal["signature", "token", "routing_key", "timestamp", "header", "secret"]
"""What failed when a caller was not authenticated: a closed set, because it is also a label. `secret` is ours."""


class Unauthorized(OposError):
    """The caller is not authenticated. The message must not say which check failed.

    *challenge* is the scheme by which the resource authenticates its callers: one of the registered schemes, or that of
    a source. Source: RFC 9110, section 11.6.1. `failed` and `detail` say which check failed. They are for the operator:
    no answer contains them.
    """

    code = "unauthorized"
    http_status = 401

    def __init__(
        self, message: str, *, challenge: str = "Bearer", failed: FailedCheck = "token", detail: str = ""
    ) -> None:
        super().__init__(message)
        self.headers = {"www-authenticate": f'{challenge} realm="opos"'}
        self.failed = failed
        self.detail = detail


class Forbidden(OposError):
    """The caller lacks the permission, whoever they are."""

    code = "forbidden"
    http_status = 403


class TooMany(OposError):
    """The caller sends too many requests; `after` is the number of seconds until the next one is allowed."""

    code = "too_many"
    retryable = True
    http_status = 429

    def __init__(self, message: str, *, after: int) -> None:
        super().__init__(message, hint=f"Try again in {after} seconds.")
        self.after = after


class NotFound(OposError):
    code = "not_found"
    http_status = 404


class MethodNotAllowed(OposError):
    """The resource has other methods than *method*: those *allowed*. Source: RFC 9110, section 15.5.6."""

    code = "method_not_allowed"
    http_status = 405

    def __init__(self, method: str, *allowed: str) -> None:
        super().__init__(f"expected {' or '.join(allowed)}, found {method}")
        self.headers = {"allow": ", ".join(allowed)}


class Malformed(OposError):
    """What arrived is not a complete HTTP request."""

    code = "malformed"
    http_status = 400


class TooSlow(OposError):
    """The request did not arrive in time."""

    code = "too_slow"
    http_status = 408


class Gone(OposError):
    """A link that is no longer valid."""

    code = "gone"
    http_status = 410


class TooLarge(OposError):
    code = "too_large"
    http_status = 413


class ContractBroken(OposError):
    """Authentic data that fails validation: it is kept in quarantine, never dropped."""

    code = "contract_broken"
    http_status = 422


class Unavailable(OposError):
    """A dependency did not answer; the same call may succeed later."""

    code = "unavailable"
    retryable = True
    http_status = 503


class DiskFull(Unavailable):
    """The disk of the store is full. Reads still work, and writes work again as soon as there is space."""

    code = "disk_full"


class DataFileReplaced(Unavailable):
    """Another file, or none, is where the data file was opened. It stays so until this process starts again."""

    code = "data_file_replaced"


class DataFileDamaged(Unavailable):
    """A part of the data file is not what was written to it. What is on its other pages can still be used."""

    code = "data_file_damaged"


class AlreadyExists(OposError):
    """A `Create` for a document that exists; no write of its batch was applied."""

    code = "already_exists"
    http_status = 409

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} already exists")
        self.path = path


class Conflict(OposError):
    """The document at *path* does not have the expected version; no write of its batch was applied."""

    code = "conflict"
    retryable = True
    http_status = 409

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} was changed by another writer")
        self.path = path


ExpressionReason = Literal["expression", "deadline", "memory", "died"]
"""What an evaluation failed of: the expression with its input, a limit of the evaluator, or the evaluator's process."""


class ExpressionError(OposError):
    """An expression of a workflow has no result. `index` says which evaluation of its batch failed.

    The message is for the operator and may quote data: no log contains it.
    """

    code = "expression"
    http_status = 400

    def __init__(
        self, message: str, *, index: int = 0, reason: ExpressionReason = "expression", hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.index = index
        self.reason = reason

    def at(self, index: int) -> "ExpressionError":
        """The same error of the evaluation *index* of another batch."""
        return ExpressionError(self.message, index=index, reason=self.reason, hint=self.hint)


DeliveryReason = Literal[
    "unreachable", "timeout", "rejected", "unauthorized", "misconfigured", "rate_limited", "internal"
]
"""Why a channel did not deliver a notice: a closed set, because it is also a label of the metric."""


NOT_DELIVERED = "not delivered: "
"""How the words of every DeliveryError begin; a page that says so itself leaves it out."""


class DeliveryError(OposError):
    """A channel did not deliver a notice. `permanent`: a retry cannot help. `after` is the number of seconds for which
    the receiver asks for no retry; 0 if it asks for nothing. `answer` is what it said, which may quote a secret.
    """

    code = "delivery_failed"
    answer: str = ""

    def __init__(self, reason: DeliveryReason, *, permanent: bool = False, detail: str = "", after: int = 0) -> None:
        super().__init__(f"{NOT_DELIVERED}{reason}{': ' if detail else ''}{detail}")
        self.reason = reason
        self.permanent = permanent
        self.detail = detail
        self.after = after
