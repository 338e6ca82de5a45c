"""Retry policies. `limit.attempt.count` counts retries: 5 means up to six executions."""

from typing import Annotated

from pydantic import Field, model_validator

from shared.workflows.durations import Duration
from shared.workflows.part import Expression, Part
from shared.workflows.refusals import ruled

KINDS = ("constant", "linear", "exponential")


class NoSettings(Part):
    """The specification leaves the settings of a backoff open; opos has none."""


class Backoff(Part):
    """How the delay grows: d, d*n, or d*2^(n-1) for the n-th retry, up to a day."""

    constant: NoSettings | None = None
    linear: NoSettings | None = None
    exponential: NoSettings | None = None

    @model_validator(mode="after")
    def _has_one_kind(self) -> "Backoff":
        if len(self.model_fields_set) != 1:
            raise ruled(f"exactly one of {', '.join(KINDS)}", " and ".join(sorted(self.model_fields_set)) or "none")
        return self


class Attempt(Part):
    count: Annotated[int, Field(ge=0)] | None = None
    duration: Duration | None = None


class Limit(Part):
    attempt: Attempt | None = None
    duration: Duration | None = None


class Jitter(Part):
    from_: Duration = Field(alias="from")
    to: Duration


class RetryPolicy(Part):
    when: Expression | None = None
    except_when: Expression | None = Field(None, alias="exceptWhen")
    delay: Duration | None = None
    backoff: Backoff | None = None
    limit: Limit | None = None
    jitter: Jitter | None = None
